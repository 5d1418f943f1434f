"""A run that goes on while its index is served: what is served stays what was opened."""

import shutil
import threading
from contextlib import contextmanager

import pytest

from teachtext.files.atomic import replacing
from teachtext.search.loading import load
from teachtext.search.page.app import make_app
from teachtext.store.search_index import open_index
from tests.support.serving import Asker, serving
from tests.support.toy_indexes import SETTINGS, gallery, write_index

QUESTIONS = [
    ("search", {"q": "3#0", "top": 16}),
    ("similar", {"video": "v3", "top": 16}),
    ("captions", {"video": "v3", "top": 32}),
]


@pytest.fixture
def runs(tmp_path, reading, monkeypatch):
    """Two runs of a model of one name; their galleries and so their indexes differ."""
    monkeypatch.setattr("teachtext.search.building.SMALL_PART", 2)
    settings = SETTINGS.model_copy(update={"exact_below": 2})
    reading(gallery())
    for name, videos in (("old", 16), ("new", 12)):
        write_index(tmp_path / name, gallery(videos=videos), settings=settings)
    return tmp_path


@contextmanager
def rebuilding(folder, sources):
    """Put one index after the other into the place of a folder, as fast as it goes."""

    def rebuild():
        while not done.is_set():
            for source in sources:
                with replacing(folder) as temporary:
                    shutil.copytree(source, temporary)

    done = threading.Event()
    builder = threading.Thread(target=rebuild)
    builder.start()
    try:
        yield
    finally:
        done.set()
        builder.join()


def test_all_answers_are_of_the_index_that_the_server_was_started_with(runs):
    place, new = (runs / name / "results/search/student/0" for name in ("old", "new"))
    app = make_app([load(runs / "old/results/models/student/0")])
    expected = {}
    with serving(app) as port, rebuilding(place, [new]):
        asker = Asker(port)
        for _ in range(30):
            for name, parameters in QUESTIONS:
                status, answer = asker.json(name, model="student", **parameters)
                del answer["milliseconds"]
                assert status == 200
                assert answer == expected.setdefault(name, answer)
    videos = {hit["clip"]["id"] for hit in expected["search"]["hits"]}
    assert videos == {f"v{number}" for number in range(16)}
    assert len(expected["captions"]["captions"]) == 32


def test_an_index_that_is_opened_meanwhile_is_one_of_them(runs):
    place, new = (runs / name / "results/search/student/0" for name in ("old", "new"))
    old = shutil.copytree(place, runs / "kept")
    with rebuilding(place, [new, old]):
        for _ in range(30):
            index = open_index(place)
            sizes = [len(index.videos_GE), len(index.clips), index.texts.num_rows // 2]
            assert sizes in ([16] * 3, [12] * 3)
            assert index.facts.parts[-1].end == sizes[0]
            assert len(index.captions_CE) == len(index.weights_CM) == 2 * sizes[0]
