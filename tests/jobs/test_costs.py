"""Costs by hand: round numbers, of which each job's can be computed in the head."""

import pytest

from teachtext.experts.planning import ExpertCost, MediaSample
from teachtext.jobs.costs import (
    Costs,
    JobCost,
    Measured,
    RunSizes,
    sum_costs,
    wall_seconds,
)
from teachtext.jobs.plan import PlannedJob, plan_jobs
from teachtext.text.planning import EncoderCost
from teachtext.training.planning import ModelCost
from tests.support.configurations import tiny_config

MODEL = ModelCost(
    start_seconds=5,
    read_seconds=0.5,
    read_videos=20,
    step_seconds=2,
    caption_seconds=0.1,
    video_seconds=0.2,
    pair_seconds=0.001,
    parameters=1000,
    video_bytes=40,
    peak_bytes=7,
)
MEASURED = Measured(
    start_seconds=1,
    start_bytes=3,
    media=MediaSample(
        [], {}, probe_seconds=0.1, decode_seconds=0.4, media_bytes=1e6, decoder_bytes=4
    ),
    experts={"motion": ExpertCost(3, 0.5, 0.1, [2, 4], 10, failed=0, peak_bytes=6)},
    encoders={"glove": EncoderCost(2, 0.01, [3, 5], 50, peak_bytes=5)},
    models={"baseline": MODEL},
)
SIZES = RunSizes(
    videos=200,
    captions={"train": 100, "val": 10, "test": 20},
    captioned={"train": 50, "val": 5, "test": 10},
)


def cost_of(rule, item="", **changes):
    config = tiny_config(changes)  # 3 shards, batches of 4, 3 epochs
    return Costs(config, SIZES, MEASURED).of(PlannedJob("a", rule, item, ("x",)))


@pytest.mark.parametrize(
    ("rule", "item", "seconds"),
    [
        ("probe_videos", "none-0", 1 + 135 * 0.1),
        ("decode_videos", "none-0", 1 + 135 * 0.4),
        ("extract_expert", "motion/none-0", 3 + 135 * 0.5),
        ("import_expert", "motion/test-0", 3 + 2 * 10 * 0.5),
        ("index_videos", "", 1),
        ("embed_captions", "glove/trainval", 2 + 110 * 0.01),
        ("embed_captions", "glove/test", 2 + 20 * 0.01),
        # three shards of 0.5 s for 20 videos; 12 batches of 4 and one of 2; val after each epoch
        (
            "train_student",
            "baseline/0",
            5 + 1.5 + 1.5 + 3 * (13 * 2 + 10 * 0.1 + 5 * 0.2 + 50 * 0.001),
        ),
        ("compute_similarities", "baseline/0", 5 + 1.5 + 100 * 0.1 + 50 * 0.2 + 5000 * 0.001),
        ("build_index", "baseline/0", 5 + 100 / 20 + 130 * 0.1 + 200 * 0.2),
        # val, test, and 100 captions of the bank against the test videos
        (
            "evaluate_model",
            "baseline/0",
            5 + 2 * 3 * 0.5 + (1 + 1 + 0.05) + (2 + 2 + 0.2) + 100 * (0.1 + 10 * 0.001),
        ),
        ("denoise_captions", "clean/0", 5 + 3 * 5000 * 0.001),  # three teachers of a seed
    ],
)
def test_seconds_by_hand(rule, item, seconds):
    assert cost_of(rule, item).seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("rule", "item", "disk", "memory"),
    [
        ("extract_expert", "motion/none-0", 135 * 3 * 10 * 2, 6),
        ("embed_captions", "glove/trainval", 110 * 4 * 50 * 2, 5),
        ("train_student", "baseline/0", 4000, 7),
        ("compute_similarities", "baseline/0", 100 * 50 * 2, 7),
        ("build_index", "baseline/0", 330 * 40 / 2, 7 + 200 * 40),
    ],
)
def test_bytes_by_hand(rule, item, disk, memory):
    cost = cost_of(rule, item)
    assert (cost.disk_bytes, cost.memory_bytes) == (disk, memory)


def test_what_nothing_like_it_was_measured_of_is_unknown():
    assert cost_of("finetune_text_encoder", "glove") is None
    assert cost_of("extract_expert", "audio/none-0") is None
    assert cost_of("embed_captions", "minilm/test") is None


def test_a_model_of_a_pruning_costs_what_another_does():
    assert cost_of("train_pruned").seconds == cost_of("train_student", "baseline/0").seconds


def test_most_jobs_of_the_shipped_configuration_have_a_cost(tmp_path):
    config = tiny_config({})
    measured = Measured(
        1, 1, MEASURED.media, dict.fromkeys(config.experts, MEASURED.experts["motion"]),
        dict.fromkeys(config.text, MEASURED.encoders["glove"]), {"baseline": MODEL},
    )  # fmt: skip
    costs = Costs(config, SIZES, measured)
    unknown = {job.rule for job in plan_jobs(config, tmp_path) if costs.of(job) is None}
    assert unknown == {"render_demo"}  # a plan is made once there are videos


def test_a_sum_names_what_is_not_in_it():
    found = sum_costs([JobCost(60, 5, 10), JobCost(60, 7, 10, error=0.15), None])
    assert (found.jobs, found.untimed, found.seconds) == (3, 1, 120)
    assert (found.disk_bytes, found.memory_bytes) == (20, 7)
    assert found.high == pytest.approx(60 * 1.2 + 60 * 1.5)
    assert found.low == pytest.approx(60 / 1.2 + 60 / 1.5)
    assert sum_costs([]).seconds == 0


def test_rules_follow_each_other_and_jobs_share_the_cores():
    costs = [("a", JobCost(seconds, 0)) for seconds in (3, 3, 2)] + [
        ("b", JobCost(4, 0, threads=2))
    ]
    costs.append(("c", None))
    assert wall_seconds(costs, cores=1) == 12
    assert wall_seconds(costs, cores=2) == 5 + 4  # 3 and 3, then 2
    assert wall_seconds(costs, cores=100) == 3 + 4
