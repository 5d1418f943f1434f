"""Reports as pages of HTML."""

from html.parser import HTMLParser

from teachtext.cli import run

VOID = {"meta", "img", "input", "wbr", "path", "use", "rect"}


class Page(HTMLParser):
    """Tags, attributes and whether every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def write(corpus, **arguments):
    """Its page, written by the stage."""
    output = corpus.folder / "report/index.html"
    run("write-report", corpus.arguments(output, **arguments))
    return output.read_text(encoding="utf-8")
