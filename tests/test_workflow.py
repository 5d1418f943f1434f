"""What the workflow would run for a configuration; nothing is run."""

import json
import re

import pytest

from tests.support.running import dry_run, planned

pytestmark = pytest.mark.e2e


def test_seeds_that_only_teach_are_trained_and_nothing_more(tmp_path):
    students = {"teachtext": {"teachers": [{"model": "teacher-glove", "seeds": [3, 5]}]}}
    captions = {"clean": {"teachers": [{"model": "baseline", "seeds": [7]}]}}
    files = planned(tmp_path, {"students": students, "denoise": captions})
    for trained in ("teacher-glove/3", "teacher-glove/5", "baseline/7"):
        assert f"results/models/{trained}" in files
        assert f"results/similarities/{trained}.parquet" in files
        assert f"results/evaluate/{trained}.json" not in files
    assert "results/evaluate/teacher-glove/0.json" in files
    assert "results/models/teachtext/3" not in files


def test_two_thresholds_are_two_sets_and_two_trainings_beside_each_other(tmp_path):
    sets = {
        "clean": {"teachers": ["teacher-glove"]},
        "strict": {"teachers": ["teacher-glove"], "keep_fraction": 0.5},
    }
    students = {f"on-{name}": {"text_encoder": "minilm", "captions": name} for name in sets}
    told = dry_run(tmp_path, {"students": students, "denoise": sets}).splitlines()

    def command(*words):
        (line,) = [line for line in told if all(f" {word} " in f"{line} " for word in words)]
        return line

    for name, threshold in {
        "clean": '"keep_rank_below":1.0',
        "strict": '"keep_fraction":0.5',
    }.items():
        verdicts = f"results/denoise/{name}/0.parquet"
        assert threshold in command("denoise-captions", f"--name {name}", f"--output {verdicts}")
        assert command("train-student", f"--model on-{name}", f"--captions {verdicts}")
        assert command("review-captions", verdicts)


def test_a_pruned_student_may_teach_a_student(tmp_path):
    changes = {"students": {"baseline": {"teachers": ["appearance-baseline"]}}}
    files = planned(tmp_path, changes)
    assert "results/similarities/appearance-baseline/0.parquet" in files
    assert "results/similarities/appearance-baseline/1.parquet" not in files


def test_what_is_not_trained_is_built_and_evaluated_once_for_all_seeds(tmp_path):
    clip = {"checkpoint": "openai/clip-vit-base-patch32"}
    changes = {
        "seeds": [1, 2],
        "experts": {"clip": {"network": "transformers-image", "fps": 1, **clip}},
        "text": {"clip-joint": {"encoder": "joint", "max_tokens": 77, **clip}},
        "students": {"teachtext": {"teachers": ["zero"]}},
        "zero_shot": {"zero": {"text_encoder": "clip-joint", "experts": ["clip"]}},
    }
    files = planned(tmp_path, changes)
    of_it = {name for name in files if "/zero/" in name}
    assert of_it == {
        "results/models/zero/0",
        "results/similarities/zero/0.parquet",
        "results/evaluate/zero/0.json",
        "results/evaluate/zero/0.parquet",
    }
    assert {"results/models/teachtext/1", "results/models/teachtext/2"} <= files


def test_another_ffmpeg_concerns_those_who_listen(tmp_path):
    before = requests_in(dry_run(tmp_path, {}))
    program = tmp_path / "ffmpeg"
    program.write_text("")
    named = requests_in(dry_run(tmp_path, {}, IMAGEIO_FFMPEG_EXE=str(program)))
    program.write_text("of another version")
    replaced = requests_in(dry_run(tmp_path, {}, IMAGEIO_FFMPEG_EXE=str(program)))
    for one, other in ((before, named), (named, replaced)):
        assert {name for name in one if one[name] != other[name]} == {"audio", "speech"}


def requests_in(told):
    """What each expert is asked for."""
    asked = map(json.loads, re.findall(r"extract-expert .*?--request '(.*?)' --work", told))
    return {request["name"]: request for request in asked}
