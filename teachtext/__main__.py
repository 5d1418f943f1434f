"""``python -m teachtext``: what the workflow's rules call."""

from teachtext.cli import main

if __name__ == "__main__":
    main()
