import json

import pytest
from safetensors.torch import load_file, save_file

from teachtext import load
from teachtext.cli import main
from teachtext.config.search import SearchSettings
from teachtext.errors import StoreError
from teachtext.search.loading import indexed_models
from teachtext.store.checksums import write_checksums
from teachtext.store.versions import STAGE_VERSIONS
from tests.support.toy_indexes import gallery, write_index


def test_a_large_part_is_searched_by_its_inverted_file(tmp_path, reading, monkeypatch):
    monkeypatch.setattr("teachtext.search.building.SMALL_PART", 1000)
    data = gallery(videos=1500)
    reading(data)
    settings = SearchSettings(models=None, exact_below=1000, recall=0.9, recall_queries=20, seed=0)
    path = write_index(tmp_path, data, settings=settings)
    index = tmp_path / "results/search/student/0"
    facts = json.loads((index / "index.json").read_text())
    approximate = [part for part in facts["parts"] if part["probes"]]
    assert [part["end"] - part["first"] for part in approximate] == [1497]
    assert approximate[0]["recall"] >= 0.9
    assert len(load(path).search("3#0", top=12)) == 12

    file = next(index.glob("*.faiss"))
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(StoreError, match=r"\.faiss is not what was written"):
        load(path)


def test_a_model_without_an_index_is_told_how_to_get_one(tmp_path):
    path = write_index(tmp_path, gallery())
    (tmp_path / "results/search").rename(tmp_path / "elsewhere")
    command = f"Run: snakemake results/search/student/0 --cores all --directory {tmp_path}$"
    with pytest.raises(StoreError, match=command):
        load(path)


def test_a_model_that_is_not_among_those_to_search_is_told_how_to_be(tmp_path, monkeypatch):
    write_index(tmp_path / "mine", gallery())
    (tmp_path / "mine/results/search/student").rename(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["search", "x", "--model", "student", "--directory", "mine"])
    command = "run: snakemake results/search/student/0 --cores all --snakefile "
    assert command in ended.value.code
    assert ended.value.code.endswith(" --directory mine")


def test_a_damaged_index_is_named(tmp_path):
    path = write_index(tmp_path, gallery())
    file = tmp_path / "results/search/student/0/videos.npy"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(StoreError, match=r"videos\.npy is not what was written"):
        load(path)


def test_an_index_of_other_weights_is_refused(tmp_path):
    path = write_index(tmp_path, gallery())
    weights = load_file(path / "model.safetensors")
    save_file({name: 2 * one for name, one in weights.items()}, path / "model.safetensors")
    write_checksums(path)
    index = tmp_path / "results/search/student/0"
    line = (
        f"{index} was built with another model than {path} is now. Delete it and run: "
        f"snakemake results/search/student/0 --cores all --directory {tmp_path}"
    )
    with pytest.raises(StoreError, match=f"^{line}$"):
        load(path)


def test_an_index_of_another_version_is_refused(tmp_path, monkeypatch):
    path = write_index(tmp_path, gallery())
    monkeypatch.setitem(STAGE_VERSIONS, "build_index", 3)
    with pytest.raises(StoreError, match=r"\(build_index 2, this one makes 3\)"):
        load(path)


def test_indexed_models_are_listed(tmp_path):
    assert indexed_models(tmp_path / "results") == {}
    write_index(tmp_path, gallery())
    assert indexed_models(tmp_path / "results") == {"student": [0]}


def test_what_is_found_is_a_table(tmp_path, reading, capsys, monkeypatch):
    data = gallery()
    reading(data)
    write_index(tmp_path, data)
    monkeypatch.chdir(tmp_path)
    main(["search", "3#0", "--model", "student", "--top", "16"])
    head, first, *rest = capsys.readouterr().out.splitlines()
    assert head.split() == ["rank", "score", "video", "what", "decided", "time", "file"]
    assert first.split()[0] == "1"
    assert len(rest) == 15
    (line,) = (line for line in rest if " v15 " in line)
    assert line.split() == ["16", "-1.000", "v15", "-", "0:00-0:02.5", "data/v15.mp4"]
    (line,) = (line for line in [first, *rest] if " v4 " in line)
    assert " audio 100 % " in line or " -  " in line


def test_what_is_found_is_json_for_programs(tmp_path, reading, capsys):
    data = gallery()
    reading(data)
    write_index(tmp_path, data)
    folder = str(tmp_path)
    main(["search", "3#0", "--model", "student", "--directory", folder, "--json", "--top", "2"])
    first, second = json.loads(capsys.readouterr().out)
    assert first["score"] >= second["score"]
    assert set(first["clip"]) == {"video_id", "split", "path", "start_seconds", "end_seconds"}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--model", "nobody"], "no index of nobody/0. It has: student (0)."),
        (["--model", "student", "--seed", "7"], "no index of student/7"),
        (["--model", "nobody"], "Name one of them, or run `snakemake --cores all --directory"),
        (["--model", "student", "--top", "0"], "'0' is not a whole number from 1"),
    ],
)
def test_mistakes_are_one_line(tmp_path, capsys, options, problem):
    write_index(tmp_path, gallery())
    with pytest.raises(SystemExit) as ended:
        main(["search", "x", *options, "--directory", str(tmp_path)])
    assert problem in f"{ended.value} {capsys.readouterr().err}"
