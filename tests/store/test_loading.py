import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teachtext.errors import StoreError
from teachtext.store.features import FeatureStore, StoreIdentity, write_features
from teachtext.store.loading import View, gather_features
from teachtext.store.records import Features
from teachtext.store.weights import WeightsIdentity

IDENTITY = StoreIdentity("appearance", "toy", 2, WeightsIdentity("toy 1.0", "abc"), {"fps": 2.0})
ALL = View("rows")


def features(count, seed):
    if not count:
        return None
    random = np.random.default_rng(seed)
    starts = np.cumsum(random.random(count))
    return Features(random.standard_normal((count, 2)).astype(np.float32), starts, starts + 1)


def rows_of(loaded):
    return [row.tolist() for row in loaded.take(np.arange(len(loaded)))]


@settings(max_examples=25)
@given(
    lengths=st.lists(st.integers(0, 5), min_size=1, max_size=8),
    shards=st.integers(1, 3),
    max_rows=st.none() | st.integers(1, 4),
    data=st.data(),
)
def test_rows_and_their_times_come_from_all_shards_in_the_order_asked_for(
    lengths, shards, max_rows, data, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("shards")
    videos = {f"v{i}": features(length, i) for i, length in enumerate(lengths)}
    for shard in range(shards):
        members = {video: videos[video] for video in list(videos)[shard::shards]}
        write_features(folder / str(shard), IDENTITY, members)
    paths = data.draw(st.permutations([folder / str(shard) for shard in range(shards)]))
    wanted = data.draw(st.lists(st.sampled_from(sorted(videos)), unique=True))
    loaded = gather_features(paths, wanted, View("timed rows", max_rows))
    means = gather_features(paths, wanted, View("means", max_rows))
    assert loaded.identity == IDENTITY
    for place, video in enumerate(wanted):
        found = videos[video] or Features(*(np.zeros(shape) for shape in ((0, 2), 0, 0)))
        halves = found.features_TD.astype(np.float16)
        assert rows_of(loaded.rows)[place] == halves[:max_rows].tolist()
        seconds = found.start_seconds_T[:max_rows, None].astype(np.float32)
        assert rows_of(loaded.start_seconds)[place] == seconds.tolist()
        mean = halves.astype(np.float64).mean(axis=0, keepdims=True) if len(halves) else halves
        found_mean = np.array(rows_of(means.rows)[place]).reshape(-1, 2)
        np.testing.assert_allclose(found_mean, mean, atol=1e-6)
    assert means.rows.take(np.arange(0)).values.dtype == np.float32
    assert means.start_seconds is None


def test_strange_names_are_names(tmp_path):
    write_features(tmp_path / "0", IDENTITY, {"../$(x) 'c'": features(2, 0), "": None})
    loaded = gather_features([tmp_path / "0"], ["", "../$(x) 'c'"], ALL)
    assert loaded.rows.lengths.tolist() == [0, 2]


def test_a_selection_keeps_rows_and_times_together(tmp_path):
    write_features(tmp_path / "0", IDENTITY, {f"v{i}": features(i, i) for i in range(4)})
    view = View("timed rows", 2)
    loaded = gather_features([tmp_path / "0"], [f"v{i}" for i in range(4)], view)
    chosen = loaded.select(np.array([3, 0]))
    chosen.release()
    assert rows_of(chosen.rows) == [rows_of(loaded.rows)[3], []]
    assert rows_of(chosen.start_seconds) == [rows_of(loaded.start_seconds)[3], []]


def test_every_shard_is_unpacked_once(tmp_path, monkeypatch):
    paths = [tmp_path / str(shard) for shard in range(5)]
    for shard, path in enumerate(paths):
        write_features(path, IDENTITY, {f"v{shard}": features(2, shard)})
    read = []
    unpack = FeatureStore.rows
    monkeypatch.setattr(
        FeatureStore, "rows", lambda store: read.append(store.place) or unpack(store)
    )
    gather_features(paths, ["v4", "v0"], ALL)
    assert read == [paths[0], paths[4]]  # and those that hold no wanted video not at all


def test_shards_of_different_weights_do_not_mix(tmp_path):
    other = StoreIdentity("appearance", "toy", 2, WeightsIdentity("toy 1.1", "def"), {"fps": 2.0})
    write_features(tmp_path / "0", IDENTITY, {"a": None})
    write_features(tmp_path / "1", other, {"b": None})
    with pytest.raises(StoreError, match="different networks"):
        gather_features([tmp_path / "0", tmp_path / "1"], ["a"], ALL)


def test_a_missing_video_is_named(tmp_path):
    write_features(tmp_path / "0", IDENTITY, {"a": None})
    with pytest.raises(StoreError, match=r"'z' \(1 missing\)"):
        gather_features([tmp_path / "0"], ["a", "z"], ALL)


def test_rows_wait_on_disk_in_a_file_without_a_name(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "scratch").mkdir()
    write_features(tmp_path / "0", IDENTITY, {"a": features(3, 0)})
    loaded = gather_features([tmp_path / "0"], ["a"], ALL)
    assert not list((tmp_path / "scratch").iterdir())
    assert loaded.rows.lengths.tolist() == [3]


LOAD_MANY = """
import resource, sys
from pathlib import Path
from teachtext.store.loading import View, gather_features

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

paths, view = [Path(path) for path in sys.argv[1:]], View('timed rows')
gather_features(paths[:1], ["v0"], view)
before = peak()
gather_features(paths, [f"v{number}" for number in range(len(paths))], view)
print(peak() - before)
"""


def test_memory_stays_at_a_shard(tmp_path):
    """Ten videos of 8 MB, a shard each."""
    identity = StoreIdentity("appearance", "toy", 2048, IDENTITY.weights, {})
    rows = np.random.default_rng(0).standard_normal((2048, 2048)).astype(np.float32)
    times = np.arange(2048, dtype=np.float64)
    paths = [tmp_path / str(number) for number in range(10)]
    for number, path in enumerate(paths):
        write_features(path, identity, {f"v{number}": Features(rows, times, times + 1)})
    run = [sys.executable, "-c", LOAD_MANY, *map(str, paths)]
    assert int(subprocess.check_output(run, text=True)) < 3 * rows.size * 2
