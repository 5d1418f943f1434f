import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachtext.errors import DatasetError
from teachtext.tables.dataset import VideoSource
from teachtext.tables.shards import (
    KEPT_SECONDS,
    PORTIONS,
    deal_tables,
    portion_of,
    shard_names,
    shard_of,
)

VIDEOS = (
    "video_id,path,start_seconds,end_seconds\na,a.mp4,,\nb,sub/b.mp4,1,2.5\nc,c.mp4,,\nd,d.mp4,,\n"
)
CAPTIONS = "video_id,caption,split\na,a dog,train\na,a hound,train\nb,a cat,val\nc,a cow,test\n"
SHARDS = {"trainval": 2, "test": 1, "none": 3}


@pytest.fixture
def deal(tmp_path):
    def deal(videos=VIDEOS, captions=CAPTIONS, shards=SHARDS):
        for name, text in (("videos", videos), ("captions", captions)):
            if text is not None:
                (tmp_path / f"{name}.csv").write_text(text)
        return deal_tables(
            None if videos is None else tmp_path / "videos.csv",
            None if captions is None else tmp_path / "captions.csv",
            shards,
            tmp_path / "dealt",
        )

    return deal


def digests(dealt):
    return {shard: dealt.digest(shard) for shard in shard_names(SHARDS)}


def changed(before, after):
    return {shard for shard, digest in before.items() if digest != after[shard]}


@pytest.mark.parametrize(("video", "shard"), [("a", 74), ("video7010", 31), ("é \n", 77)])
def test_the_shard_of_a_video_is_the_same_in_every_version(video, shard):
    assert shard_of(video, "none", {"none": 128}) == f"none-{shard}"


@pytest.mark.parametrize(
    ("split", "portion"),
    [("train", "trainval"), ("val", "trainval"), ("test", "test"), (None, "none")],
)
def test_models_learn_from_two_splits(split, portion):
    assert portion_of(split) == portion


def test_videos_are_dealt_by_split_and_keep_their_rows(deal, tmp_path):
    dealt = deal()
    assert dealt.portions == ["trainval", "test", "none"]
    assert dealt.number_of_videos == 4
    assert dealt.sources("test-0") == [VideoSource("c", tmp_path / "c.mp4")]
    b = VideoSource("b", tmp_path / "sub/b.mp4", 1.0, 2.5)
    assert b in dealt.sources(shard_of("b", "trainval", SHARDS))
    assert [one.video_id for n in range(3) for one in dealt.sources(f"none-{n}")] == ["d"]


def test_without_a_table_of_videos_all_have_captions(deal):
    dealt = deal(videos=None)
    assert dealt.portions == ["trainval", "test"]
    assert dealt.number_of_videos == 3


def test_without_captions_all_are_in_one_portion(deal):
    dealt = deal(captions=None)
    assert dealt.portions == ["none"]
    assert [dealt.captions_digest(portion) for portion in PORTIONS] == ["", "", ""]


def test_a_new_video_changes_its_own_shard(deal):
    before = digests(deal())
    assert changed(before, digests(deal(videos=VIDEOS + "e,e.mp4,,\n"))) == {
        shard_of("e", "none", SHARDS)
    }


def test_a_first_caption_moves_a_video(deal):
    before = digests(deal())
    assert changed(before, digests(deal(captions=CAPTIONS + "d,a bird,test\n"))) == {
        shard_of("d", "none", SHARDS), "test-0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "portion"), [("a,a wolf,train\n", "trainval"), ("c,a bull,test\n", "test")]
)
def test_a_new_caption_changes_its_portion_and_no_shard(deal, row, portion):
    one, other = deal(), deal(captions=CAPTIONS + row)
    assert digests(one) == digests(other)
    assert {p for p in PORTIONS if one.captions_digest(p) != other.captions_digest(p)} == {portion}


def test_a_file_that_changes_changes_its_shard(deal, tmp_path):
    (tmp_path / "c.mp4").write_text("one")
    before, ids = digests(deal()), deal().ids_digest("test-0")
    (tmp_path / "c.mp4").write_text("other")
    assert changed(before, digests(deal())) == {"test-0"}
    assert deal().ids_digest("test-0") == ids


@given(st.sets(st.text(min_size=1), min_size=1), st.text(min_size=1), st.integers(1, 200))
def test_adding_a_video_moves_none(known, new, shards):
    before = {video: shard_of(video, "none", {"none": shards}) for video in known}
    after = {video: shard_of(video, "none", {"none": shards}) for video in known | {new}}
    assert before == {video: after[video] for video in known}


def test_shards_are_of_about_one_size():
    found = Counter(shard_of(str(number), "none", {"none": 4}) for number in range(400))
    assert sorted(found) == [f"none-{number}" for number in range(4)]
    assert min(found.values()) > 70


def test_the_same_tables_are_not_read_again(deal, tmp_path):
    dealt = deal()
    folder = next((tmp_path / "dealt").iterdir())
    (folder / "test-0.jsonl").write_text("")
    assert deal().sources("test-0") == []
    assert deal(videos=VIDEOS + "e,e.mp4,,\n").sources("test-0") != []
    assert dealt.sources("test-0") == []  # a job that reads it still can


def test_what_nobody_can_be_reading_goes(deal, tmp_path):
    deal()
    folder = next((tmp_path / "dealt").iterdir())
    long_ago = folder.stat().st_mtime - 2 * KEPT_SECONDS
    os.utime(folder, (long_ago, long_ago))
    deal(captions=CAPTIONS + "d,a bird,test\n")
    assert not folder.exists()


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"gone\.csv does not exist"):
        deal_tables(Path("gone.csv"), None, SHARDS, tmp_path)


def test_a_video_that_comes_while_a_run_goes_waits_for_the_next(deal):
    dealt = deal(shards={"trainval": 1, "test": 1})
    assert [one.video_id for one in dealt.sources("trainval-0")] == ["a", "b"]
    assert dealt.portions == ["trainval", "test", "none"]
