from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachtext.errors import DatasetError
from teachtext.tables.dataset import (
    Caption,
    VideoSource,
    read_captions,
    read_paragraphs,
    read_video_ids,
    read_videos,
    shard_digests,
    shard_of,
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


@pytest.mark.parametrize("text", [VIDEOS, CAPTIONS])
def test_either_table_names_the_videos(table, text):
    assert read_video_ids(table(text)) == ["a", "b", "c"]


def test_parquet_and_csv_are_one_table(tmp_path):
    columns = {"video_id": [7, 8], "path": ["a.mp4", "b.mp4"], "start_seconds": [None, 1.5]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet", row_group_size=1)
    (tmp_path / "t.csv").write_text("video_id,path,start_seconds\n7,a.mp4,\n8,b.mp4,1.5\n")
    assert read_videos(tmp_path / "t.parquet") == read_videos(tmp_path / "t.csv")


@pytest.mark.parametrize(("video", "shard"), [("a", 74), ("video7010", 31), ("é \n", 77)])
def test_the_shard_of_a_video_is_the_same_in_every_version(video, shard):
    assert shard_of(video, 128) == shard


@given(st.sets(st.text(min_size=1), min_size=1), st.text(min_size=1), st.integers(1, 200))
def test_a_new_video_changes_no_other_shard(known, new, shards):
    def digests(videos):
        return shard_digests([VideoSource(video, Path("x")) for video in sorted(videos)], shards)

    changed = [a != b for a, b in zip(digests(known), digests(known | {new}), strict=True)]
    assert changed == [
        new not in known and shard == shard_of(new, shards) for shard in range(shards)
    ]


def test_adding_videos_moves_none_to_another_shard():
    before = {video: shard_of(video, 4) for video in ("a", "b", "c")}
    assert {video: shard_of(video, 4) for video in ("c", "z", "b", "a") if video != "z"} == before
    assert {shard_of(str(number), 4) for number in range(100)} == {0, 1, 2, 3}


def test_a_new_row_changes_the_digest_of_its_shard_alone(table):
    before = shard_digests(read_videos(table(VIDEOS)), 4)
    after = shard_digests(read_videos(table(VIDEOS + "d,d.mp4\n")), 4)
    assert [a == b for a, b in zip(before, after, strict=True)] == [
        shard != shard_of("d", 4) for shard in range(4)
    ]
