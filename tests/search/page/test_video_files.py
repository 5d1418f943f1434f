import os

import pytest

from teachtext.search.page.video_files import PIECE_BYTES
from tests.support.serving import ODD_IDS

CONTENT = bytes(range(256)) * 4


def test_a_whole_file(server):
    status, headers, body = server.video("b")
    assert (status, body) == (200, CONTENT)
    assert headers["Content-Type"] == "video/mp4"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-", 0, 1023),
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=1000-99999", 1000, 1023),
        ("bytes=-24", 1000, 1023),
    ],
)
def test_a_range(server, asked, first, last):
    status, headers, body = server.video("b", Range=asked)
    assert status == 206
    assert headers["Content-Range"] == f"bytes {first}-{last}/1024"
    assert body == CONTENT[first : last + 1]


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000", "bytes=9-3"])
def test_a_range_that_does_not_exist(server, asked):
    assert server.video("b", Range=asked)[0] in (400, 416)


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,3-4", "lines=0-3", "nonsense", "bytes=" + "0-," * 999]
)
def test_other_ranges_are_the_whole_file(server, asked):
    assert server.video("b", Range=asked)[::2] == (200, CONTENT)


def test_one_request_for_the_rest_gets_a_piece_of_it(server, film):
    with film.open("wb") as file:
        file.truncate(3 * PIECE_BYTES)
    _, headers, body = server.video("b", Range="bytes=5-")
    assert len(body) == PIECE_BYTES
    assert headers["Content-Range"] == f"bytes 5-{PIECE_BYTES + 4}/{3 * PIECE_BYTES}"


def test_the_head_alone(server):
    status, headers, body = server.video("b", "HEAD")
    assert (status, headers["Content-Length"], body) == (200, "1024", b"")


def test_what_browsers_do_not_play_is_a_download(server):
    _, headers, body = server.video("old")
    assert body == b"RIFF"
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == 'attachment; filename="old.avi"'


@pytest.mark.parametrize("video_id", ODD_IDS)
def test_odd_ids_are_ids(server, video_id):
    assert server.video(video_id)[::2] == (200, CONTENT)


@pytest.mark.parametrize(
    ("video_id", "said"),
    [
        ("lost", b"The file lost.mp4 is not there any more."),
        ("folder", b"is not there any more."),
        ("bucket", b"The video is not on this machine: s3://bucket/film.mp4"),
        ("features", b"features has features alone, no video file."),
        ("\0", b"No video has the id"),
        ("../../etc/passwd", b"No video has the id"),
        ("film one.mp4", b"No video has the id"),
        ("a\0.mp4", b"No video has the id"),
    ],
)
def test_no_file(server, video_id, said):
    status, headers, body = server.video(video_id)
    assert status == 404
    assert headers["Content-Type"] == "application/json"
    assert said in body


def test_a_path_is_never_an_id(server, film):
    assert server.video(str(film))[0] == 404
    assert server.raw("/video?path=/etc/passwd")[0] == 400
    assert server.raw("/video?video=%2e%2e%2fold.avi")[0] == 404


def test_a_link_that_the_table_names_is_followed(server, searchers, film):
    link = film.with_name("link.mp4")
    link.symlink_to(film)
    old = searchers[0].clips["b"]
    searchers[0].clips["b"] = type(old)("b", old.split, str(link), None, None)
    assert server.video("b")[::2] == (200, CONTENT)


def test_a_pipe_is_not_waited_for(server, searchers, tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    old = searchers[0].clips["b"]
    searchers[0].clips["b"] = type(old)("b", old.split, str(tmp_path / "pipe.mp4"), None, None)
    assert server.video("b")[0] == 404
