import json

import pytest

from teachtext.cli import main

CAPTIONS = "video_id,caption,split\na,Sits.,train\nb,Runs.,test\na,Stands up.,train\n"


@pytest.fixture
def checked(tmp_path):
    """The arguments of a check of captions that have no val."""
    (tmp_path / "captions.csv").write_text(CAPTIONS)
    files = {"captions": tmp_path / "captions.csv", "output": tmp_path / "counts.json"}
    return ["check-dataset", *(f"--{name}={path}" for name, path in files.items())]


@pytest.mark.parametrize(("arguments", "count"), [([], 2), (["--paragraphs"], 1)])
def test_val_may_be_missing_if_nobody_chooses_by_it(checked, tmp_path, arguments, count):
    main([*checked, *arguments])
    splits = json.loads((tmp_path / "counts.json").read_text())["splits"]
    assert splits["val"] == {"videos": 0, "captions": 0}
    assert splits["train"] == {"videos": 1, "captions": count}


@pytest.mark.parametrize("arguments", [[], ["--paragraphs"]])
def test_who_chooses_by_a_missing_val_is_named_in_one_line(checked, tmp_path, arguments):
    needed = ["--needs-val", "students.baseline", "training.keep_epoch: last"]
    with pytest.raises(SystemExit) as stopped:
        main([*checked, *needed, *arguments])
    told = str(stopped.value)
    assert "\n" not in told
    assert "students.baseline chooses by it. Set training.keep_epoch: last, or" in told
    assert not (tmp_path / "counts.json").exists()
