"""What a written report says first. Standard library only."""

from html.parser import HTMLParser
from pathlib import Path

_BLOCK = 1 << 16


class _Headline(HTMLParser):
    """The text of the first paragraph of class ``headline``, without its badge."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._is_inside = self._is_badge = self.has_ended = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_inside = self._is_inside or (tag == "p" and ("class", "headline") in attrs)
        self._is_badge = tag == "span"

    def handle_endtag(self, tag: str) -> None:
        self._is_badge = False
        self.has_ended = self.has_ended or (self._is_inside and tag == "p")

    def handle_data(self, data: str) -> None:
        if self._is_inside and not self._is_badge and not self.has_ended:
            self.words += data.split()


def read_verdict(page: Path) -> str:
    """The first finding of a page that ``render_page`` made; empty if it has none.

    Raises:
        OSError: The page cannot be read.
    """
    parser = _Headline()
    with page.open(encoding="utf-8", errors="replace") as stream:
        while not parser.has_ended and (block := stream.read(_BLOCK)):
            parser.feed(block)
    return " ".join(parser.words)
