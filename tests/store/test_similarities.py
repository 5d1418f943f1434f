import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teachtext.errors import StoreError
from teachtext.store.similarities import ROWS_PER_BLOCK, open_similarities, write_similarities


def write(path, sims, *, block=2, captions=None, model="m/0"):
    ids = captions or [f"c{row}" for row in range(len(sims))]
    blocks = [(ids[b : b + block], sims[b : b + block]) for b in range(0, len(sims), block)]
    write_similarities(
        path, blocks, model=model, video_ids=[f"v{column}" for column in range(sims.shape[1])]
    )
    return open_similarities(path)


def matrix(rows, columns):
    return np.random.default_rng(0).uniform(-1, 1, (rows, columns)).astype(np.float32)


@settings(max_examples=50)
@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    block=st.integers(1, 4),
    odd=st.integers(0, 3),
    data=st.data(),
)
def test_gathering_equals_indexing(rows, columns, block, odd, data, tmp_path_factory):
    path = tmp_path_factory.mktemp("sims") / "s"
    sims = matrix(rows, columns)
    # names of several lengths move the values to even and odd places
    store = write(path, sims, block=block, captions=[f"c{i}" + "x" * odd for i in range(rows)])
    wanted_rows = data.draw(st.lists(st.integers(0, rows - 1), min_size=1))
    wanted_columns = data.draw(st.lists(st.integers(0, columns - 1), min_size=1))
    aligned = store.aligned(
        [store.caption_ids[row] for row in wanted_rows],
        [store.video_ids[column] for column in wanted_columns],
    )
    halves = sims.astype(np.float16)[np.ix_(wanted_rows, wanted_columns)].astype(np.float32)
    everything = np.arange(len(wanted_rows)), np.arange(len(wanted_columns))
    assert (aligned.gather(*everything) == halves).all()
    aligned.release()
    last = aligned.gather(everything[0][-1:], everything[1][-1:])
    assert last.dtype == np.float32
    assert last == halves[-1, -1]


def test_blocks_are_all_rows_in_order(tmp_path):
    sims = matrix(2 * ROWS_PER_BLOCK + 3, 5)
    blocks = list(write(tmp_path / "s", sims, block=100).blocks())
    assert [len(block) for block in blocks] == [ROWS_PER_BLOCK, ROWS_PER_BLOCK, 3]
    assert (np.concatenate(blocks) == sims.astype(np.float16)).all()


def test_any_tool_reads_them(tmp_path):
    sims = matrix(3, 2)
    write(tmp_path / "s", sims)
    rows = pq.read_table(tmp_path / "s").column("sim").to_pylist()
    assert rows == sims.astype(np.float16).tolist()


def test_a_similarity_takes_two_bytes(tmp_path):
    write(tmp_path / "s", matrix(500, 200), block=ROWS_PER_BLOCK)
    assert (tmp_path / "s").stat().st_size < 2.2 * 500 * 200


@pytest.mark.parametrize(("captions", "videos"), [(["c0", "z"], ["v0"]), (["c0"], ["v1", "z"])])
def test_what_is_not_there_is_named(tmp_path, captions, videos):
    store = write(tmp_path / "s", matrix(3, 2))
    with pytest.raises(StoreError, match=r"'z' \(1 missing of \d\)"):
        store.aligned(captions, videos)


def test_damage_is_found_on_opening(tmp_path):
    write(tmp_path / "s", matrix(3, 2))
    content = bytearray((tmp_path / "s").read_bytes())
    content[content.index(matrix(3, 2)[2].astype(np.float16).tobytes())] ^= 128
    (tmp_path / "s").write_bytes(content)
    with pytest.raises(StoreError, match="its bytes are not those that were written"):
        open_similarities(tmp_path / "s")


def test_a_name_that_looks_like_the_checksum_does_no_harm(tmp_path):
    mark = "teachtext-sha256:" + 64 * "0"
    write_similarities(
        tmp_path / "s", [([mark], np.ones((1, 1), np.float32))], model="m/0", video_ids=[mark]
    )
    store = open_similarities(tmp_path / "s")
    assert (store.caption_ids, store.video_ids) == ([mark], [mark])
