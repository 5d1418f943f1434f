import pytest

from teachtext.errors import DatasetError
from teachtext.files.given import GivenFiles
from teachtext.tables.checks import ValUser, check_dataset, check_splits, check_tables
from teachtext.tables.dataset import read_captions, read_videos

VIDEOS = "video_id,path\na,a.mp4\nb,sub/b.mp4\nc,c.mp4\n"
CAPTIONS = "video_id,caption,split\na,a dog,train\na,a hound,train\nb,a cat,val\nc,a cow,test\n"


@pytest.fixture
def table(tmp_path):
    def write(text, name="table.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.fixture
def check(table, tmp_path):
    """Checks two tables, as each start of snakemake does."""

    def check(captions=CAPTIONS, videos=VIDEOS, val_user=None):
        tables = str(table(videos, "videos.csv")), str(table(captions, "captions.csv"))
        return check_tables(*tables, val_user, GivenFiles(tmp_path / "remembered"))

    return check


def test_tables_are_checked_once_and_again_when_they_differ(check):
    counts = "captions: train 2 of 1 videos, val 1 of 1 videos, test 1 of 1 videos"
    assert check() == f"3 videos in the table; {counts}"
    assert check() == ""
    assert "train 1 of" in check(CAPTIONS.replace("a,a dog,train\n", ""))
    assert check(val_user=ValUser("pruned.lean", "pruned.lean: null"))


def test_a_mistake_is_told_at_every_start(check):
    for _ in range(2):
        with pytest.raises(DatasetError, match="first 'c'"):
            check(videos="video_id,path\na,a.mp4\nb,b.mp4\n")


def test_tables_that_are_not_there_are_not_looked_at(tmp_path):
    given = GivenFiles(tmp_path)
    assert check_tables("s3://bucket/videos.csv", str(tmp_path / "none.csv"), None, given) == ""


def test_a_caption_of_an_unknown_video(table):
    captions = read_captions(table(CAPTIONS))
    videos = read_videos(table("video_id,path\na,a.mp4\nb,b.mp4\n"))
    with pytest.raises(DatasetError, match="first 'c'"):
        check_dataset(videos, captions)


@pytest.mark.parametrize("split", ["train", "test"])
def test_train_and_test_are_always_needed(table, split):
    captions = [c for c in read_captions(table(CAPTIONS)) if c.split != split]
    with pytest.raises(DatasetError, match=f"No caption has split '{split}'"):
        check_splits(captions, None)


def test_val_is_needed_by_whom_chooses_by_it(table):
    captions = read_captions(table(CAPTIONS))
    without = [c for c in captions if c.split != "val"]
    user = ValUser("pruned.lean", "pruned.lean: null")
    check_splits(captions, user)
    check_splits(without, None)
    with pytest.raises(DatasetError) as refused:
        check_splits(without, user)
    assert str(refused.value) == (
        "No caption has split 'val' (found: {'test': 1, 'train': 2}), and pruned.lean chooses by "
        "it. Set pruned.lean: null, or give it some: new rows of the table, or training videos "
        "when a benchmark is imported: --hold-out VIDEOS."
    )
