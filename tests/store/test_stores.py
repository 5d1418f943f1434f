import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teachtext.errors import StoreError
from teachtext.store.features import FeatureStore, StoreIdentity, write_features
from teachtext.store.records import Features, Recognised
from teachtext.store.weights import WeightsIdentity

WEIGHTS = WeightsIdentity("toy 1.0", "abc")
IDENTITY = StoreIdentity("appearance", "toy", 2, WEIGHTS, {"fps": 2.0})


def features(rows, recognised=()):
    values = np.array(rows, np.float32).reshape(-1, 2)
    times = np.arange(len(values), dtype=np.float64)
    return Features(values, times, times + 1, recognised)


def test_a_store_keeps_times_text_and_availability(tmp_path):
    heard = Recognised("hello", 0.0, 1.0, 0.9, ((0.0, 0.0), (1.0, 1.0)))
    write_features(tmp_path / "s", IDENTITY, {"a": features([[1, 2]], (heard,)), "b": None})
    store = FeatureStore(tmp_path / "s")
    assert store.available().tolist() == [True, False]
    assert store.times[1].tolist() == [1.0]
    assert store.features_of("a").recognised == (heard,)


def test_an_empty_shard_is_a_store(tmp_path):
    write_features(tmp_path / "s", IDENTITY, {})
    assert len(FeatureStore(tmp_path / "s").rows()) == 0


def test_the_same_features_give_the_same_bytes(tmp_path):
    found = {"a": features(np.arange(400)), "b": None}
    for name in ("one", "two"):
        write_features(tmp_path / name, IDENTITY, found)
    files = [p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file()]
    assert len(files) > 7
    assert FeatureStore(tmp_path / "one").sha256 == FeatureStore(tmp_path / "two").sha256
    assert all(
        (tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files
    )


@pytest.fixture(scope="module")
def intact(tmp_path_factory):
    folder = tmp_path_factory.mktemp("intact") / "s"
    heard = Recognised("hello", 0.0, 1.0, 0.9)
    write_features(folder, IDENTITY, {"a": features(np.arange(400), (heard,)), "b": None})
    return folder


def read_everything(path):
    store = FeatureStore(path)
    return store.rows(), store.available(), store.features_of("a")


@given(st.data())
@settings(max_examples=150)
def test_a_flipped_bit_or_a_lost_byte_is_found_and_named(intact, tmp_path_factory, data):
    copy = shutil.copytree(intact, tmp_path_factory.mktemp("damaged") / "s")
    file = data.draw(st.sampled_from(sorted(p for p in copy.rglob("*") if p.is_file())))
    content = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del content[place:]
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged.*Delete the \.zarr folder"):
        read_everything(copy)
    with pytest.raises(StoreError, match="damaged"):
        FeatureStore(copy).verify()


@pytest.mark.parametrize("name", ["checksums.json", "zarr.json", "features/c/0/0"])
def test_a_lost_file_is_found(intact, tmp_path, name):
    copy = shutil.copytree(intact, tmp_path / "s")
    (copy / name).unlink()
    with pytest.raises(StoreError, match="damaged"):
        read_everything(copy)


@pytest.mark.slow
@given(lengths=st.lists(st.integers(0, 300), max_size=8), shard_rows=st.sampled_from([64, 128]))
@settings(max_examples=20)
def test_rows_written_bit_by_bit_are_those_written_at_once(lengths, shard_rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("rows")
    parts = [np.full((length, 2), 1 + number) for number, length in enumerate(lengths)]
    at_once = np.concatenate([np.empty((0, 2)), *parts])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("teachtext.store.features.SHARD_ROWS", shard_rows)
        found = {str(number): features(part) for number, part in enumerate(parts)}
        write_features(path / "bits", IDENTITY, found)
        write_features(path / "once", IDENTITY, {"a": features(at_once)})
    assert np.array_equal(FeatureStore(path / "bits").rows().values, at_once)
    once = path / "once/features"
    files = [p.relative_to(once) for p in once.rglob("*") if p.is_file()]
    assert len(files) == 1 + -(-len(at_once) // shard_rows)
    assert all((path / "bits/features" / f).read_bytes() == (once / f).read_bytes() for f in files)


def test_one_video_is_read_alone(tmp_path):
    heard = Recognised("hello", 0.0, 1.0, 0.9, ((0.0, 0.0), (1.0, 1.0)))
    found = {"a": features([[1, 2]]), "b": None, "c": features([[3, 4], [5, 6]], (heard,))}
    write_features(tmp_path / "s", IDENTITY, found)
    store = FeatureStore(tmp_path / "s")
    assert store.features_of("b") is None
    again = store.features_of("c")
    assert again.features_TD.tolist() == [[3, 4], [5, 6]]
    assert again.recognised == (heard,)


def test_a_missing_store_is_named(tmp_path):
    with pytest.raises(StoreError, match="no feature store"):
        FeatureStore(tmp_path / "nothing")
