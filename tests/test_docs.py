"""What the documentation says can be done can be done."""

import ast
import csv
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib

import numpy as np
import pytest
import yaml
from snakemake.utils import update_config

from teachtext.cli import main
from teachtext.config.checks import load_config
from teachtext.interop.hub.hub import HubModel
from teachtext.models.checkpoint import load_model
from teachtext.models.inputs import load_set
from teachtext.runtime.progress import read_record
from teachtext.store.tokens import read_tokens
from tests.support.configurations import on_authors_features
from tests.support.documentation import (
    NOT_RUN,
    PAGES,
    SNIPPETS_NOT_RUN,
    blocks_of,
    commands_of,
    copy_checkout,
    follow,
    reason_not_run,
    run_block,
)
from tests.support.running import ENVIRONMENT, ROOT, command
from tests.support.toy_sets import similarities
from tests.support.written import LAYERS, STAGES, WRITTEN_RULES

COMMANDS = [shlex.split(command) for page in PAGES for command in commands_of(page)]
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
SNIPPETS = [block.text for block in BLOCKS if block.language == "python" and not block.table]
LONG_RULES = (
    *("render_demo", "probe_videos", "index_videos", "decode_videos"),
    *("extract_expert", "index_experts", "embed_captions", "train_teacher", "train_student"),
    *("train_pruned", "compute_similarities", "denoise_captions", "evaluate_model"),
)
"""Those that take more than ten seconds on the videos of some archive."""
WHOLE_RUNS = ("own-videos.md", "adding-an-expert.md", "adding-a-text-encoder.md", "resuming.md")
OURS = [command for command in COMMANDS if command[0] == "teachtext"]
LINKING = [*PAGES, ROOT / "CONTRIBUTING.md"]
PRESETS = sorted({word for command in COMMANDS for word in command if "workflow/presets" in word})
REPRODUCE = (ROOT / "docs/reproduce.md").read_text()
OVERLAYS = re.findall(r"^```yaml\n(# .*? laid over .*?)^```", REPRODUCE, re.M | re.S)


def test_the_pages_have_commands():
    assert {command[1] for command in OURS} >= {"import-dataset", "import-features"}
    assert len(PRESETS) > 3
    assert len(OVERLAYS) == 2


@pytest.mark.parametrize("command", OURS, ids=" ".join)
def test_options_in_the_documentation_exist(command, capsys):
    with pytest.raises(SystemExit):
        main([command[1], "--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert {word for word in command if word.startswith("--")} <= known


@pytest.mark.parametrize("path", PRESETS)
def test_presets_in_the_documentation_exist(path):
    assert (ROOT / path).is_file()


@pytest.mark.parametrize(
    "overlay",
    re.findall(
        r"^```yaml\n(# .*? laid over .*?)^```",
        (ROOT / "docs/reproduce.md").read_text(),
        re.M | re.S,
    ),
    ids=lambda overlay: overlay.split(",")[0],
)
def test_files_in_reproduce_fit_over_the_presets(overlay):
    values: dict = {}
    for path in (ROOT / "config.yaml", *on_authors_features("msrvtt-full")):
        update_config(values, yaml.safe_load(path.read_text()))
    update_config(values, yaml.safe_load(overlay))
    load_config(values)


@pytest.mark.parametrize("pattern", NOT_RUN)
def test_what_is_not_run_is_still_in_the_documentation(pattern):
    commands = [shlex.join(command).replace("'", "") for command in COMMANDS]
    assert any(re.fullmatch(pattern, command) for command in commands)


@pytest.mark.parametrize("words", SNIPPETS_NOT_RUN)
def test_what_is_only_compiled_is_still_in_the_documentation(words):
    assert any(words in snippet for snippet in SNIPPETS)


@pytest.mark.parametrize("text", SNIPPETS, ids=lambda text: text.split("\n")[0])
def test_python_in_the_documentation_is_python(text):
    compile(text, "a page", "exec")


def prose_of(page):
    """The text of a page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)


def headings_of(page):
    """What GitHub calls the headings of a page in links."""
    headings = re.findall(r"^#+ (.*)", prose_of(page), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", LINKING, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page):
    broken = []
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", prose_of(page)):
        name, _, heading = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (heading and heading not in headings_of(target)):
            broken.append(link)
    assert broken == []


def names_in(module):
    """Functions, classes and their methods, and constants that a module defines."""
    tree = ast.parse(module.read_text())
    targets = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            inner = [each.name for each in ast.walk(node) if isinstance(each, ast.FunctionDef)]
            names |= {node.name, *(f"{node.name}.{name}" for name in inner)}
    return names


@pytest.mark.parametrize("page", LINKING, ids=lambda page: page.name)
def test_code_that_a_page_links_to_has_the_name(page):
    links = re.findall(r"\[`([\w.]+)`\]\(([^)]+\.py)\)", page.read_text())
    assert [link for link in links if link[0] not in names_in(page.parent / link[1])] == []


@pytest.mark.parametrize("page", LINKING, ids=lambda page: page.name)
def test_files_that_a_page_names_are_there_or_made_by_a_page(page):
    folders = "benchmarks|docs|envs|profiles|teachtext|tests|workflow"
    named = set(re.findall(rf"\b(?:{folders})/[\w./-]+\.\w+", page.read_text()))
    made = {block.file for block in BLOCKS}
    missing = {name for name in named - made if not (ROOT / name).exists()}
    assert [name for name in missing if "verb_noun" not in name] == []


def test_readme_is_read_in_a_few_minutes():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 200


def test_readme_names_every_package():
    (tree,) = re.findall(r"^teachtext/ .*?^tests/", (ROOT / "README.md").read_text(), re.M | re.S)
    names = [line.strip().partition("  ")[0].split() for line in tree.splitlines()[1:-1]]
    packages = {path.parent.name for path in (ROOT / "teachtext").glob("*/__init__.py")}
    assert {name.partition("/")[0] for line in names for name in line} == packages


def test_the_layers_of_the_architecture_are_those_that_a_test_holds():
    page = (ROOT / "docs/architecture.md").read_text()
    (picture,) = re.findall(r"^```text\n(cli .*?)^```", page, re.M | re.S)
    drawn = [re.split(r"  +", line)[0].split(" · ") for line in picture.splitlines()]
    assert [layer for row in reversed(drawn) for layer in row] == LAYERS


def test_contributing_explains_every_marker():
    table = (ROOT / "CONTRIBUTING.md").read_text()
    markers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    names = {marker.partition(":")[0] for marker in markers["markers"]}
    assert names <= set(re.findall(r"`(\w+)`", table))


def test_the_picture_shows_every_stage_and_rule():
    drawn = subprocess.run(
        [sys.executable, str(ROOT / "docs/draw_dag.py")], capture_output=True, text=True, check=True
    ).stdout
    assert (ROOT / "docs/dag.svg").read_text() == drawn, "python docs/draw_dag.py > docs/dag.svg"
    words = set(re.findall(r">(\w+)</text>", drawn))
    assert words == {*WRITTEN_RULES, *STAGES} - {"common"}
    assert "](docs/dag.svg)" in (ROOT / "README.md").read_text()


def reachable(edges):
    """All pairs of which the second is reached from the first."""
    pairs = set(edges)
    while more := {(a, d) for a, b in pairs for c, d in pairs if b == c} - pairs:
        pairs |= more
    return {(a, b) for a, b in pairs if a != b}


@pytest.mark.e2e
def test_the_arrows_of_the_picture_are_snakemakes(tmp_path):
    told = subprocess.run(
        command(tmp_path, "--rulegraph"),
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rules = dict(re.findall(r'(\d+)\[label *= *"(\w+)', told))
    stages = {number: WRITTEN_RULES[rule][0] for number, rule in rules.items() if rule != "all"}
    real = {
        (stages[a], stages[b])
        for a, b in re.findall(r"(\d+) -> (\d+)", told)
        if {a, b} <= stages.keys() and stages[a] != stages[b]
    }
    assert len(real) > 10
    drawn = runpy.run_path(str(ROOT / "docs/draw_dag.py"))["EDGES"]
    # the similarities of a student that teaches are computed by a rule of the teachers
    assert real <= reachable(drawn) | {("students", "teachers")}
    known = {edge for edge in drawn if set(edge) <= set(stages.values())}
    assert known <= reachable(real)


@pytest.fixture(scope="session")
def demo(made_once):
    """A small checkout in which the demo has run."""
    return made_once("checkout", run_demo)


def run_demo(folder):
    copy_checkout(folder)
    run_block(folder, "snakemake", "--cores", "2")


@pytest.fixture
def checkout(demo, tmp_path):
    """A copy of it, and videos of somebody's own."""
    folder = tmp_path / "checkout"
    shutil.copytree(demo, folder, symlinks=True)
    own = folder / "data/mine"
    own.mkdir()
    shutil.copytree(demo / "data/demo/videos", own / "videos")
    with (demo / "data/demo/videos.csv").open(newline="") as stream:
        files = {row["video_id"]: row["path"].split("/")[-1] for row in csv.DictReader(stream)}
    with (demo / "data/demo/captions.csv").open(newline="") as stream:
        captions = [(files[row["video_id"]], row["caption"]) for row in csv.DictReader(stream)]
    with (own / "descriptions.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("file", "caption"), *captions])
    return folder


@pytest.mark.docs
@pytest.mark.e2e
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_runs(page, checkout):
    ran = follow(page, checkout)
    asked = [command for command in commands_of(page) if reason_not_run(command) is None]
    assert set(asked) <= set(ran)
    assert ran or page.name not in WHOLE_RUNS


@pytest.mark.docs
@pytest.mark.e2e
def test_the_status_of_a_finished_run_is_that_it_is_done(demo):
    told = run_block(demo, "teachtext", "status")
    assert told.endswith("Time left: none, everything is there.\n"), told


@pytest.mark.docs
@pytest.mark.e2e
@pytest.mark.parametrize("rule", LONG_RULES)
def test_every_long_stage_tells_how_far_it_is(demo, rule):
    logs = list((demo / "logs" / rule).rglob("*.log"))
    assert logs
    assert [log for log in logs if read_record(log.with_suffix(".jsonl")) is None] == []


@pytest.mark.docs
@pytest.mark.e2e
def test_an_exported_model_tells_nothing_of_the_data_and_scores_the_same(demo, tmp_path):
    source = "results/models/teachtext/0"
    run_block(demo, "teachtext", "export", "teachtext", str(tmp_path / "out"))
    told = "".join((tmp_path / "out" / name).read_text() for name in ("README.md", "config.json"))
    with (demo / "data/demo/captions.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    secrets = {row[column] for row in rows for column in ("video_id", "caption", "caption_id")}
    assert [secret for secret in secrets if secret in told] == []
    assert str(demo) not in told

    (trained, card), loaded = load_model(demo / source), HubModel.from_pretrained(tmp_path / "out")
    stores = {
        name: sorted((demo / "results/experts" / name).glob("*.zarr")) for name in card.experts
    }
    tokens = read_tokens(demo / f"results/text/{card.text_encoder}.parquet")
    data = load_set(tokens, stores, "test", architecture=card.architecture)
    assert np.array_equal(similarities(loaded.network, data), similarities(trained, data))
