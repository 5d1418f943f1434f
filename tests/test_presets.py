import re
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from teachtext.config import load_config

ROOT = Path(__file__).parent.parent
PRESETS = sorted((ROOT / "workflow/presets").glob("*.yaml"))


@pytest.fixture(params=PRESETS, ids=lambda path: path.stem)
def preset(request):
    return request.param


def laid_over(values, path):
    """The configuration as Snakemake merges it."""
    update_config(values, yaml.safe_load(path.read_text()))
    return load_config(values)


def test_there_is_a_preset_for_gpus():
    assert "gpu" in [path.stem for path in PRESETS]


def test_a_preset_over_the_shipped_config_is_valid(preset, shipped_config):
    assert laid_over(shipped_config, preset).used_experts()


def test_alternatives_behind_a_hash_are_valid_too(preset, shipped_config, tmp_path):
    alternative = re.compile(r"^( *)# (\w+: +\{.*\})$", re.M)
    uncommented = alternative.sub(r"\1\2", preset.read_text())
    assert not re.search("^ +# ", uncommented, re.M)
    # A name that is there twice takes its last entry, which is the alternative.
    (tmp_path / "alternatives.yaml").write_text(uncommented)
    assert laid_over(shipped_config, tmp_path / "alternatives.yaml").used_experts()


def test_no_checkpoint_is_meant_to_be_on_this_machine(preset):
    content = yaml.safe_load(preset.read_text())
    entries = [*content["experts"].values(), *content["text"].values()]
    checkpoints = [entry["checkpoint"] for entry in entries if entry and "checkpoint" in entry]
    assert checkpoints
    assert all(checkpoint.count("/") == 1 for checkpoint in checkpoints)
