"""Texts beside videos: .txt, and subtitles in SubRip and WebVTT. Text in, captions out."""

import html
import re

_TIMES = re.compile(r"^\s*[\d:.,]+\s+-->\s+[\d:.,]+")
_TAG = re.compile(r"<[^>\n]*>|\{\\[^}\n]*\}")
_NOT_SPOKEN = re.compile(r"^\ufeff?(WEBVTT|NOTE|STYLE|REGION)\b")


def captions_in(text: str, kind: str) -> list[str]:
    """Captions of one video.

    Args:
        text: Content of the file.
        kind: Kind of the file: ``txt`` has a caption in each line; ``srt`` and ``vtt`` have one
            caption, which is all that is said.
    """
    if kind == "txt":
        return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    said = " ".join(_cues(text))
    return [said] if said else []


def _cues(text: str) -> list[str]:
    """Lines that are shown; one that stays while the next one comes is there once."""
    shown: list[str] = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip().split("\n")
        at = next((at for at, line in enumerate(lines) if _TIMES.match(line)), None)
        if at is None or _NOT_SPOKEN.match(block.strip()):
            continue
        for line in lines[at + 1 :]:
            spoken = " ".join(html.unescape(_TAG.sub("", line)).split())
            if spoken and spoken not in shown[-2:]:
                shown.append(spoken)
    return shown
