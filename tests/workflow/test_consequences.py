"""Every key of config.yaml is changed over a finished run; Snakemake plans what the table says."""

import copy
import json
import re
import runpy

import pytest
import yaml

from tests.support import whole_run
from tests.support.changes_of_keys import CHANGES
from tests.support.plan import plan, write_distribution
from tests.support.running import ROOT

CONSEQUENCES = yaml.safe_load((ROOT / "workflow/schemas/consequences.yaml").read_text())
SCHEMA = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text())
NAMES = {"experts": "{expert}", "text": "{text_encoder}", "denoise": "{captions}"}
"""Section whose keys are names -> what the table calls them; of others ``{model}``."""
NOT_CHANGED = {"pruned.{model}.strategy"}
"""Keys that have one value."""


def keys_of(schema, path=()):
    """The keys of a part of the schema, as the table writes them."""
    if "$ref" in schema:
        return keys_of(SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], path)
    options = [part for word in ("anyOf", "oneOf") for part in schema.get(word, [])]
    found = {key for option in options for key in keys_of(option, path)}
    for name, part in schema.get("properties", {}).items():
        found |= keys_of(part, (*path, name))
    if len(path) == 1:
        for entries in schema.get("patternProperties", {}).values():
            found |= keys_of(entries, (*path, NAMES.get(path[0], "{model}")))
    longer = {key for key in found if key != ".".join(path)}
    return longer or {".".join(path)}


def key_of_change(change):
    """The table's name for a key with an entry's name in it."""
    section, _, rest = change.partition(".")
    if section in (*NAMES, "teachers", "students", "pruned", "zero_shot", "released"):
        return f"{section}.{NAMES.get(section, '{model}')}.{rest.partition('.')[2]}"
    return change


def test_every_key_has_its_consequences():
    assert keys_of(SCHEMA) == set(CONSEQUENCES)


def test_every_key_is_changed():
    demo = {key for key in CONSEQUENCES if key.startswith("demo.")}
    assert {key_of_change(change) for change in CHANGES} | demo | NOT_CHANGED == set(CONSEQUENCES)


def changed(change, value):
    """The configuration of the run with another value; see ``CHANGES``."""
    config = copy.deepcopy(whole_run.CONFIG)
    *parents, key = change.split(".")
    place = config
    for parent in parents[:-1]:
        place = place[parent]
    if parents and isinstance(value, dict) and key in value:
        whole = len(parents) == 2 or parents[0] == "report"
        place[parents[-1]] = value if whole else {**place[parents[-1]], **value}
        return config
    (place[parents[-1]] if parents else place)[key] = value
    return config


@pytest.fixture(scope="module")
def finished(whole, tmp_path_factory):
    """A finished run, beside whose data lie the files that changes name."""
    folder = whole_run.copy_run(whole, tmp_path_factory.mktemp("consequences") / "run")
    data = folder / "data"
    header, rows = whole_run.read_rows(data / "videos.csv")
    whole_run.write_rows(data / "reversed.csv", header, rows[::-1])
    header, rows = whole_run.read_rows(data / "captions.csv")
    rows[0][1] = "a cat runs"
    whole_run.write_rows(data / "edited.csv", header, rows)
    (data / "more-words.txt").write_text("a 1 0\ndog 0 1\ncat 1 1\nold 0 0\n")
    whole_run.write_scores(data / "other-scores.parquet", seed=1)
    (data / "other.pth").write_bytes((data / "ce.pth").read_bytes() + b"0")
    return folder


@pytest.mark.e2e
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_key_has_those_consequences_and_no_others(change, finished, tmp_path):
    entry = change.split(".")[1] if "{" in key_of_change(change) else ""
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(changed(change, CHANGES[change])))
    told = plan(finished, config)
    roots = [re.sub(r"{\w+}", entry, rule) for rule in CONSEQUENCES[key_of_change(change)]]
    first = {job for root in roots for job in told.named(root)}
    assert told.runs == told.below({*first, *told.new, "write_report"})


DEMO_KEYS = sorted(key for key in CONSEQUENCES if key.startswith("demo."))


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A demo of which nothing but the clips is there, beside what other entries import."""
    folder = tmp_path_factory.mktemp("demo")
    whole_run.write_data(folder)
    tables = {"videos": "data/demo/videos.csv", "captions": "data/demo/captions.csv"}
    config = whole_run.CONFIG | {
        "dataset": {
            "name": "demo",
            "shards": {"trainval": 1, "test": 1, "none": 1},
            "paragraphs": False,
        }
        | tables
    }
    whole_run.write_config(folder, config)
    whole_run.run_all(folder, "data/demo/videos.csv")
    return folder


@pytest.mark.e2e
@pytest.mark.parametrize("key", [None, *DEMO_KEYS])
def test_the_demo_is_rendered_again_when_its_settings_change(key, rendered, tmp_path):
    demo = {key.partition(".")[2]: 5} if key else {}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"demo": demo}))
    told = plan(rendered, tmp_path / "config.yaml")
    roots = CONSEQUENCES[key] if key else []
    assert told.runs & {"render_demo"} == set(roots)


@pytest.mark.e2e
def test_the_demo_is_rendered_again_with_another_ffmpeg(rendered, tmp_path):
    write_distribution(tmp_path, "imageio-ffmpeg", "0.1")
    assert "render_demo" in plan(rendered, packages=tmp_path).runs


def test_the_documentation_has_the_table():
    functions = runpy.run_path(str(ROOT / "docs/write_consequences.py"))
    assert functions["page"]() == (ROOT / "docs/resuming.md").read_text()
