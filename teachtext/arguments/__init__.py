"""What each stage and command is given, in a module of its name.

Nothing here imports what the work does: ``--help`` and a mistyped option wait for none of it.
"""
