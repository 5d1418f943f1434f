import pytest
import yaml

from teachtext.errors import ConfigError
from teachtext.home.overlay import overlay_of, write_overlay


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config.yaml"


def made(path, *, title="Meine Clips", trains=True, chooses=True):
    overlay = overlay_of(path, title, trains=trains, chooses=chooses)
    write_overlay(path, overlay)
    return yaml.safe_load(overlay.text), overlay.advice


def test_it_holds_only_what_differs(path):
    dataset = {"name": "Meine-Clips", "videos": "videos.csv", "captions": "captions.csv"}
    assert made(path) == ({"dataset": dataset, "report": {"title": "Meine Clips"}}, "")


@pytest.mark.parametrize(
    ("title", "name"),
    [("demo", "my-demo"), ("日本", "videos"), ("_a", "my_a"), ("a: {b}", "a-b"), ("-x-", "x"),
     ("", "videos")],
)  # fmt: skip
def test_the_name_may_be_part_of_a_path(path, title, name):
    values, _ = made(path, title=title)
    assert (values["dataset"]["name"], values["report"]["title"]) == (name, title)


def test_captions_that_come_and_go_change_one_line(path):
    made(path, trains=False)
    path.write_text(path.read_text() + "# mine\nseeds: [0]\n")
    first = path.read_text()
    assert "captions: null" in first
    values, _ = made(path)
    assert values["dataset"]["captions"] == "captions.csv"
    assert path.read_text() == first.replace("null", "captions.csv")
    made(path, trains=False)
    assert path.read_text() == first


def test_without_val_the_last_epoch_is_kept_until_there_is_one(path):
    values, _ = made(path, chooses=False)
    assert values["training"] == {"keep_epoch": "last"}
    values, _ = made(path)
    assert "training" not in values


def test_what_a_user_wrote_otherwise_stays_and_is_told(path):
    path.write_text("dataset: {name: x, videos: videos.csv, captions: captions.csv}\n")
    values, advice = made(path, trains=False)
    assert values["dataset"]["captions"] == "captions.csv"
    assert advice == f"Set dataset.captions: null in {path}."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dataset: {videos: a.parquet}", "has dataset.videos: a.parquet"),
        ("seeds: [0]", "has dataset.videos: None"),
        ("a: [", "Cannot read .* Give a YAML file"),
        ("- a", "Cannot read .* Give a YAML file"),
    ],
)
def test_a_configuration_of_something_else_is_refused(path, text, words):
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        made(path)
    assert path.read_text() == text
