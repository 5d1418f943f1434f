import pytest

from teachtext.cli import main, stage_names


@pytest.mark.parametrize("stage", stage_names())
def test_every_stage_explains_itself(stage, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([stage, "--help"])
    assert stopped.value.code == 0
    assert f"teachtext {stage}" in capsys.readouterr().out


def test_an_unknown_stage_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(["sing-song"])
    assert "train-teacher" in capsys.readouterr().err


def test_a_mistake_is_one_line(tmp_path):
    arguments = ["--videos", "none.csv", "--captions", "none.csv", "--shards", "1", "--workers"]
    limits = ["1", "--timeout-seconds", "5", "--memory-gb", "1", "--output", str(tmp_path / "m")]
    with pytest.raises(SystemExit) as stopped:
        main(["probe-videos", *arguments, *limits])
    assert stopped.value.code.startswith("teachtext probe-videos: none.csv does not exist")
    assert "\n" not in stopped.value.code
