from types import SimpleNamespace

import pytest

from teachtext.interop.benchmarks.importing import import_dataset
from tests.support.benchmark_files import PUT


@pytest.fixture
def native(tmp_path):
    """A folder of native files, filled and read by the names of benchmarks."""
    folder = tmp_path / "native"
    folder.mkdir()

    def put(name):
        PUT[name](folder)
        return folder

    def read(name, *places, videos=None, held_out=None):
        return import_dataset(name, places or [folder], videos=videos, held_out=held_out)

    return SimpleNamespace(folder=folder, put=put, read=read)


@pytest.fixture
def rows():
    """Captions as short tuples."""

    def short(imported, *names):
        names = names or ("video_id", "split", "caption")
        return [tuple(getattr(caption, name) for name in names) for caption in imported.captions]

    return short


@pytest.fixture
def touch(tmp_path):
    """Empty video files."""

    def make(*names):
        folder = tmp_path / "clips"
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return folder

    return make
