import json
import subprocess
import sys

import pytest

from teachtext.config.checks import load_config
from teachtext.config.whole import json_schema
from teachtext.errors import ConfigError
from teachtext.tables.checks import ValUser
from tests.support.running import ROOT

NOTHING = {"name": "x", "videos": None, "captions": None, "paragraphs": False}
NOTHING |= {"shards": {"trainval": 1, "test": 1, "none": 1}}


def test_the_shipped_config_is_valid(shipped_config):
    config = load_config(shipped_config)
    assert config.used_experts() == ["appearance", "audio", "motion", "ocr", "speech"]
    assert config.section("appearance-teachvideo") == "pruned"
    assert config.experts_of("appearance-teachvideo") == ["appearance"]


def test_without_captions_all_experts_look_and_nothing_is_trained(shipped_config):
    shipped_config["dataset"]["captions"] = None
    config = load_config(shipped_config)
    assert config.used_experts() == ["appearance", "audio", "motion", "ocr", "speech"]
    assert (config.evaluated(), config.indexed(), config.denoise) == ({}, [], {})


def test_the_schema_file_does_not_drift():
    kept = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text())
    assert kept == json.loads(json_schema()), "run `make schema`"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("training", "epochs"), 0, ["training.epochs", "greater than 0", "got 0"]),
        (("seeds",), [0, 1, 0], ["seeds: seed 0 is there twice; remove one", "got [0, 1, 0]"]),
        (("training", "epoch"), 3, ["training.epoch", "not a known key"]),
        (("experts", "motion", "network"), "foo", ["'foo'", "optical-flow"]),
        (("experts", "ocr", "text_encoder"), "bart", ["'bart'", "glove, wordllama, minilm"]),
        (("text", "glove", "encoder"), "foo", ["'foo'", "minilm"]),
        (("students", "teachtext", "teachers"), ["foo"], ["students.teachtext", "'foo'"]),
        (("students", "baseline", "text_encoder"), "foo", ["students.baseline", "'foo'"]),
        (("students", "baseline", "captions"), "foo", ["'foo'", "clean"]),
        (("students", "baseline", "training"), {"epochs": 0}, ["students.baseline", "epochs"]),
        (("pruned", "baseline"), {"text_encoder": "glove"}, ["two models", "'baseline'"]),
        (("teachers", "teacher-glove", "teachers"), ["teachtext"], ["wait for each other"]),
        (
            ("pruned", "appearance-teachvideo", "teachers"),
            [{"model": "appearance-teachvideo", "seeds": [7]}],
            ["appearance-teachvideo -> appearance-teachvideo", "Remove one"],
        ),
        (
            ("students", "teachtext", "teachers"),
            ["teacher-glove", {"model": "teacher-glove", "seeds": [1]}],
            ["students.teachtext.teachers", "'teacher-glove' twice", "seeds: [0, 1]"],
        ),
        (
            ("students", "teachtext", "teachers"),
            [{"model": "teacher-glove"}],
            ["students.teachtext.teachers.0.seeds is missing"],
        ),
        (
            ("students", "teachtext", "teachers"),
            [{"model": "teacher-glove", "seeds": [1, 1]}],
            ["teachers.0.seeds", "twice", "got [1, 1]"],
        ),
        (
            ("denoise", "clean", "teachers"),
            [{"model": "foo", "seeds": [1]}],
            ["denoise.clean.teachers", "'foo'", "teacher-glove"],
        ),
        (
            ("pruned", "lean"),
            {"text_encoder": "minilm", "keep": 6, "strategy": "backward"},
            ["pruned.lean.keep is 6", "5 experts", "from 1 to 5"],
        ),
        (
            ("pruned", "lean"),
            {"text_encoder": "minilm", "keep": 0, "strategy": "backward"},
            ["pruned.lean.keep", "greater than 0", "got 0"],
        ),
        (
            ("pruned", "lean"),
            {"text_encoder": "minilm", "keep": 1, "strategy": "forward"},
            ["pruned.lean.strategy", "'backward'", "got 'forward'"],
        ),
        (
            ("pruned", "lean"),
            {"text_encoder": "minilm", "keep": 1},
            ["pruned.lean.strategy is missing"],
        ),
        (("models", "video_clusters"), {"smell": 2}, ["'smell'", "appearance"]),
        (("experts", "motion"), {"fps": 2}, ["experts.motion", "neither network nor import"]),
        (("experts", "motion", "import"), "m.npz", ["experts.motion", "import and network"]),
        (("experts", "motion"), {"import": ""}, ["experts.motion.import", "1 character"]),
        (("experts", "motion", "fps"), 0, ["experts.motion.fps", "greater than 0"]),
        (
            ("teachers", "teacher-glove", "import"),
            "s.parquet",
            ["teachers.teacher-glove", "import and text_encoder"],
        ),
        (("teachers", "teacher-glove"), {}, ["teachers.teacher-glove.text_encoder is missing"]),
        (("students", "baseline"), {"import": "s"}, ["students.baseline", "text_encoder"]),
        (("dataset", "videos"), None, ["dataset.videos is null", "experts.appearance has"]),
        (("dataset",), NOTHING, ["dataset.videos and dataset.captions are null"]),
    ],
)
def test_a_mistake_is_named_in_one_line(shipped_config, path, value, words):
    target = shipped_config
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(ConfigError) as caught:
        load_config(shipped_config)
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in words), caught.value


LEAN = {"text_encoder": "minilm", "teachers": ["teachtext"], "keep": 1, "strategy": "backward"}


def test_a_pruning_trains_models_that_are_not_written_down(shipped_config):
    shipped_config["pruned"] = {"lean": LEAN, "seeing": {**LEAN, "experts": ["motion", "ocr"]}}
    config = load_config(shipped_config)
    assert not {"lean", "seeing"} & set(config.trained())
    assert config.experts_of("lean") == ["appearance", "audio", "motion", "ocr", "speech"]
    assert config.experts_of("seeing") == ["motion", "ocr"]
    assert config.experts_of("lean+audio+ocr") == ["audio", "ocr"]
    assert config.ranked_by("lean+audio") == ["teachtext"]
    assert config.ranked_by("lean@baseline+audio") == []
    assert config.section("lean+audio") == "pruned"


def test_what_a_pruning_overrides_holds_for_its_models(shipped_config):
    shipped_config["pruned"] = {"lean": {**LEAN, "training": {"epochs": 3}}}
    assert load_config(shipped_config).training_of("lean@baseline+motion").epochs == 3


def test_experts_of_a_pruning_alone_are_used(shipped_config):
    shipped_config |= {"teachers": {}, "denoise": {}, "students": {}}
    shipped_config["pruned"] = {"lean": {**LEAN, "teachers": [], "experts": ["motion"]}}
    assert load_config(shipped_config).used_experts() == ["motion"]


def test_a_pruning_is_no_teacher(shipped_config):
    shipped_config["pruned"]["lean"] = LEAN
    shipped_config["students"]["baseline"]["teachers"] = ["lean"]
    with pytest.raises(ConfigError, match=r"students\.baseline\.teachers names 'lean'"):
        load_config(shipped_config)


def test_a_pruning_waits_for_its_teachers_only(shipped_config):
    shipped_config["pruned"]["lean"] = {**LEAN, "teachers": ["appearance-teachvideo"]}
    assert load_config(shipped_config).ranked_by("lean+ocr") == ["appearance-teachvideo"]


def test_names_that_make_too_long_files_are_refused(shipped_config):
    shipped_config["pruned"]["l" * 180] = LEAN
    with pytest.raises(ConfigError, match=r"file names of \d+ characters, 200 are allowed"):
        load_config(shipped_config)


def test_a_missing_key_is_named(shipped_config):
    del shipped_config["training"]["margin"]
    with pytest.raises(ConfigError, match=r"training\.margin is missing"):
        load_config(shipped_config)


def test_null_removes_an_entry(shipped_config):
    shipped_config["students"]["baseline-clean"] = None
    assert "baseline-clean" not in load_config(shipped_config).trained()


def test_an_expert_is_extracted_or_imported(shipped_config):
    shipped_config["experts"]["audio"] |= {"import": "a b.npz", "network": None}
    config = load_config(shipped_config)
    assert config.imported_experts() == {"audio": "a b.npz"}
    assert list(config.extracted_experts()) == ["appearance", "motion", "ocr", "speech"]
    assert config.used_experts() == ["appearance", "audio", "motion", "ocr", "speech"]


def test_features_alone_need_no_videos(shipped_config):
    shipped_config["experts"] = {
        name: {"import": f"{name}.npz"} for name in shipped_config["experts"]
    }
    shipped_config["dataset"]["videos"] = None
    assert not load_config(shipped_config).extracted_experts()


def test_an_imported_teacher_teaches_and_is_no_model(shipped_config):
    shipped_config["teachers"]["teacher-glove"] = {"import": "s.parquet"}
    config = load_config(shipped_config)
    assert config.imported_teachers() == {"teacher-glove": "s.parquet"}
    assert "teacher-glove" not in config.trained()
    assert "teacher-glove" in config.ranked_by("teachtext-clean")


def test_a_model_overrides_training(shipped_config):
    shipped_config["students"]["baseline"]["training"] = {"epochs": 3}
    config = load_config(shipped_config)
    assert config.training_of("baseline").epochs == 3
    assert config.training_of("teachtext").epochs == shipped_config["training"]["epochs"]


def test_students_and_pruned_students_may_teach(shipped_config):
    shipped_config["students"]["late"] = {
        "text_encoder": "minilm",
        "teachers": ["teachtext", {"model": "appearance-teachvideo", "seeds": [5]}],
        "captions": "clean",
    }
    config = load_config(shipped_config)
    assert config.ranked_by("late")[:2] == ["teachtext", "appearance-teachvideo"]
    shipped_config["teachers"]["teacher-glove"]["teachers"] = ["late"]
    with pytest.raises(ConfigError, match="models wait for each other: teacher-glove -> late -> "):
        load_config(shipped_config)


def test_a_name_alone_is_a_teacher_of_the_seed_that_is_trained(shipped_config):
    several = {"model": "teacher-glove", "seeds": [0, 4]}
    shipped_config["students"]["teachtext"]["teachers"] = [several, "baseline"]
    model = load_config(shipped_config).trained()["teachtext"]
    assert [(teacher.model, teacher.seeds) for teacher in model.teachers] == [
        ("teacher-glove", [0, 4]),
        ("baseline", None),
    ]


def test_weights_are_one_per_teacher_however_many_seeds(shipped_config):
    model = shipped_config["students"]["teachtext"]
    model["teachers"] = [{"model": "teacher-glove", "seeds": [0, 1, 2]}, "baseline"]
    model["training"] = {"teacher_aggregation": [3, 1]}
    assert load_config(shipped_config).training_of("teachtext").teacher_aggregation == [3, 1]
    model["training"] = {"teacher_aggregation": [1, 1, 1, 1]}
    with pytest.raises(ConfigError, match=r"has 2 teachers, but .* has 4 weights"):
        load_config(shipped_config)


def test_the_configuration_needs_only_pydantic():
    """Snakemake's own environment has neither NumPy nor torch."""
    blocked = (
        "import sys; sys.modules |= dict.fromkeys(['numpy', 'torch', 'pyarrow', 'zarr', 'av'])"
    )
    loads = "import teachtext.config.whole, teachtext.tables.dataset"
    subprocess.run([sys.executable, "-c", f"{blocked}; {loads}"], check=True)


def test_a_request_holds_all_that_decides_the_features(shipped_config):
    config = load_config(shipped_config)
    speech, motion = config.request("speech"), config.request("motion")
    assert speech.text_encoder == config.text["wordllama"]
    assert (speech.short_side, motion.short_side) == (None, 240)
    assert motion.settings.fps == 6


@pytest.mark.parametrize("left", [{"baseline": "CE+"}, {}])
def test_published_rows_may_be_left_out_by_a_second_file(left, shipped_config):
    rows = {"teachtext": None, **left}
    shipped_config["report"]["published"] = {"benchmark": "msrvtt-full", "rows": rows}
    assert load_config(shipped_config).report.published.rows == left


@pytest.mark.parametrize(
    ("published", "words"),
    [
        ({"benchmark": "msvd", "rows": {"baselin": "CE"}}, ["'baselin'", "teachtext-clean"]),
        ({"benchmark": "msvd"}, ["report.published.rows is missing"]),
    ],
)
def test_names_of_published_rows_are_checked(shipped_config, published, words):
    shipped_config["report"]["published"] = published
    with pytest.raises(ConfigError) as caught:
        load_config(shipped_config)
    assert all(word in str(caught.value) for word in words)
    assert "\n" not in str(caught.value)


PRUNING = {"text_encoder": "minilm", "keep": 2, "strategy": "backward"}
BEST, LAST = {"keep_epoch": "best"}, {"keep_epoch": "last"}


@pytest.mark.parametrize(
    ("of_all", "of_baseline", "pruning", "user"),
    [
        ("last", {}, None, None),
        ("last", LAST, None, None),
        ("best", LAST, None, ValUser("teachers.teacher-glove", "training.keep_epoch: last")),
        (
            "last", BEST, PRUNING,
            ValUser("students.baseline", "students.baseline.training.keep_epoch: last"),
        ),
        ("last", {}, PRUNING, ValUser("pruned.lean", "pruned.lean: null")),
    ],
)  # fmt: skip
def test_the_first_that_chooses_by_val(shipped_config, of_all, of_baseline, pruning, user):
    shipped_config["training"]["keep_epoch"] = of_all
    shipped_config["students"]["baseline"]["training"] = of_baseline
    shipped_config["pruned"]["lean"] = pruning
    assert load_config(shipped_config).first_val_user() == user


def test_models_are_the_same_whichever_file_names_an_expert_first(shipped_config):
    models = shipped_config["models"]
    before = load_config(shipped_config).models.model_dump_json()
    models["max_rows"] = dict(reversed(models["max_rows"].items()))
    assert load_config(shipped_config).models.model_dump_json() == before
