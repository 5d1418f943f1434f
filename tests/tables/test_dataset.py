import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from teachtext.errors import DatasetError
from teachtext.tables.dataset import (
    Caption,
    read_captions,
    read_paragraphs,
    read_videos,
)

VIDEOS = "video_id,path\na,a.mp4\nb,sub/b.mp4\nc,c.mp4\n"
CAPTIONS = "video_id,caption,split\na,a dog,train\na,a hound,train\nb,a cat,val\nc,a cow,test\n"


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "table.csv"
        path.write_text(text)
        return path

    return write


def test_paths_count_from_the_table(table, tmp_path):
    videos = read_videos(table(VIDEOS))
    assert [video.path for video in videos][1] == tmp_path / "sub/b.mp4"


def test_clip_times_are_optional(table):
    (video,) = read_videos(table("video_id,path,start_seconds,end_seconds\na,a.mp4,1.5,\n"))
    assert (video.start_seconds, video.end_seconds) == (1.5, None)


def test_captions_get_ids(table):
    ids = [caption.caption_id for caption in read_captions(table(CAPTIONS))]
    assert ids == ["a#0", "a#1", "b#0", "c#0"]


def test_a_paragraph_is_all_captions_of_a_video_in_order(table):
    text = "video_id,caption,split,caption_id\na,Sits.,val,7\nb,Runs.,val,8\na,Stands up.,val,9\n"
    assert read_paragraphs(table(text)) == [
        Caption("a", "a", "val", "Sits. Stands up."),
        Caption("b", "b", "val", "Runs."),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column 'video_id'"),
        ("video_id,path\n", "no rows"),
        ("video_id,file\na,b\n", "no column 'path'"),
        ("video_id,path\na,x\na,y\n", "'a' occurs more than once"),
        ("video_id,path\na,\n", "row 2: one of video_id, path is empty"),
        ("video_id,path\na,x\n\nb\n", "row 3: one of video_id, path is empty"),
        ("video_id,path,start_seconds\na,b,soon\n", "'soon'"),
        ("video_id,path\na,x\nb,y,z\n", "row 3 has 3 cells, and the header 2. Put a text"),
        ('video_id,path\na,"x\nb,y\n', "is no CSV after line 3: unexpected end"),
    ],
)
def test_bad_video_tables(table, text, words):
    with pytest.raises(DatasetError, match=words):
        read_videos(table(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("video_id,caption,split\n", "no rows"),
        ("video_id,caption,split\na,x,training\n", "'training'. Use one of: train, val, test"),
        ("video_id,caption,split\na, ,train\n", "empty caption"),
        ("video_id,caption,split\na,x,train\na,y,test\n", "splits train and test"),
        ("video_id,caption,split,caption_id\na,x,train,1\na,y,train,1\n", "'1' occurs more"),
    ],
)
def test_bad_caption_tables(table, text, words):
    with pytest.raises(DatasetError, match=words):
        read_captions(table(text))


def test_a_table_in_another_encoding_is_one_line(table):
    path = table("")
    path.write_bytes("video_id,caption,split\na,ein Bär,train\n".encode("cp1252"))
    with pytest.raises(
        DatasetError, match=r"is not UTF-8 after line 0: .* Save it as CSV in UTF-8"
    ):
        read_captions(path)


def test_parquet_and_csv_are_one_table(tmp_path):
    columns = {"video_id": [7, 8], "path": ["a.mp4", "b.mp4"], "start_seconds": [None, 1.5]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet", row_group_size=1)
    (tmp_path / "t.csv").write_text("video_id,path,start_seconds\n7,a.mp4,\n8,b.mp4,1.5\n")
    assert read_videos(tmp_path / "t.parquet") == read_videos(tmp_path / "t.csv")
