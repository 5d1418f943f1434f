import pytest

from teachtext.search.loading import load
from tests.support.toy_indexes import LookUp, gallery, write_index


@pytest.fixture
def reading(monkeypatch):
    """Lets the words of a set be read."""

    def read(data):
        monkeypatch.setattr("teachtext.search.queries.load_text_encoder", lambda **_: LookUp(data))

    return read


@pytest.fixture
def found(tmp_path, reading):
    """A searcher of the gallery, and the gallery."""
    data = gallery()
    reading(data)
    return load(write_index(tmp_path, data)), data
