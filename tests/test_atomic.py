import pytest

from teachtext.atomic import replacing


def test_a_file_appears_complete(tmp_path):
    with replacing(tmp_path / "a" / "b.txt") as temporary:
        temporary.write_text("done")
        assert not (tmp_path / "a/b.txt").exists()
    assert (tmp_path / "a/b.txt").read_text() == "done"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_a_folder_replaces_a_folder(tmp_path):
    target = tmp_path / "store"
    target.mkdir()
    (target / "old").touch()
    with replacing(target) as temporary:
        temporary.mkdir()
        (temporary / "new").touch()
    assert [path.name for path in target.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def write_half(target):
    with replacing(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError


def test_a_failure_leaves_what_was_there(tmp_path):
    target = tmp_path / "file"
    target.write_text("old")
    with pytest.raises(RuntimeError):
        write_half(target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
