import errno

import pytest

from teachtext.cli import command_names, main, stage_names


@pytest.mark.parametrize("stage", [*stage_names(), *command_names()])
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
    features = ["--features", "none.npz", "--videos", "none.csv", "--shards", "1"]
    with pytest.raises(SystemExit) as stopped:
        main(["import-expert", "--expert", "a", *features, "--output", str(tmp_path / "x")])
    assert stopped.value.code.startswith("teachtext import-expert: none.npz")
    assert "\n" not in stopped.value.code


def test_a_full_disk_is_one_line(monkeypatch):
    def write(argv):
        raise OSError(errno.ENOSPC, "No space left on device", "0.zarr")

    monkeypatch.setattr("teachtext.stages.probe_videos.main", write)
    with pytest.raises(SystemExit) as stopped:
        main(["probe-videos"])
    assert "No space left on device: 0.zarr. Make room" in stopped.value.code
