import pytest

from teachtext.experts.planning import ExpertCost, advise_shards, draw_videos
from teachtext.tables.dataset import VideoSource


@pytest.mark.parametrize(
    ("videos", "cores", "shards"),
    [(1, 8, 1), (50, 8, 1), (240, 2, 4), (1000, 2, 4), (10_000, 8, 40), (76_800, 8, 300)],
)
def test_shards_are_neither_tiny_nor_huge(videos, cores, shards):
    assert advise_shards({"none": videos}, experts=1, cores=cores) == {"none": shards}


def test_shards_follow_the_sizes_of_the_portions():
    videos = {"trainval": 5000, "test": 2400, "none": 2600}
    assert advise_shards(videos, experts=1, cores=8) == {"trainval": 20, "test": 10, "none": 10}
    few = {"trainval": 180, "test": 60, "none": 0}
    assert advise_shards(few, experts=5, cores=2) == {"trainval": 3, "test": 1, "none": 1}


@pytest.mark.parametrize(("experts", "shards"), [(1, 300), (5, 128), (7, 100)])
@pytest.mark.parametrize("videos", [1_000_000, 100_000_000])
def test_jobs_of_shards_stay_below_a_thousand_however_many_videos(videos, experts, shards):
    assert advise_shards({"none": videos}, experts=experts, cores=512) == {"none": shards}
    assert shards * (2 + experts) <= 900


def test_features_take_two_bytes_a_number():
    cost = ExpertCost(2.0, 0.5, 0.1, [0, 4], 1000, failed=0, peak_bytes=0)
    assert cost.bytes == 2 * 1000 * 2


def test_a_sample_is_no_larger_than_what_there_is():
    videos = [VideoSource(str(number), f"{number}.mp4", None, None) for number in range(5)]
    assert draw_videos(videos, sample=3, seed=0) == draw_videos(videos, sample=3, seed=0)
    assert {one.video_id for one in draw_videos(videos, sample=9, seed=0)} == set("01234")
