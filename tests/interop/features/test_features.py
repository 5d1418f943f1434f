import pickle

import numpy as np
import pytest

from teachtext.errors import DatasetError
from teachtext.interop.features.features import import_features
from teachtext.interop.features.matching import Matcher
from teachtext.interop.features.sources import Source
from teachtext.store.features import FeatureStore
from teachtext.tables.dataset import Caption

NAN = float("nan")


def of_videos(videos, translated):
    return Matcher([Caption(video, video, "train", "x") for video in videos], {}, translated)


@pytest.fixture
def run(tmp_path):
    def run(content, videos=("a", "b", "c"), translated=None):
        (tmp_path / "f.pkl").write_bytes(pickle.dumps(content))
        source = Source("archive: f.pkl", [tmp_path / "f.pkl"])
        matcher = of_videos(videos, translated or {})
        outcome = import_features(source, tmp_path / "f.zarr", matcher, name="audio")
        return outcome, FeatureStore(tmp_path / "f.zarr")

    return run


def values(store):
    features = {video: store.features_of(video) for video in store.video_ids}
    return {v: None if f is None else f.features_TD.tolist() for v, f in features.items()}


def test_one_row_or_many_are_rows(run):
    outcome, store = run({"b": np.ones((1, 2)), "a": np.zeros(2), "c": np.full((2, 2), 3)})
    assert values(store) == {"a": [[0, 0]], "b": [[1, 1]], "c": [[3, 3], [3, 3]]}
    assert store.features_of("c").end_seconds_T.tolist() == [1, 2]
    assert (outcome.videos, outcome.dim, outcome.remarks) == (3, 2, {})
    assert store.identity.weights.name == "archive: f.pkl"
    assert store.identity.network == "import"


@pytest.mark.parametrize("nothing", [NAN, np.float32(NAN), None, np.zeros((0, 2)), [NAN, NAN]])
def test_what_has_no_features_is_not_available(run, nothing):
    outcome, store = run({"a": nothing, "b": np.ones(2)})
    assert values(store) == {"a": None, "b": [[1, 1]]}
    assert outcome.remarks == {"without features": ["a"]}


def test_zeros_are_features(run):
    outcome, store = run({"a": np.zeros(2)})
    assert values(store) == {"a": [[0, 0]]}
    assert outcome.videos == 1


@pytest.mark.parametrize("value", [1e6, np.inf, NAN])
def test_what_float16_cannot_hold_is_left_out(run, value):
    outcome, store = run({"a": np.array([1, value]), "b": np.ones(2)})
    assert values(store) == {"a": None, "b": [[1, 1]]}
    assert outcome.remarks == {"not finite as float16, left out": ["a"]}


def test_ids_are_matched_and_the_others_told(run):
    content = {"a.mp4": np.ones(2), "a": np.zeros(2), "vid2": np.full(2, 2), "x": np.ones(2)}
    outcome, store = run(content, translated={"vid2": "b"})
    assert values(store) == {"a": [[1, 1]], "b": [[2, 2]]}
    assert outcome.remarks == {
        "not in the dataset": ["x"],
        "there twice, the first is taken": ["a"],
    }


def test_columns_of_an_npz_are_features_with_their_times(tmp_path):
    columns = {"video_id": np.array(["a", "b"]), "features": np.eye(2)}
    times = {"start_seconds": np.array([0, 3]), "end_seconds": np.array([1, 4.5])}
    np.savez(tmp_path / "f.npz", **columns, **times)
    source = Source("n", [tmp_path / "f.npz"])
    import_features(source, tmp_path / "f.zarr", of_videos(["b"], {}), name="e")
    store = FeatureStore(tmp_path / "f.zarr")
    assert values(store) == {"b": [[0, 1]]}
    assert [times.tolist() for times in store.times] == [[3], [4.5]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"a": np.ones(2), "b": np.ones(3)}, "rows of 'b' have 3 values, others 2"),
        ({"a": np.ones((1, 2, 3))}, r"'a' has \(1, 2, 3\) float64"),
        ({"a": np.array(["text"])}, r"'a' has \(1,\) <U4"),
        ({"x": np.ones(2)}, "of none of the dataset's 3 videos, such as 'a'"),
        ({"a": NAN, "b": NAN}, "no features of any video"),
        ({"a": "text"}, "Cannot read"),
        ({"a": [np.ones(2), "x"]}, "Cannot read"),
    ],
)
def test_what_is_no_feature_is_one_line(run, content, words, tmp_path):
    with pytest.raises(DatasetError, match=words) as caught:
        run(content)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "f.zarr").exists()
