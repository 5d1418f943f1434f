import json
import subprocess
import sys
from pathlib import Path

import pytest

from teachtext.config import json_schema, load_config
from teachtext.errors import ConfigError

ROOT = Path(__file__).parent.parent


def test_the_shipped_config_is_valid(shipped_config):
    config = load_config(shipped_config)
    assert config.used_experts() == ["appearance", "audio", "motion", "ocr", "speech"]
    assert config.section("appearance-teachvideo") == "pruned"
    assert config.experts_of("appearance-teachvideo") == ["appearance"]


def test_the_schema_file_does_not_drift():
    kept = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text())
    assert kept == json.loads(json_schema()), "run `make schema`"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("training", "epochs"), 0, ["training.epochs", "greater than 0", "got 0"]),
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
        (("models", "video_clusters"), {"smell": 2}, ["'smell'", "appearance"]),
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


def test_a_missing_key_is_named(shipped_config):
    del shipped_config["training"]["margin"]
    with pytest.raises(ConfigError, match=r"training\.margin is missing"):
        load_config(shipped_config)


def test_null_removes_an_entry(shipped_config):
    shipped_config["students"]["baseline"] = None
    assert "baseline" not in load_config(shipped_config).rows()


def test_a_row_overrides_training(shipped_config):
    shipped_config["students"]["baseline"]["training"] = {"epochs": 3}
    config = load_config(shipped_config)
    assert config.training_of("baseline").epochs == 3
    assert config.training_of("teachtext").epochs == shipped_config["training"]["epochs"]


def test_the_configuration_needs_only_pydantic():
    """Snakemake's own environment has neither NumPy nor torch."""
    blocked = (
        "import sys; sys.modules |= dict.fromkeys(['numpy', 'torch', 'pyarrow', 'zarr', 'av'])"
    )
    loads = "import teachtext.config, teachtext.dataset"
    subprocess.run([sys.executable, "-c", f"{blocked}; {loads}"], check=True)


def test_a_request_holds_all_that_decides_the_features(shipped_config):
    config = load_config(shipped_config)
    speech, motion = config.request("speech"), config.request("motion")
    assert speech.text_encoder == config.text["wordllama"]
    assert (speech.short_side, motion.short_side) == (None, 240)
    assert motion.settings.fps == 6
