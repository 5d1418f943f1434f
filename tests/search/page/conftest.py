import pytest

from teachtext.search.page.app import make_app
from tests.support.serving import ODD_IDS, Asker, FakeSearcher, served_clip, serving


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "film one.mp4"
    path.write_bytes(bytes(range(256)) * 4)
    return path


@pytest.fixture
def searchers(film, tmp_path):
    (tmp_path / "old.avi").write_bytes(b"RIFF")
    clips = [
        served_clip("a", film, split="train", start=1.5, end=3.0),
        served_clip("b", film, split="val"),
        served_clip("old", tmp_path / "old.avi"),
        served_clip("lost", tmp_path / "lost.mp4"),
        served_clip("folder", tmp_path),
        served_clip("bucket", "s3://bucket/film.mp4"),
        served_clip("features"),
        *(served_clip(odd, film) for odd in ODD_IDS),
    ]
    return [FakeSearcher("baseline", clips), FakeSearcher("teachtext", clips, step=-1)]


class Switch:
    """An app that answers as another one: starting a server for each test would be slow."""

    app = None

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def switch_and_port():
    switch = Switch()
    with serving(switch) as port:
        yield switch, port


@pytest.fixture
def server(switch_and_port, searchers):
    switch, port = switch_and_port
    switch.app = make_app(searchers, names=["archive.example"])
    return Asker(port)
