import pytest

from teachtext.errors import DatasetError
from teachtext.interop.benchmarks.reading import ids_of, json_of, lines_of, rows_of, text_of
from teachtext.interop.benchmarks.records import AnnotationFile

BOM = b"\xef\xbb\xbf"


def file(content, name="list.txt"):
    return AnnotationFile(name, f"some/{name}", content)


@pytest.mark.parametrize("content", [b"a\nb\n", b"a\r\nb", BOM + b"a\n\n b \n"])
def test_lines_are_the_same_however_they_end(content):
    assert lines_of(file(content)) == ["a", "b"]


def test_lists_are_lines_or_a_column():
    assert ids_of(file(b"a\nb")) == ["a", "b"]
    assert ids_of(file(BOM + b"n,video_id\r\n1,a\r\n2,b", "list.csv")) == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"\n \n", BOM])
def test_an_empty_file_is_one_line(content):
    for read in (json_of, lines_of, ids_of):
        with pytest.raises(DatasetError, match=r"some/list.txt is empty"):
            read(file(content))


def test_text_that_is_not_utf_8_is_refused_or_taken_as_told():
    with pytest.raises(DatasetError, match=r"some/list.txt is no text in UTF-8"):
        text_of(file("café".encode("latin-1")))
    assert text_of(file("café".encode("latin-1")), fallback="latin-1") == "café"


@pytest.mark.parametrize("content", [b'{"a": [1, ', b"[" * 100_000, b"{]", b"nonsense"])
def test_json_that_is_not_whole_is_one_line(content):
    with pytest.raises(DatasetError, match="is no whole JSON") as error:
        json_of(file(content))
    assert "\n" not in str(error.value)


def test_rows_need_their_columns_and_may_be_short():
    assert list(rows_of(file(b"a,b\n1\n"), "a")) == [{"a": "1", "b": ""}]
    with pytest.raises(DatasetError, match=r"no column 'c' \(found: a, b\)"):
        list(rows_of(file(b"a,b\n"), "a", "c"))


def test_a_quote_that_never_ends_is_one_line():
    content = b'a,b\n1,"' + b"x" * 200_000
    with pytest.raises(DatasetError, match=r"is no CSV after line 1"):
        list(rows_of(file(content), "a"))
