from collections import Counter

import pytest

from teachtext.jobs.plan import plan_jobs
from teachtext.store.json_files import write_json
from tests.support.configurations import IMPORTED_ENTRIES, LEAN, tiny_config
from tests.support.running import planned

SEEDS = {
    "students": {"teachtext": {"teachers": [{"model": "teacher-glove", "seeds": [3, 5]}]}},
    "denoise": {"clean": {"teachers": [{"model": "baseline-two", "seeds": [7]}]}},
    "pruned": {"baseline-two": {"text_encoder": "glove", "teachers": ["teacher-glove"]}},
}


LEFT = ["appearance", "audio", "ocr"]


def outputs(jobs):
    return [output for job in jobs for output in job.outputs]


@pytest.mark.e2e
@pytest.mark.parametrize(
    "changes", [{}, IMPORTED_ENTRIES, SEEDS], ids=["demo", "imported", "seeds"]
)
def test_the_plan_is_snakemakes_own(changes, tmp_path):
    rows = "a,a dog,train\nb,a cat,val\nc,a cow,test\n"
    (tmp_path / "captions.csv").write_text(f"video_id,caption,split\n{rows}")
    for name in ("f.npz", "t.parquet", "s.parquet", "m.pth"):
        (tmp_path / name).touch()
    jobs = plan_jobs(tiny_config(changes), tmp_path)
    asked = planned(tmp_path, changes)
    assert len(outputs(jobs)) == len(set(outputs(jobs)))
    assert asked <= set(outputs(jobs))
    assert [job for job in jobs if asked.isdisjoint(job.outputs)] == []


@pytest.mark.e2e
def test_of_a_pruning_snakemake_knows_less(tmp_path):
    found = outputs(plan_jobs(tiny_config(LEAN), tmp_path))
    assert planned(tmp_path, LEAN) <= set(found)


def pruning_jobs(folder):
    jobs = plan_jobs(tiny_config(LEAN), folder)
    return [job for job in jobs if job.stage in ("pruned", "evaluate")]


def test_a_pruning_has_as_many_jobs_whether_or_not_their_names_are_known(tmp_path):
    before = Counter(job.rule for job in pruning_jobs(tmp_path))
    # with teachers: all 5 experts, 5 subsets of 4, 4 of 3; without: what each level leaves;
    # and the two models of the shipped configuration
    assert before["train_pruned"] == (1 + 5 + 4) + 3 + 2
    assert before["prune_expert"] == 2
    folder = tmp_path / "results/pruned/lean"
    folder.mkdir(parents=True)
    for level, left in ((1, ["appearance", "audio", "motion", "ocr"]), (2, LEFT)):
        write_json(folder / f"{level}.json", {"experts": left})
        assert Counter(job.rule for job in pruning_jobs(tmp_path)) == before
    assert all(job.outputs for job in pruning_jobs(tmp_path))
    assert "lean@baseline+appearance+audio+ocr/0" in {job.item for job in pruning_jobs(tmp_path)}


def test_stages_follow_the_data(tmp_path, shipped_config):
    stages = list(dict.fromkeys(job.stage for job in plan_jobs(tiny_config({}), tmp_path)))
    assert stages == [word for word in shipped_config if word in stages]


def test_logs_are_those_of_the_rules(tmp_path):
    logs = {job.log for job in plan_jobs(tiny_config({}), tmp_path)}
    assert {"logs/extract_expert/ocr/test-0.log", "logs/write_report/write_report.log"} <= logs
