"""Text of others on a terminal. Standard library only."""


def printable(text: str) -> str:
    r"""The same text without control characters, which could move the cursor or change colours.

    Names of files and videos, and the logs that quote them, may hold anything.

    >>> ascii(printable("no such file: " + chr(27) + "[2J.mp4"))
    "'no such file: \\ufffd[2J.mp4'"
    """
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
