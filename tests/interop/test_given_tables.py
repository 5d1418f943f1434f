import json
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from teachtext.errors import DatasetError
from teachtext.interop.given_tables import read_given_tables, texts_in

COLUMNS = ["Datei", "Text"]
ROWS = [["a.mp4", "ein Bär, er schläft"], ["7", "ein Hund"]]


def read(path):
    (table,) = read_given_tables(path)
    return table.columns, [cells for _, cells in table.rows]


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", 'Datei,Text\na.mp4,"ein Bär, er schläft"\n\n7,ein Hund\n'),
        ("t.CSV", "Datei;Text\na.mp4;ein Bär, er schläft\n7;ein Hund\n".encode("cp1252")),
        ("t.csv", "Datei\tText\r\na.mp4\tein Bär, er schläft\r\n7\tein Hund".encode("utf-16")),
        ("t.tsv", "Datei\tText\na.mp4\tein Bär, er schläft\n7\tein Hund\n"),
        ("t.json", json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in ROWS])),
        ("t.jsonl", "\n".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in ROWS)),
    ],
)
def test_formats_of_text_give_the_same_table(tmp_path, name, content):
    assert read(write(tmp_path, name, content)) == (COLUMNS, ROWS)


def test_excel_gives_the_same_table_whatever_is_above_it(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Tabelle1"
    for row in ([], COLUMNS, ROWS[0], [], [7, "ein Hund"]):
        sheet.append(row)
    book.create_sheet("leer")
    book.save(tmp_path / "t.xlsx")
    assert read(tmp_path / "t.xlsx") == (COLUMNS, ROWS)


def test_parquet_gives_the_same_table_without_what_is_no_text(tmp_path):
    columns = {"Datei": ["a.mp4", "7"], "Text": [row[1] for row in ROWS], "x": [[1.0], [2.0]]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet", row_group_size=1)
    assert read(tmp_path / "t.parquet") == (COLUMNS, ROWS)


def test_rows_have_the_lines_that_they_end_in(tmp_path):
    (table,) = read_given_tables(write(tmp_path, "t.csv", 'a,b\n1,"x\ny"\n2,3,4\n'))
    assert table.rows == [(3, ["1", "x\ny"]), (4, ["2", "3", "4"])]


def test_lists_of_an_object_are_tables_and_so_is_the_rest(tmp_path):
    values = {
        "sentences": [{"video_id": "v1", "caption": "a dog"}],
        "v2": ["a cat", "a kitten"],
        "v3": {"value": "a cow", "box": {"x": 1}},
    }
    path = write(tmp_path, "t.json", json.dumps(values))
    sentences, rest = read_given_tables(path)
    assert (sentences.part, sentences.rows) == ("sentences", [(1, ["v1", "a dog"])])
    assert rest.rows == [(1, ["v2", ["a cat", "a kitten"], ""]), (2, ["v3", "a cow", ""])]
    assert texts_in(rest.rows[0][1][1]) == ["a cat", "a kitten"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.csv", 'a,b\n1,"unclosed\n', "is no CSV after line 2: unexpected end of data"),
        ("t.json", '{"a": ', "Cannot read .*t.json: Expecting value"),
        ("t.json", "3", "Cannot read .*t.json"),
        ("t.jsonl", '{"a": 1}\n{"b"\n', "t.jsonl line 2 is no JSON"),
        ("t.xlsx", "no zip", "Cannot read .*t.xlsx: File is not a zip file"),
        ("t.parquet", "no", "Cannot read .*t.parquet"),
        ("t.csv", b"\x00\xff\x00", "Cannot read .*t.csv"),
    ],
)
def test_damage_is_one_line(tmp_path, name, content, words):
    with pytest.raises(DatasetError, match=words) as raised:
        read_given_tables(write(tmp_path, name, content))
    assert "\n" not in str(raised.value)


def test_a_bomb_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b" " * (80 << 20))
    with pytest.raises(DatasetError, match="it unpacks to 80 MB, as bombs do"):
        read_given_tables(tmp_path / "t.xlsx")


def test_a_table_without_rows_is_none(tmp_path):
    assert read_given_tables(write(tmp_path, "t.csv", "a,b\n")) == []
    assert read_given_tables(write(tmp_path, "t.csv", "")) == []
