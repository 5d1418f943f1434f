"""What is odd about data that is taken over: counted and told, and no reason to stop."""

EXAMPLES = 3
"""Ids that are shown of each remark."""


class Remarks(dict[str, list[str]]):
    """What is worth telling -> ids of what it is true of."""

    def add(self, what: str, about: str) -> None:
        """Note something.

        Args:
            what: Phrase that follows a number, such as ``empty captions``.
            about: ID of the thing affected.
        """
        self.setdefault(what, []).append(about)

    def lines(self) -> list[str]:
        """A line for each: how many, what, and a few of them."""
        lines = []
        for what, about in self.items():
            more = ", …" if len(about) > EXAMPLES else ""
            lines.append(f"{len(about)} {what}: {', '.join(map(repr, about[:EXAMPLES]))}{more}")
        return lines
