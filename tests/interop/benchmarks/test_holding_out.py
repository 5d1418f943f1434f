import pytest

from teachtext.errors import DatasetError
from teachtext.interop.benchmarks.holding_out import by_hash, hold_out
from teachtext.tables.dataset import Caption, videos_of


def captions(*videos):
    train = [Caption(f"{video}#{n}", video, "train", "x") for video in videos for n in range(2)]
    return [*train, Caption("t#0", "t", "test", "x")]


def test_the_order_is_of_the_ids_alone():
    ids = [str(number) for number in range(50)]
    assert by_hash(ids) == by_hash(reversed(ids + ids))
    assert by_hash(ids) not in (ids, sorted(ids))


def test_whole_videos_move_and_nothing_else_changes():
    before = captions("a", "b", "c", "d")
    after = hold_out(before, 2)
    held = videos_of(after, "val")
    assert len(held) == 2
    assert [caption.caption_id for caption in after] == [caption.caption_id for caption in before]
    assert {c.video_id for c in after if c.split == "train"} == {"a", "b", "c", "d"} - set(held)
    assert after[-1].split == "test"


def test_more_videos_hold_the_same_ones_out():
    ids = [str(number) for number in range(40)]
    ten = set(videos_of(hold_out(captions(*ids), 10), "val"))
    five = set(videos_of(hold_out(captions(*ids), 5), "val"))
    fewer = set(videos_of(hold_out(captions(*ids[:20]), 10), "val"))
    assert five < ten
    assert ten & set(ids[:20]) <= fewer


@pytest.mark.parametrize("number", [-1, 0, 3, 4])
def test_some_videos_but_not_all_can_be_held_out(number):
    with pytest.raises(DatasetError, match=f"--hold-out is {number}, and there are 3"):
        hold_out(captions("a", "b", "c"), number)
