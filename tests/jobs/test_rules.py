import re
from pathlib import Path

import pytest

from teachtext.jobs.models import DECISION
from teachtext.jobs.rules import RULES, Rules
from teachtext.tables.shards import PORTIONS
from tests.support.configurations import IMPORTED_ENTRIES, LEAN, tiny_config
from tests.support.running import ROOT
from tests.support.written import WRITTEN_RULES as WRITTEN

OUTPUT = re.compile(r"    output:\n((?:        .*\n)+)")


def rules_of(changes, folder=Path("nowhere"), decided=lambda search, level: None):
    return Rules(tiny_config(changes), decided, folder)


def patterns_in(body):
    """What the output of a rule says."""
    patterns = re.findall(r'"((?:results|data)/[^"]+)"', OUTPUT.search(body)[1])
    return tuple(one.replace("{{", "{").replace("}}", "}") for one in patterns)


def test_every_rule_of_the_workflow_is_here_with_its_stage_and_outputs():
    ours = {rule: (job.stage, job.patterns) for rule, job in RULES.items()}
    assert ours == {rule: (stage, patterns_in(body)) for rule, (stage, body) in WRITTEN.items()}


def test_stages_are_in_the_order_of_the_snakefile():
    included = re.findall(r"rules/(\w+)\.smk", (ROOT / "Snakefile").read_text())
    stages = dict.fromkeys(job.stage for job in RULES.values())
    assert ["common", *stages] == included


@pytest.mark.parametrize(
    ("changes", "file", "rule", "item"),
    [
        ({}, "results/models/teachtext/0", "train_student", "teachtext/0"),
        ({}, "results/models/teacher-glove/-3", "train_teacher", "teacher-glove/-3"),
        ({}, "results/models/appearance-baseline/1", "train_pruned", "appearance-baseline/1"),
        (LEAN, "results/models/lean+audio+ocr/1", "train_pruned", "lean+audio+ocr/1"),
        (LEAN, "results/models/lean@baseline+ocr/0", "train_pruned", "lean@baseline+ocr/0"),
        (IMPORTED_ENTRIES, "results/models/theirs/0", "import_checkpoint", "theirs/0"),
        (
            IMPORTED_ENTRIES,
            "results/experts/ocr/trainval-1.zarr",
            "import_expert",
            "ocr/trainval-1",
        ),
        ({}, "results/experts/ocr/test-3.parquet", "extract_expert", "ocr/test-3"),
        ({}, "results/text/glove/test.parquet", "embed_captions", "glove/test"),
        ({}, "data/demo/captions.csv", "render_demo", ""),
    ],
)
def test_each_file_has_its_maker(changes, file, rule, item):
    job = rules_of(changes).maker(file)
    assert (job.rule, job.item()) == (rule, item)
    assert file in job.outputs()


@pytest.mark.parametrize(
    "file", ["captions.csv", "results/models/nobody/0", "results/models/teachtext/x", ""]
)
def test_other_files_have_none(file):
    assert rules_of({}).maker(file) is None


WILDCARDS = {
    **{
        "shard": "test-0",
        "portion": "test",
        "seed": "0",
        "level": "1",
        "search": "lean",
        "captions": "clean",
    },
    **{"expert": "ocr", "text_encoder": "minilm", "model": "teachtext"},
}


@pytest.mark.parametrize("rule", RULES)
def test_no_command_line_grows_with_the_number_of_shards(rule):
    """Linux refuses an argument of more than 128 kB, which is what bash gets: a thousand paths."""
    _, body = WRITTEN[rule]
    named = re.findall(r"{input\.(\w+):q}", body.split("shell:")[1])
    given = {"import_tokens": {"text_encoder": "glove"}, "import_checkpoint": {"model": "theirs"}}
    given["import_similarities"] = {"model": "teacher-wordllama"}
    lengths = []
    for shards in (2, 3000):
        changes = IMPORTED_ENTRIES if rule.startswith(("import", "finetune")) else LEAN
        changes = changes | {
            "dataset": changes.get("dataset", {}) | {"shards": dict.fromkeys(PORTIONS, shards)}
        }
        job = rules_of(changes).job(rule, WILDCARDS | given.get(rule, {}))
        inputs = job.inputs()
        words = [*job.words(inputs), *(file for name in named for file in inputs[name])]
        lengths.append(len(" ".join(words)))
    assert lengths[1] < lengths[0] + 100


def test_a_url_of_features_is_an_option_and_no_input():
    changes = {"experts": {"ocr": {"network": None, "fps": None, "text_encoder": None}}}
    changes["experts"]["ocr"]["import"] = "s3://bucket/ocr.zarr"
    job = rules_of(changes).job("import_expert", {"expert": "ocr", "shard": "test-0"})
    assert job.inputs() == {
        **{"features": [], "videos": ["data/demo/videos.csv"]},
        "captions": ["data/demo/captions.csv"],
    }
    words = " ".join(job.words(job.inputs()))
    assert "--shards trainval=1 test=1 none=1 --features s3://bucket/ocr.zarr --progress " in words


def test_teachers_are_asked_with_their_own_seeds():
    changes = {
        "students": {"teachtext": {"teachers": [{"model": "teacher-glove", "seeds": [3, 5]}]}}
    }
    job = rules_of(changes).job("train_student", {"model": "teachtext", "seed": "0"})
    assert job.inputs()["teachers"] == [
        f"results/similarities/teacher-glove/{seed}.parquet" for seed in (3, 5)
    ]


def test_a_level_tries_to_do_without_each_expert_that_is_left():
    rules = rules_of(LEAN, decided=lambda search, level: ["audio", "motion"])
    job = rules.job("prune_expert", {"search": "lean", "level": "2"})
    seeds = rules.context.config.seeds
    assert job.inputs()["models"] == [
        f"results/models/lean+{expert}/{seed}" for expert in ("motion", "audio") for seed in seeds
    ]
    assert job.outputs() == (DECISION.format(search="lean", level=2),)


def test_what_only_bounds_a_job_decides_nothing():
    before, after = (
        rules_of({"video": {"timeout_seconds": seconds}}).job("probe_videos", {"shard": "test-0"})
        for seconds in (10, 20)
    )
    assert before.follows() == after.follows()
    assert before.words(before.inputs()) != after.words(after.inputs())


def test_a_gpu_is_for_what_is_trained():
    rules = rules_of(IMPORTED_ENTRIES | {"training": {"gpus": 2}})
    gpus = {
        rule: rules.job(rule, {"model": model, "seed": "0"}).gpus()
        for rule, model in [
            ("train_student", "teachtext"),
            ("evaluate_model", "teachtext"),
            ("import_checkpoint", "theirs"),
        ]
    }
    assert gpus == {"train_student": 2, "evaluate_model": 1, "import_checkpoint": 0}
    assert rules.job("evaluate_model", {"model": "theirs", "seed": "0"}).gpus() == 0
