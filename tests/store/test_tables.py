import pyarrow as pa
import pytest

from teachtext.errors import StoreError
from teachtext.store.tables import read_table, table_metadata, write_table


@pytest.fixture
def path(tmp_path):
    write_table(tmp_path / "t.parquet", pa.table({"a": [1], "b": [2]}), {"model": "m"})
    return tmp_path / "t.parquet"


def test_a_table_is_read_as_it_was_written(path):
    assert read_table(path).to_pylist() == [{"a": 1, "b": 2}]
    assert table_metadata(read_table(path)) == {"model": "m"}


def test_columns_come_in_the_order_in_which_they_are_asked_for(path):
    assert read_table(path, ["b", "a"]).column_names == ["b", "a"]
    assert table_metadata(read_table(path, ["b"])) == {"model": "m"}


def test_a_missing_column_is_named(path):
    with pytest.raises(StoreError, match=r"t\.parquet has no column 'c': .* Delete it"):
        read_table(path, ["a", "c"])


@pytest.mark.parametrize("columns", [None, ["a"]])
def test_missing_and_damaged_tables_are_store_errors(columns, tmp_path):
    with pytest.raises(StoreError, match="Cannot read"):
        read_table(tmp_path / "gone.parquet", columns)
    (tmp_path / "noise.parquet").write_bytes(b"noise" * 20)
    with pytest.raises(StoreError, match="Cannot read"):
        read_table(tmp_path / "noise.parquet", columns)


def test_a_folder_is_no_table(path):
    with pytest.raises(StoreError, match="Cannot read"):
        read_table(path.parent)
