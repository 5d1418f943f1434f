import shutil

import fsspec
import numpy as np
import pytest

from teachtext import load_features
from teachtext.errors import DatasetError, StoreError
from teachtext.files.urls import place_of
from teachtext.interop.features.columns import read_imported_features
from teachtext.store.features import FeatureStore, StoreIdentity, write_features
from teachtext.store.locations import below, names_in
from teachtext.store.records import Features
from teachtext.store.weights import WeightsIdentity

IDENTITY = StoreIdentity("motion", "toy", 2, WeightsIdentity("toy 1.0", "abc"), {})
WHOLE = np.array([[1, 2], [3, 4]], np.float32)


@pytest.fixture
def memory(tmp_path):
    """A file system of the process, filled with a folder of stores; like one that is far."""
    seconds = np.arange(2.0)
    found = {"a": Features(WHOLE, seconds, seconds + 1, ()), "b": None}
    write_features(tmp_path / "made/motion.zarr", IDENTITY, found)
    for shard in (0, 1, 10):
        path = tmp_path / f"made/audio/{shard}.zarr"
        write_features(path, IDENTITY, {f"v{shard}": found["a"]})
    (tmp_path / "made/captions.csv").write_text("")
    system = fsspec.filesystem("memory")
    system.put(str(tmp_path / "made"), "/bucket", recursive=True)
    yield system
    system.rm("/bucket", recursive=True)


@pytest.mark.parametrize("text", ["memory://bucket/x", "s3://bucket/x", "https://host/x"])
def test_a_url_stays_as_it_is(text):
    assert place_of(text) == text
    assert below(place_of(text), "0.zarr") == f"{text}/0.zarr"


@pytest.mark.parametrize("text", ["data/x", "a::b", "s3:/x", "[x]*", "c d://x"])
def test_all_else_is_a_path(tmp_path, text):
    assert str(place_of(text)) == text.replace("//", "/")


def test_a_store_is_read_behind_a_url(memory):
    store = FeatureStore("memory://bucket/motion.zarr")
    store.verify()
    assert store.identity == IDENTITY
    assert store.features_of("a").features_TD.tolist() == WHOLE.tolist()
    assert store.features_of("b") is None


def test_an_experts_shards_are_found_behind_a_url(memory):
    found = load_features("memory://bucket", "audio")
    assert found.video_ids == ["v0", "v1", "v10"]
    assert found["v10"].end_seconds_T.tolist() == [1, 2]
    assert list(load_features("memory://bucket/", "motion")) == ["a"]


def test_features_behind_a_url_are_imported(memory):
    imported = read_imported_features("memory://bucket/motion.zarr")
    assert imported.features_of("a").features_TD.tolist() == WHOLE.tolist()
    with pytest.raises(DatasetError, match="Behind a URL there must be one"):
        read_imported_features("memory://bucket/captions.csv")


def test_what_is_missing_is_named_with_what_there_is(memory):
    with pytest.raises(StoreError, match=r"no expert 'ocr'\. It has: audio, motion\."):
        load_features("memory://bucket", "ocr")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("memory://nowhere/0.zarr", "FileNotFoundError"),
        ("nope://x/0.zarr", "ValueError: Protocol not known"),
    ],
)
def test_what_cannot_be_read_is_one_line(url, problem):
    with pytest.raises(StoreError, match=problem) as raised:
        FeatureStore(url)
    assert "Check the address" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["offsets/c/0", "zarr.json"])
@pytest.mark.parametrize("damage", ["shorter", "other bytes", "gone"])
def test_damage_behind_a_url_is_found(memory, name, damage):
    path = f"/bucket/motion.zarr/{name}"
    content = memory.cat_file(path)
    if damage == "gone":
        memory.rm(path)
    else:
        memory.pipe_file(path, content[:-1] if damage == "shorter" else content[:-1] + b"\0")
    with pytest.raises(StoreError, match=r"motion\.zarr.* is damaged"):
        FeatureStore("memory://bucket/motion.zarr")


def test_large_files_are_compared_when_all_is_verified(memory, monkeypatch):
    monkeypatch.setattr("teachtext.store.checksums.SMALL_BYTES", 0)
    (chunk,) = memory.find("/bucket/motion.zarr/features/c")
    memory.pipe_file(chunk, memory.cat_file(chunk)[:-1] + b"\0")
    store = FeatureStore("memory://bucket/motion.zarr")
    with pytest.raises(StoreError, match="is not what was written"):
        store.verify()


def test_names_in_a_folder_whose_name_looks_like_a_pattern(tmp_path):
    folder = tmp_path / "a::b [0-9]*"
    write_features(folder / "motion.zarr", IDENTITY, {"a": None})
    assert names_in(folder) == ["motion.zarr"]
    assert load_features(folder, "motion").video_ids == ["a"]
    shutil.rmtree(folder)
    assert names_in(folder) == []


class FarAwayError(Exception):
    """As a cloud's package has them."""


def test_errors_of_a_urls_own_package_are_one_line(memory, monkeypatch):
    def refuse(*args, **kwargs):
        raise FarAwayError("Unable to locate\ncredentials")

    monkeypatch.setattr(type(memory), "ls", refuse)
    monkeypatch.setattr(type(memory), "cat_ranges", refuse)
    for read in (load_features, lambda url, _: FeatureStore(url)):
        with pytest.raises(StoreError, match="FarAwayError: Unable to locate credentials"):
            read("memory://bucket", "motion")
