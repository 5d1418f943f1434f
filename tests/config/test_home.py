import json
import shlex
import subprocess
import sys

import pytest
import yaml

from teachtext.config.home import Home, home_at, home_of_job
from teachtext.config.remembered import RememberedRun, remember
from teachtext.errors import ConfigError, StoreError
from tests.support.running import ENVIRONMENT, ROOT, TINY, read_yaml

MINE = {"name": "mine", "videos": "videos.csv", "captions": "captions.csv"}
DEMO = {"videos": "data/demo/videos.csv", "captions": "data/demo/captions.csv"}


def write_config(folder, **sections):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(sections))


def begin_run(folder, *, typed_in=ROOT, overlays=(), options=("--cores", "4"), **sections):
    """What a run with the shipped configuration, but for some sections, leaves of itself."""
    run = RememberedRun(
        config=read_yaml(ROOT / "config.yaml") | sections,
        overlays=overlays,
        snakefile=str(ROOT / "Snakefile"),
        typed_in=str(typed_in),
        options=options,
    )
    remember(folder / "results", run)


def dataset(**changes):
    return {"name": "demo", "shards": 4, "paragraphs": False, **DEMO, **changes}


@pytest.fixture
def home(tmp_path):
    """A data set's folder, seen from the checkout."""
    return Home(tmp_path, ROOT)


def test_before_any_run_the_folders_file_is_laid_over_the_checkouts(home, tmp_path):
    write_config(tmp_path, dataset=MINE, training={"epochs": 3})
    config = home.config_of_last_run()
    assert (config.dataset.name, config.dataset.shards.trainval) == ("mine", 3)
    assert config.training.epochs == 3
    assert config == home.config_of_next_run()


def test_a_folder_without_a_file_is_the_demos(home):
    assert home.config_of_last_run() == Home(ROOT, ROOT).config_of_next_run()


def test_overlays_lie_over_the_folders_file(tmp_path):
    write_config(tmp_path, dataset=MINE, training={"epochs": 7}, seeds=[5])
    config = Home(tmp_path, ROOT, (TINY,)).config_of_next_run()
    assert (config.training.epochs, config.seeds, config.dataset.name) == (3, [0], "mine")


def test_the_last_run_is_remembered_when_its_files_are_others(home, tmp_path):
    begin_run(tmp_path, seeds=[3])
    write_config(tmp_path, seeds=[9])
    assert home.config_of_last_run().seeds == [3]
    assert home.config_of_next_run().seeds == [9]
    assert Home(tmp_path, ROOT, (TINY,)).config_of_last_run().seeds == [0]


def test_the_next_run_has_the_overlays_of_the_last(home, tmp_path):
    begin_run(tmp_path, overlays=[str(TINY)])
    assert home.config_of_next_run().training.epochs == 3
    begin_run(tmp_path, overlays=[str(tmp_path / "gone.yaml")])
    with pytest.raises(ConfigError, match=r"Cannot read .*gone\.yaml: .* Give a YAML file"):
        home.config_of_next_run()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"config": {}}'])
def test_what_is_remembered_and_damaged_is_one_line(home, content):
    home.results.mkdir()
    (home.results / "run.json").write_text(content)
    with pytest.raises(StoreError, match=r"run\.json is damaged\. Delete it: the next run"):
        home.config_of_last_run()
    assert home.complete("Run snakemake.").startswith("Run `snakemake --cores all")


@pytest.mark.parametrize(
    ("sections", "problem"),
    [
        ({"trainings": {}}, "trainings is not a known key"),
        ({"video": {"fps": 3}}, "video.fps is not a known key"),
        ({"experts": {"motion": {"fps": -1}}}, "experts.motion.fps: Input should be greater"),
        ({"students": {"v1.5": {"text_encoder": "foo"}}}, "students.v1.5.text_encoder names"),
    ],
)
def test_a_file_of_an_older_version_is_named(tmp_path, monkeypatch, sections, problem):
    write_config(tmp_path / "mine", **sections)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as raised:
        home_at(tmp_path / "mine").config_of_next_run()
    assert str(raised.value).startswith(f"mine/config.yaml: {problem}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", ["[1]", "a", "a: [", "\xff"])
def test_a_file_that_is_none_is_named(home, tmp_path, content):
    (tmp_path / "config.yaml").write_bytes(content.encode("latin-1"))
    with pytest.raises(ConfigError, match=rf"{tmp_path}/config\.yaml.*Give a YAML file"):
        home.config_of_next_run()


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match="none is no folder"):
        home_at(tmp_path / "none")


@pytest.mark.parametrize(
    "changes",
    [{}, {"name": "renamed"}, {"videos": "v.csv"}, {"videos": "v.csv", "captions": "c.csv"}],
)
def test_the_same_data_set_may_be_renamed_and_its_tables_may_move(home, tmp_path, changes):
    begin_run(tmp_path)
    write_config(tmp_path, dataset=changes)
    home.config_of_next_run()


def refused(home):
    with pytest.raises(ConfigError) as raised:
        home.config_of_next_run()
    return str(raised.value)


def test_another_data_set_is_told_whose_the_results_are(home, tmp_path):
    begin_run(tmp_path)
    write_config(tmp_path, dataset=MINE)
    told = refused(home)
    assert "results is of the data set 'demo' ('data/demo/videos.csv', 'data/demo/cap" in told
    assert "the configuration of 'mine' ('videos.csv', 'captions.csv')" in told
    assert f"type your command again: mv {tmp_path}/results {tmp_path}/results-demo (" in told
    (tmp_path / "results").rename(tmp_path / "results-demo")
    assert home.config_of_next_run().dataset.name == "mine"
    begin_run(tmp_path)
    assert f"results {tmp_path}/results-demo-before (" in refused(home)


def test_a_name_that_is_no_folders_moves_results_too(home, tmp_path):
    begin_run(tmp_path, dataset=dataset(name="../a b"))
    write_config(tmp_path, dataset=MINE)
    assert f"mv {tmp_path}/results {tmp_path}/results-..-a-b (" in refused(home)


def test_results_of_a_run_that_goes_on_are_not_moved_away(home, tmp_path):
    begin_run(tmp_path)
    write_config(tmp_path, dataset=MINE)
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / ".snakemake/locks/0.output.lock").touch()
    assert "Once no snakemake runs there any more, keep them elsewhere and type" in refused(home)


def test_a_file_without_anything_is_none(home, tmp_path):
    (tmp_path / "config.yaml").write_text("# nothing differs\n")
    assert home.own_file(ROOT) is None
    assert home.config_of_next_run().dataset.name == "demo"
    assert Home(ROOT, ROOT).own_file(ROOT) is None


def test_a_new_name_for_other_tables_is_possible_on_purpose(home, tmp_path):
    begin_run(tmp_path)
    write_config(tmp_path, dataset=MINE)
    memory = refused(home).rpartition("rm ")[2].rstrip(")")
    (word,) = shlex.split(memory)
    (tmp_path / word).unlink()
    assert home.config_of_next_run().dataset.name == "mine"


def test_a_data_set_with_a_folder_of_its_own_is_told_the_command(tmp_path):
    begin_run(tmp_path)
    write_config(tmp_path / "it's mine", dataset=MINE)
    paths = {key: f"it's mine/{MINE[key]}" for key in ("videos", "captions")}
    write_config(tmp_path, dataset=MINE | paths)
    told = refused(Home(tmp_path, ROOT))
    folder = shlex.quote(str(tmp_path / "it's mine"))
    assert f"paths of its tables count: snakemake --cores all --directory {folder} (" in told


COMMANDS = {
    "Type `teachtext status`.": "Type `teachtext status --directory {folder}`.",
    "Run snakemake.": "Run `snakemake --cores 4 --directory {folder}`.",
    "Delete it and run snakemake again.": (
        "Delete it and run `snakemake --cores 4 --directory {folder}` again."
    ),
    "`snakemake --unlock`": "`snakemake --unlock --cores 4 --directory {folder}`",
    "No snakemake runs in `it`.": "No snakemake runs in `it`.",
}


@pytest.mark.parametrize("text", COMMANDS)
def test_commands_are_completed(tmp_path, text):
    home = Home(tmp_path / "a $(touch x)", ROOT)
    begin_run(home.folder)
    assert home.complete(text) == COMMANDS[text].format(folder=shlex.quote(str(home.folder)))
    begin_run(tmp_path)
    at_home = Home(tmp_path, tmp_path).complete(text)
    snakefile = f" --snakefile {ROOT / 'Snakefile'}" if "--cores" in at_home else ""
    assert at_home == COMMANDS[text].replace(" --directory {folder}", snakefile)


def test_commands_have_what_the_run_was_given(tmp_path):
    options = ["--cores", "2", "--config", "seeds=[1, 2]"]
    begin_run(tmp_path, overlays=[str(TINY), "/else where/b.yaml"], options=options)
    assert home_at(tmp_path).run is None
    told = Home(tmp_path, ROOT).command("snakemake", "results/x")
    overlays = ["tests/support/configs/tiny.yaml", "/else where/b.yaml"]
    words = [*options, "--configfile", *overlays, "--directory", str(tmp_path)]
    assert shlex.split(told) == ["snakemake", "results/x", *words]


def test_a_job_tells_commands_for_where_the_run_was_typed(tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    begin_run(folder, typed_in=tmp_path)
    monkeypatch.chdir(folder)
    assert home_of_job().command("teachtext", "list-failures") == (
        "teachtext list-failures --directory mine"
    )


def test_what_is_remembered_is_readable(tmp_path):
    begin_run(tmp_path, seeds=[4])
    told = json.loads((tmp_path / "results/run.json").read_text())
    assert told["config"]["seeds"] == [4]
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["run.json"]


def test_a_job_needs_no_yaml_for_its_messages():
    """Not all environments of jobs have it."""
    code = "import sys; sys.modules['yaml'] = None; import teachtext.config.home as home; home.Home"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, check=True)
