import pytest

from teachtext.commands.plan_extraction import describe_plan
from teachtext.config.checks import load_config
from teachtext.experts.planning import ExpertCost, ExtractionPlan


def plan_of(videos, **changes):
    experts = {"motion": ExpertCost(load_seconds=2.0, seconds=0.5, bytes=4e3, failed=0)}
    values = {
        "sampled": 20,
        "reasons": {},
        "video_seconds": 36.0,
        "probe_seconds": 0.1,
        "decode_seconds": 0.4,
        "media_bytes": 1e6,
        "experts": experts,
    }
    return ExtractionPlan(videos=videos, **{**values, **changes})


@pytest.mark.parametrize(
    ("videos", "cores", "shards"),
    [(1, 8, 1), (50, 8, 1), (240, 2, 4), (1000, 2, 4), (10_000, 8, 40), (76_800, 8, 300)],
)
def test_shards_are_neither_tiny_nor_huge(videos, cores, shards):
    assert plan_of(videos).shards(cores) == shards


@pytest.mark.parametrize(("experts", "shards"), [(1, 300), (5, 128), (7, 100)])
@pytest.mark.parametrize("videos", [1_000_000, 100_000_000])
def test_jobs_of_shards_stay_below_a_thousand_however_many_videos(videos, experts, shards):
    cost = ExpertCost(load_seconds=2.0, seconds=0.5, bytes=4e3, failed=0)
    plan = plan_of(videos, experts={str(number): cost for number in range(experts)})
    assert plan.shards(cores=512) == shards
    assert shards * (2 + experts) <= 900


def test_costs_by_hand():
    plan = plan_of(1000)
    assert plan.core_seconds() == pytest.approx(1000 * (0.1 + 0.4 + 0.5))
    assert plan.start_seconds(cores=2) == 4 * 2.0
    assert plan.feature_bytes() == 4e6
    assert plan.media_bytes_at_once(cores=1) == 2 * 250 * 1e6
    assert plan.media_bytes_at_once(cores=8) == 1000 * 1e6  # never more than all


def test_the_plan_in_words(shipped_config):
    words = describe_plan(plan_of(1000, reasons={"v\n7": "torn"}), load_config(shipped_config), 2)
    assert "1000 videos, about 10.00 hours (from 20 videos)" in words
    assert "Time on 2 cores: 0:08:24" in words
    assert "Advised: dataset.shards: 4 (now 5)" in words
    assert "1 of 20 videos failed" in words
    assert r"'v\n7': torn" in words
