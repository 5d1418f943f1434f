from collections import Counter
from pathlib import Path

from teachtext.home.folder import Account
from teachtext.home.kept import Kept
from teachtext.home.summary import describe_account
from teachtext.interop.remarks import Remarks
from teachtext.video.headers import HeaderLengths

VIDEOS = [{"video_id": name, "path": name} for name in "abcd"]
CAPTIONS = [
    {"caption_id": f"{video}#0", "video_id": video, "caption": "x", "split": split}
    for video, split in zip("abc", ["train", "val", "test"], strict=True)
]


def told(after, **more):
    account = Account(Path("/home/my clips"), Kept(), after, **{"advice": "", **more})
    return describe_account(account).splitlines()


def test_it_says_what_there_is_and_what_to_type_next():
    lengths = HeaderLengths({Path("a"): 1800.0, Path("b"): 5400.0})
    remarks = Remarks({"empty files": ["/home/my clips/\x1b[2J.mp4"]})
    lines = told(
        Kept(VIDEOS, CAPTIONS),
        lengths=lengths,
        others=Counter({".jpg": 1200, ".\x1b": 1}),
        remarks=remarks,
        advice="Do this.",
    )
    assert lines[:-1] == [
        "videos: 4, 4.00 hours (about, from 2 headers)",
        "captions: 3, of 3 of 4 videos",
        "splits: train 1, val 1, test 1 videos",
        "  1 test videos: each is 100.0 points of R@1, and smaller differences of models cannot be "
        "measured",
        "left alone: 1,201 files that are no videos (1,200 .jpg, 1 '.\\x1b')",
        "odd: 1 empty files: '\\x1b[2J.mp4'",
        "videos.csv: 4 rows more, 0 fewer; captions.csv: 3 rows more, 0 fewer",
        "Do this.",
    ]
    assert lines[-1].startswith("Next: snakemake --cores ")
    assert lines[-1].endswith(" --directory '/home/my clips'")


def test_clips_are_counted_beside_their_files():
    clips = [{"video_id": f"a#{n}", "path": "a"} for n in range(3)]
    assert told(Kept(clips))[0] == "videos: 3 in 1 files"


def test_without_captions_nothing_is_measured():
    assert "splits: none, as no video has a caption; nothing is trained or measured" in told(
        Kept(VIDEOS)
    )
