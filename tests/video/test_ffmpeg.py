import imageio_ffmpeg
import pytest

from teachtext.errors import PackageError
from teachtext.video.ffmpeg import CHOICE, ffmpeg_binary, ffmpeg_version


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    monkeypatch.delenv(CHOICE, raising=False)


@pytest.fixture
def other(tmp_path, monkeypatch):
    """A program named ffmpeg, the first on PATH."""
    path = tmp_path / "ffmpeg"
    path.write_text("#!/bin/sh\necho ffmpeg version 4.4-mine Copyright\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return str(path)


def test_what_is_on_path_does_not_count(other):
    assert "imageio_ffmpeg" in ffmpeg_binary()
    assert ffmpeg_version() != "4.4-mine"


def test_another_is_used_if_asked_for(other, monkeypatch):
    monkeypatch.setenv(CHOICE, other)
    assert (ffmpeg_binary(), ffmpeg_version()) == (other, "4.4-mine")


def test_a_wheel_without_one_is_not_replaced_by_what_is_on_path(other, monkeypatch):
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: "ffmpeg")
    with pytest.raises(PackageError, match=f"brings no ffmpeg here.*{CHOICE}"):
        ffmpeg_binary()


@pytest.mark.parametrize("program", ["/none", "/bin/false"])
def test_what_is_no_ffmpeg_is_named(program, monkeypatch):
    monkeypatch.setenv(CHOICE, program)
    with pytest.raises(PackageError, match=f"{program} is no ffmpeg: .*Name another with {CHOICE}"):
        ffmpeg_version()
