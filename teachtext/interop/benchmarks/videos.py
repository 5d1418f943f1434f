"""Video files of a benchmark, found by their names. A folder in, rows of the table of videos out.

No file is opened, and no link is followed out of the folder.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from teachtext.errors import DatasetError
from teachtext.interop.benchmarks.records import SourceClip
from teachtext.interop.encodings import is_text
from teachtext.interop.remarks import Remarks
from teachtext.tables.dataset import Caption, VideoSource, by_video


def find_videos(
    folder: Path, *, stem: Callable[[str], str | None], remarks: Remarks
) -> dict[str, Path]:
    """Find all video files below a folder.

    Args:
        folder: Folder to search recursively.
        stem: Function from a file name to the name the file is found by, or None if it is no video.
        remarks: Remarks that receive the files passed over.

    Returns:
        What a file is found by -> its absolute path; of several, the first in sorted order.

    Raises:
        DatasetError: The folder does not exist.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder. Give --videos the folder of video files.")
    root = folder.resolve()
    found: dict[str, Path] = {}
    for path in sorted(_files(root, remarks)):
        name = stem(path.name)
        if name is None:
            continue
        if name in found:
            remarks.add("video files with the name of an earlier one", str(path))
        elif path.is_symlink() and not path.resolve().is_relative_to(root):
            remarks.add("links that lead out of the folder of videos", str(path))
        elif path.is_file():
            found[name] = path
    return found


def match_videos(
    captions: Sequence[Caption],
    *,
    clips: Mapping[str, tuple[SourceClip, ...]],
    files: Mapping[str, Path],
    remarks: Remarks,
) -> tuple[list[VideoSource], list[Caption]]:
    """Find the file of each video that has captions.

    Args:
        captions: Captions of all splits.
        clips: Possible clips of each video ID, best first; the files of videos not listed are named
            by their IDs.
        files: Path of each file by the name it is found by.
        remarks: Remarks that receive the videos without a file, and the files of no video.

    Returns:
        The videos in the order of their first captions, and the captions of these videos.
    """
    videos = []
    used = set()
    for video, own in by_video(captions).items():
        there = [clip for clip in clips.get(video, (SourceClip(video),)) if clip.stem in files]
        if there:
            clip = there[0]
            used.add(clip.stem)
            times = clip.start_seconds, clip.end_seconds
            videos.append(VideoSource(video, files[clip.stem], *times))
            continue
        remarks.add("videos without a file", video)
        for caption in own:
            remarks.add("captions dropped with their videos", caption.caption_id)
    for name, path in files.items():
        if name not in used:
            remarks.add("video files of no video", str(path))
    known = {video.video_id for video in videos}
    return videos, [caption for caption in captions if caption.video_id in known]


def _files(root: Path, remarks: Remarks) -> Iterator[Path]:
    """All files below a folder, also links to files; links to folders are not entered."""

    def cannot_read(error: OSError) -> None:
        remarks.add("folders that cannot be read", ascii(error.filename))

    for place, folders, names in os.walk(root, onerror=cannot_read):
        for path in (Path(place, name) for name in folders):
            if path.is_symlink():
                remarks.add("linked folders, which are not searched", ascii(str(path)))
        for path in (Path(place, name) for name in names):
            if is_text(str(path)):
                yield path
            else:
                remarks.add("files whose names are no text", ascii(str(path)))
