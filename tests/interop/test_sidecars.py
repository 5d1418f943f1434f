import pytest

from teachtext.interop.sidecars import captions_in

SRT = """1
00:00:00,000 --> 00:00:01,500
<i>Where is</i>
the dog?

2
00:00:01,500 --> 00:00:03,000 X1:40
{\\an8}In the garden &amp; happy.
"""
VTT = """WEBVTT - a title

NOTE 00:00.000 --> 00:01.000
nothing of this is said

STYLE
::cue { color: red }

first
00:00.000 --> 00:01.000 align:start
So <c.red>we</c> go

00:01.000 --> 00:02.000
So we go
into the wood
"""


@pytest.mark.parametrize(
    ("text", "kind", "captions"),
    [
        ("a dog\r\n\r\n  a  cat \n", "txt", ["a dog", "a cat"]),
        (" \n", "txt", []),
        (SRT, "srt", ["Where is the dog? In the garden & happy."]),
        (SRT.replace("\n", "\r\n"), "srt", ["Where is the dog? In the garden & happy."]),
        (VTT, "vtt", ["So we go into the wood"]),
        ("WEBVTT\n", "vtt", []),
        ("a text that is no subtitle", "srt", []),
    ],
)
def test_captions_of_a_file_beside_a_video(text, kind, captions):
    assert captions_in(text, kind) == captions
