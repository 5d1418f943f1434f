import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teachtext.cli import main
from teachtext.errors import DatasetError
from teachtext.interop.features import similarities
from teachtext.interop.features.similarities import read_foreign_similarities
from teachtext.store.similarities import open_similarities

SIMS = [[0.5, -1.0], [0.25, 2.0], [0.0, 1.0]]
CAPTIONS, VIDEOS = ["c0", "c1", "c2"], ["v0", "it's $(v1)"]


def wide(path, sims=SIMS, captions=CAPTIONS, videos=VIDEOS, kind=None):
    kind = kind or pa.list_(pa.float32())
    table = pa.table({"caption_id": captions, "sim": pa.array(sims, kind)})
    names = {} if videos is None else {"video_ids": json.dumps(videos)}
    pq.write_table(table.replace_schema_metadata(names), path)
    return path


def long(path, pairs):
    names = ("caption_id", "video_id", "similarity")
    pq.write_table(pa.table(dict(zip(names, zip(*pairs, strict=True), strict=True))), path)
    return path


def matrix(imported):
    return np.concatenate([sims for _, sims in imported.grid.blocks(2)]).tolist()


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.float64()),
        pa.large_list(pa.float32()),
        pa.list_(pa.float16(), 2),
        pa.list_(pa.float32(), 2),
    ],
)
def test_rows_and_columns_come_in_the_order_asked_for(tmp_path, kind):
    path = wide(tmp_path / "s", kind=kind)
    imported = read_foreign_similarities(path, ["c2", "c0", "c1"], ["it's $(v1)", "v0"])
    assert matrix(imported) == [[1.0, 0.0], [-1.0, 0.5], [2.0, 0.25]]
    assert (imported.unknown_captions, imported.unknown_videos) == (0, 0)


@given(rows=st.integers(1, 7), columns=st.integers(1, 5), data=st.data())
@settings(max_examples=25)
def test_both_forms_in_any_order_are_the_same_matrix(rows, columns, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("import")
    sims = np.random.default_rng(0).uniform(-1, 1, (rows, columns)).astype(np.float16)
    captions, videos = [f"c{i}" for i in range(rows)], [f"v{i}" for i in range(columns)]
    cells = data.draw(st.permutations([(r, c) for r in range(rows) for c in range(columns)]))
    pairs = [(captions[r], videos[c], float(sims[r, c])) for r, c in cells]
    order = data.draw(st.permutations(range(rows)))
    made = [
        long(folder / "long", pairs),
        wide(folder / "wide", sims[order].tolist(), [captions[r] for r in order], videos),
    ]
    for path in made:
        assert (
            matrix(read_foreign_similarities(path, captions, videos))
            == sims.astype(np.float32).tolist()
        )


def test_files_are_read_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(similarities, "CAPTIONS_AT_ONCE", 2)
    assert matrix(read_foreign_similarities(wide(tmp_path / "s"), CAPTIONS, VIDEOS)) == SIMS


def test_ids_that_nobody_asked_for_are_counted(tmp_path):
    imported = read_foreign_similarities(wide(tmp_path / "s"), ["c1"], ["v0"])
    assert matrix(imported) == [[0.25]]
    assert (imported.unknown_captions, imported.unknown_videos) == (2, 1)
    pairs = [("c0", "v0", 0.5), ("c0", "x", 1.0), ("y", "v0", 1.0), ("z", "x", float("nan"))]
    imported = read_foreign_similarities(long(tmp_path / "l", pairs), ["c0"], ["v0"])
    assert (imported.unknown_captions, imported.unknown_videos) == (2, 1)


@pytest.mark.parametrize(
    ("captions", "videos", "words"),
    [
        (["c0", "x", "y"], VIDEOS, "no similarities of 2 of 3 training captions, first 'x'"),
        (CAPTIONS, ["v0", "x"], "no similarities of 1 of 2 training videos, first 'x'"),
    ],
)
def test_what_is_lacking_is_named(tmp_path, captions, videos, words):
    with pytest.raises(DatasetError, match=words):
        read_foreign_similarities(wide(tmp_path / "s"), captions, videos)


def test_a_lacking_pair_is_named(tmp_path):
    path = long(tmp_path / "s", [("c0", "v0", 1.0), ("c0", "v1", 1.0), ("c1", "v0", 1.0)])
    with pytest.raises(DatasetError, match="of 1 pairs, first caption 'c1' with video 'v1'"):
        read_foreign_similarities(path, ["c0", "c1"], ["v0", "v1"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"captions": ["c0", "c1", "c1"], "sims": SIMS}, "1 of 3 training captions, first 'c2'"),
        ({"captions": [*CAPTIONS, "c0"], "sims": [*SIMS, SIMS[0]]}, "gives 2 similarities twice"),
        ({"sims": [*SIMS[:2], [1.0, float("nan")]]}, "'c2' are not finite"),
        ({"sims": [*SIMS[:2], [1.0, 1e6]]}, "'c2' are not finite"),
        ({"sims": [*SIMS[:2], [1.0, None]]}, "'c2' are not finite"),
        ({"sims": [*SIMS[:2], [1.0]]}, "a sim has 1 values, but video_ids names 2"),
        ({"sims": [*SIMS[:2], None]}, "a sim has None values"),
        ({"sims": [[1], [2], [3]], "kind": pa.list_(pa.int64()), "videos": ["v0"]}, "are int64"),
        ({"sims": [1.0, 2.0, 3.0], "kind": pa.float32()}, "sim is float.*must be a list"),
        ({"videos": None}, "does not name its videos"),
        ({"videos": {"v0": 1}}, "does not name its videos"),
    ],
)
def test_mistakes_are_one_line(tmp_path, changes, words):
    with pytest.raises(DatasetError, match=words) as caught:
        read_foreign_similarities(wide(tmp_path / "s", **changes), CAPTIONS, VIDEOS)
    assert "\n" not in str(caught.value)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="does not exist"):
        read_foreign_similarities(tmp_path / "s", CAPTIONS, VIDEOS)
    (tmp_path / "s").write_bytes(b"caption_id,sim")
    with pytest.raises(DatasetError, match="Cannot read"):
        read_foreign_similarities(tmp_path / "s", CAPTIONS, VIDEOS)
    pq.write_table(pa.table({"caption": ["a"]}), tmp_path / "s")
    with pytest.raises(DatasetError, match=r"the columns caption\. It needs caption_id, sim, or"):
        read_foreign_similarities(tmp_path / "s", CAPTIONS, VIDEOS)


def test_the_stage_writes_train_captions_and_videos_in_the_tables_order(tmp_path):
    table = (
        "video_id,caption,split,caption_id\nb,x,train,c1\nt,y,test,c9\na,z,train,c0\nb,u,train,c2\n"
    )
    (tmp_path / "captions.csv").write_text(table)
    wide(tmp_path / "s", captions=["c0", "c1", "c2"], videos=["a", "b"])
    main([
        "import-similarities", "--similarities", str(tmp_path / "s"), "--model", "clip",
        "--seed", "3", "--captions", str(tmp_path / "captions.csv"),
        "--output", str(tmp_path / "out.parquet"),
    ])  # fmt: skip
    store = open_similarities(tmp_path / "out.parquet")
    assert (store.model, store.caption_ids, store.video_ids) == (
        "clip/3",
        ["c1", "c0", "c2"],
        ["b", "a"],
    )
    assert np.concatenate(list(store.blocks())).tolist() == [[2.0, 0.25], [-1.0, 0.5], [1.0, 0.0]]
