import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachtext.cli import main
from teachtext.errors import DatasetError
from teachtext.interop.features.columns import read_imported_features
from teachtext.store.features import FeatureStore
from teachtext.tables.shards import shard_names, shard_of

VIDEOS = np.array(["a", "it's $(b)", "c"])
ROWS = np.arange(8.0).reshape(4, 2)
RAGGED = {"video_id": VIDEOS, "features": ROWS, "offsets": np.array([0, 1, 1, 4])}


@pytest.fixture
def save(tmp_path):
    def write(**arrays):
        np.savez(tmp_path / "f.npz", **arrays)
        return tmp_path / "f.npz"

    return write


def test_one_row_a_video_is_its_first_second(save):
    imported = read_imported_features(save(video_id=VIDEOS, features=ROWS[:3]))
    seen = imported.features_of("it's $(b)")
    assert seen.features_TD.tolist() == [[2, 3]]
    assert (seen.start_seconds_T.tolist(), seen.end_seconds_T.tolist()) == ([0], [1])


def test_offsets_give_a_video_any_number_of_rows(save):
    imported = read_imported_features(save(**RAGGED))
    assert imported.features_of("a").features_TD.tolist() == [[0, 1]]
    assert imported.features_of("it's $(b)") is None
    assert imported.features_of("c").start_seconds_T.tolist() == [0, 1, 2]


def test_times_may_be_given(save):
    starts, ends = np.array([0, 5, 6, 7]), np.array([0.5, 6, 7, 8])
    imported = read_imported_features(save(**RAGGED, start_seconds=starts, end_seconds=ends))
    seen = imported.features_of("c")
    assert (seen.start_seconds_T.tolist(), seen.end_seconds_T.tolist()) == ([5, 6, 7], [6, 7, 8])


@given(lengths=st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_every_video_gets_its_own_rows(lengths, tmp_path_factory):
    path = tmp_path_factory.mktemp("import") / "f.npz"
    names = np.array([f"v{index}" for index in range(len(lengths))])
    features = np.repeat(np.arange(len(lengths)), lengths)[:, None].astype(np.float32)
    np.savez(path, video_id=names, features=features, offsets=np.cumsum([0, *lengths]))
    imported = read_imported_features(path)
    for index, length in enumerate(lengths):
        seen = imported.features_of(f"v{index}")
        assert ([] if seen is None else seen.features_TD.ravel().tolist()) == [index] * length


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"features": np.full((4, 2), np.nan)}, r"'a' are not finite.*\(4 such rows\)"),
        ({"features": np.where(ROWS == 5, 1e9, ROWS)}, r"'c' are not finite.*\(1 such rows\)"),
        ({"features": ROWS[0]}, r"features are \(2,\) float64.*\(rows, D\)"),
        ({"features": ROWS.astype(str)}, r"features are \(4, 2\) <U"),
        ({"features": ROWS[:3]}, r"offsets are \(4,\) int64.*from 0 to 3"),
        ({"offsets": np.array([0, 4])}, r"offsets are \(2,\) int64.*\(4,\) integers"),
        ({"offsets": np.array([0, 3, 1, 4])}, "that rise"),
        ({"offsets": np.array([0, 1, 1, 4.0])}, "float64"),
        ({"video_id": np.array(["a", "a", "c"])}, "'a' occurs 2 times"),
        ({"video_id": np.arange(3)}, r"video_id is \(3,\) int64.*text"),
        ({"video_id": np.array(["a", "b", None])}, "allow_pickle=False.*numpy.savez"),
        ({"start_seconds": np.zeros(4)}, "both or neither"),
        ({"start_seconds": np.ones(4), "end_seconds": np.zeros(4)}, "no end before"),
        ({"start_seconds": np.zeros(4), "end_seconds": np.full(4, np.inf)}, r"\(4,\) seconds"),
    ],
)
def test_arrays_that_do_not_fit_are_named(save, changes, words):
    with pytest.raises(DatasetError, match=words) as caught:
        read_imported_features(save(**RAGGED | changes))
    assert "\n" not in str(caught.value)


def test_rows_without_offsets_are_one_a_video(save):
    with pytest.raises(DatasetError, match="4 rows of 3 videos and no offsets"):
        read_imported_features(save(video_id=VIDEOS, features=ROWS))


def test_a_single_array_is_refused(tmp_path):
    np.save(tmp_path / "f.npy", ROWS)
    with pytest.raises(DatasetError, match=r"of no known kind. Use one of: \.pkl"):
        read_imported_features(tmp_path / "f.npy")


def test_a_missing_file_and_a_missing_array_are_named(tmp_path, save):
    with pytest.raises(DatasetError, match="does not exist"):
        read_imported_features(tmp_path / "f.npz")
    with pytest.raises(DatasetError, match="no array 'features'"):
        read_imported_features(save(video_id=VIDEOS))


@pytest.fixture
def run(tmp_path, monkeypatch, save):
    monkeypatch.chdir(tmp_path)

    def run(table, **arrays):
        (tmp_path / "t.csv").write_text(table)
        features = ["--features", str(save(**arrays)), "--captions", "t.csv"]
        for shard in ("trainval-0", "trainval-1"):
            main([
                "import-expert", "--expert", "seen", *features, "--shards", "trainval=2", "test=1",
                "--shard", shard, "--ledger", f"out/{shard}.parquet",
                "--output", f"out/{shard}.zarr",
            ])  # fmt: skip
        return tmp_path / "out"

    return run


def test_stores_and_ledgers_are_written_by_shard(run):
    rows = [("c", "x"), ("a", "y"), ("c", "z"), ("it's $(b)", "u"), ("else", "w")]
    table = "".join(f"{video},{caption},train\n" for video, caption in rows)
    folder = run(f"video_id,caption,split\n{table}", **RAGGED)
    shards = {"trainval": 2}
    stores = {shard: FeatureStore(folder / f"{shard}.zarr") for shard in shard_names(shards)}
    assert {(v, shard) for shard, store in stores.items() for v in store.video_ids} == {
        (video, shard_of(video, "trainval", shards)) for video in ("c", "a", "it's $(b)", "else")
    }
    one, other = stores.values()
    assert one.identity == other.identity
    assert (one.identity.network, one.identity.dim) == ("import", 2)
    assert (
        stores[shard_of("c", "trainval", shards)].features_of("c").features_TD.tolist()
        == ROWS[1:].tolist()
    )
    rows = [
        row for shard in stores for row in pq.read_table(folder / f"{shard}.parquet").to_pylist()
    ]
    assert {row["video_id"]: (row["rows"], row["status"]) for row in rows} == {
        "c": (3, "ok"), "a": (1, "ok"), "it's $(b)": (0, "absent"), "else": (0, "absent"),
    }  # fmt: skip
    reasons = {row["video_id"]: row["reason"] for row in rows}
    assert reasons["else"].endswith("f.npz lacks the video")
    assert reasons["it's $(b)"].endswith("f.npz has no rows of the video")


def test_features_of_other_videos_altogether_are_refused(run):
    with pytest.raises(SystemExit, match="of none of the dataset's 2 videos, such as 'x'"):
        run("video_id,caption,split\nx,x,train\ny,y,test\n", **RAGGED)
