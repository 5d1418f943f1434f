import pytest

from teachtext.errors import MediaError
from teachtext.video.headers import header_seconds, read_header_lengths
from tests.support.clips import write_clip


def test_a_header_says_how_long_a_video_is(tmp_path):
    clip = write_clip(tmp_path / "a.mp4", seconds=2, sound=False)
    assert header_seconds(clip) == pytest.approx(2, abs=0.1)


def test_what_is_no_video_is_said(tmp_path):
    (tmp_path / "a.mp4").write_text("no video")
    with pytest.raises(MediaError, match="not a readable video"):
        header_seconds(tmp_path / "a.mp4")


def test_headers_are_read_until_the_time_is_over(tmp_path):
    clip = write_clip(tmp_path / "a.mp4", seconds=1, sound=False)
    (tmp_path / "b.mp4").write_text("no video")
    paths = [clip, tmp_path / "b.mp4"]
    both = read_header_lengths(paths, workers=1, most_seconds=60)
    assert list(both.seconds) == [clip]
    assert list(both.problems) == [tmp_path / "b.mp4"]
    first = read_header_lengths(paths, workers=1, most_seconds=0)
    assert (list(first.seconds), first.problems) == ([clip], {})
