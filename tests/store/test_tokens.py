import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teachtext.errors import StoreError
from teachtext.store.seals import check_seal
from teachtext.store.similarities import write_similarities
from teachtext.store.tables import read_table, table_metadata, table_writer
from teachtext.store.tokens import read_tokens, write_tokens
from teachtext.store.weights import WeightsIdentity
from teachtext.tables.dataset import Caption

WEIGHTS = WeightsIdentity("toy 1.0", "abc")
DIM = 4


def write(path, captions, vectors, *, block):
    blocks = [
        (captions[begin : begin + block], vectors[begin : begin + block])
        for begin in range(0, len(captions), block)
    ]
    write_tokens(path, blocks, encoder="toy", weights=WEIGHTS, dim=DIM, max_tokens=9)


def captions_called(ids):
    return [Caption(name, f"v {name}", "train", f"says {name}") for name in ids]


def vectors_of(lengths):
    random = np.random.default_rng(0)
    return [random.standard_normal((length, DIM)).astype(np.float32) for length in lengths]


@settings(max_examples=50)
@given(
    rows=st.lists(st.tuples(st.text(min_size=1, max_size=9), st.integers(0, 5)), max_size=7),
    block=st.integers(1, 4),
)
def test_tokens_come_back_as_halves_wherever_they_begin(rows, block, tmp_path_factory):
    path = tmp_path_factory.mktemp("tokens") / "t"
    captions, vectors = captions_called([name for name, _ in rows]), vectors_of(n for _, n in rows)
    write(path, captions, vectors, block=block)
    table = read_tokens(path)
    assert table.captions == captions
    assert (table.encoder, table.weights, table.max_tokens) == ("toy", WEIGHTS, 9)
    with path.open("rb") as stream:
        assert table.sha256 == (check_seal(stream),)
    everything = np.arange(len(rows))
    found = table.tokens.select(everything).take(everything)
    for row, vector in zip(found, vectors, strict=True):
        assert row.tolist() == vector.astype(np.float16).tolist()


@settings(max_examples=50)
@given(
    lengths=st.lists(st.integers(0, 5), min_size=1, max_size=9),
    block=st.integers(1, 4),
    data=st.data(),
)
def test_only_those_that_are_asked_for_are_unpacked(lengths, block, data, tmp_path_factory):
    path, vectors = tmp_path_factory.mktemp("tokens") / "t", vectors_of(lengths)
    write(path, captions_called([f"c{n}" for n in range(len(lengths))]), vectors, block=block)
    chosen = data.draw(st.lists(st.integers(0, len(lengths) - 1)))
    found = read_tokens(path).tokens.select(np.array(chosen, dtype=np.int64))
    assert len(found.values) == sum(lengths[index] for index in set(chosen))
    for row, index in zip(found.take(np.arange(len(chosen))), chosen, strict=True):
        assert row.tolist() == vectors[index].astype(np.float16).tolist()


@pytest.mark.parametrize(("layout", "group_rows"), [({}, 3), ({"compression": "zstd"}, 1)])
def test_how_pyarrow_lays_pages_out_makes_no_difference(tmp_path, layout, group_rows):
    write(tmp_path / "t", captions_called("abc"), vectors_of([2, 0, 3]), block=2)
    table = read_table(tmp_path / "t")
    metadata, columns = table_metadata(table), table.replace_schema_metadata()
    with table_writer(tmp_path / "other", columns.schema, metadata, **layout) as writer:
        writer.write_table(columns, group_rows)
    everything = np.arange(3)
    found = read_tokens(tmp_path / "other").tokens.select(everything).take(everything)
    assert [row.tolist() for row in found] == [
        rows.astype(np.float16).tolist() for rows in vectors_of([2, 0, 3])
    ]


def test_any_tool_reads_them(tmp_path):
    write(tmp_path / "t", captions_called("ab"), vectors_of([2, 0]), block=2)
    first, second = pq.read_table(tmp_path / "t").column("tokens").to_pylist()
    assert first == vectors_of([2, 0])[0].astype(np.float16).tolist()
    assert second == []


@pytest.fixture(scope="module")
def intact(tmp_path_factory):
    path = tmp_path_factory.mktemp("intact") / "t"
    write(path, captions_called("abcde"), vectors_of([1, 3, 0, 2, 5]), block=2)
    return path


@settings(max_examples=200)
@given(data=st.data())
def test_a_flipped_bit_or_a_lost_byte_is_found_and_named(intact, tmp_path_factory, data):
    content = bytearray(intact.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del content[place:]
    damaged = tmp_path_factory.mktemp("damaged") / "t"
    damaged.write_bytes(content)
    with pytest.raises(StoreError, match=r"Cannot read .*/t: .*Delete it and run snakemake again"):
        read_tokens(damaged)


@pytest.mark.parametrize("options", [{}, {"compression": "none", "use_dictionary": False}])
def test_a_file_that_another_program_wrote_is_refused(intact, tmp_path, options):
    pq.write_table(pq.read_table(intact), tmp_path / "t", **options)
    with pytest.raises(StoreError, match="another version of teachtext, or another program"):
        read_tokens(tmp_path / "t")


def test_a_table_of_other_columns_is_refused(tmp_path):
    write_similarities(tmp_path / "t", [], model="m/0", video_ids=["v"])
    with pytest.raises(StoreError, match="another version of teachtext"):
        read_tokens(tmp_path / "t")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StoreError, match="nothing"):
        read_tokens(tmp_path / "nothing")
