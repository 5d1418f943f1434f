import pytest

from teachtext.home.lookup import Lookup

NAMES = ["a/x.mp4", "b/x.mp4", "b/Y.MP4", "b/c.d.mkv", "z.mp4", "z.avi", "/out/w.mp4"]


@pytest.mark.parametrize(
    ("value", "folder", "name"),
    [
        ("a/x.mp4", "", "a/x.mp4"),
        (" ./a/x.mp4", "", "a/x.mp4"),
        ("a\\x.mp4", "", "a/x.mp4"),
        ("/root/b/x.mp4", "", "b/x.mp4"),
        ("x.mp4", "b", "b/x.mp4"),
        ("../a/x.mp4", "b", "a/x.mp4"),
        ("a/x", "", "a/x.mp4"),
        ("x", "b", "b/x.mp4"),
        ("y", "", "b/Y.MP4"),
        ("c.d", "", "b/c.d.mkv"),
        ("elsewhere/c.d.mp4", "", "b/c.d.mkv"),
        ("w", "", "/out/w.mp4"),
        ("film 1", "", "a/x.mp4"),
        ("z.avi", "", "z.avi"),
        ("x.mp4", "", None),
        ("z", "", None),
        ("q.mp4", "", None),
        ("", "", None),
    ],
)
def test_a_video_is_found_if_it_is_the_only_one(value, folder, name):
    assert Lookup(NAMES, {"film 1": "a/x.mp4"}, "/root").find(value, folder) == name
