"""Videos for the browser: the file that a clip names, in pieces. Paths come from clips alone."""

import re
from pathlib import Path
from typing import Literal

from fastapi import HTTPException
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from teachtext.files.urls import is_url
from teachtext.search.hits import Clip

PLAYABLE = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".ogv": "video/ogg",
}
"""Suffix -> media type, of the containers that browsers play if they know the codec inside."""
PIECE_BYTES = 2 << 20
_RANGE = re.compile(rb"bytes=(\d{1,18})-(\d{0,18})")
_LAST_BYTES = re.compile(rb"bytes=-\d{1,18}")


def is_playable(clip: Clip) -> bool:
    """Whether browsers play this kind of file."""
    return clip.path is not None and Path(clip.path).suffix.lower() in PLAYABLE


def video_response(clip: Clip) -> FileResponse:
    """The file of the clip: to play, or as a download where no browser plays it.

    Raises:
        HTTPException: 404 with the reason if there is no file to read.
    """
    path = _readable(clip)
    disposition: Literal["inline", "attachment"] = "inline" if is_playable(clip) else "attachment"
    return PiecewiseResponse(
        path,
        media_type=PLAYABLE.get(path.suffix.lower(), "application/octet-stream"),
        filename=path.name,
        content_disposition_type=disposition,
    )


class PiecewiseResponse(FileResponse):
    """A file of which one request for a range gets ``PIECE_BYTES`` at most.

    Browsers ask for everything from a position on and read on as they play. They open six
    connections to a server: with six films on the page, none would be left for the next search.
    That a part may be shorter than asked for is in RFC 9110, 15.3.7.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request with its range cut to a piece."""
        headers = [
            (name, value if name != b"range" else _first_piece(value))
            for name, value in scope["headers"]
        ]
        known = [(name, value) for name, value in headers if value is not None]
        await super().__call__({**scope, "headers": known}, receive, send)


def _first_piece(asked: bytes) -> bytes | None:
    """The range that is answered; None, the whole file, for several ranges and other units."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None:
        return asked if _LAST_BYTES.fullmatch(asked.strip()) else None
    first = int(found[1])
    last = first + PIECE_BYTES - 1
    # an end before the beginning stays: it is for the file response to refuse
    return b"bytes=%d-%d" % (first, min(last, int(found[2] or last)))


def _readable(clip: Clip) -> Path:
    if clip.path is None:
        raise HTTPException(404, f"{clip.video_id} has features alone, no video file.")
    if is_url(clip.path):
        raise HTTPException(404, f"The video is not on this machine: {clip.path}")
    path = Path(clip.path)
    # a pipe would be waited for without end
    if not path.is_file():
        raise HTTPException(404, f"The file {path.name} is not there any more.")
    try:
        path.open("rb").close()
    except OSError as error:
        raise HTTPException(404, f"{path.name}: {error.strerror}") from None
    return path
