"""The addresses of the server, all of them GET."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import FileResponse, Response

from teachtext.search.hits import Clip
from teachtext.search.page.answers import captions_answer, clip_answer, hits_answer, models_answer
from teachtext.search.page.served import ServedModels
from teachtext.search.page.video_files import video_response
from teachtext.search.searcher import Searcher

MAX_TOP = 100
MAX_QUERY = 500
"""Characters; text encoders cut captions after a few dozen words."""
MAX_ID = 1000
"""Characters of names and ids."""
PAGE_FILES = {
    "page.html": "text/html",
    "page.css": "text/css",
    "icon.svg": "image/svg+xml",
    "page.js": "text/javascript",
    "address.js": "text/javascript",
    "answers.js": "text/javascript",
    "cards.js": "text/javascript",
    "elements.js": "text/javascript",
    "players.js": "text/javascript",
}
"""The page's own files -> media type. There are no others."""
_FOLDER = Path(__file__).parent

router = APIRouter()


def _served(request: Request) -> ServedModels:
    served: ServedModels = request.app.state.served
    return served


Served = Annotated[ServedModels, Depends(_served)]


def _model(served: Served, model: Annotated[str, Query(max_length=MAX_ID)]) -> Searcher:
    if model not in served.models:
        known = ", ".join(served.models)
        raise HTTPException(404, f"Unknown model {model!r}. Choose one of: {known}.")
    return served.models[model]


def _clip(served: Served, video: Annotated[str, Query(max_length=MAX_ID)]) -> Clip:
    found = served.clip(video)
    if found is None:
        raise HTTPException(404, f"No video has the id {video!r}.")
    return found


Model = Annotated[Searcher, Depends(_model)]
Video = Annotated[Clip, Depends(_clip)]
Top = Annotated[int, Query(ge=1, le=MAX_TOP)]
SplitFilter = Annotated[str | None, Query(max_length=MAX_ID)]


def _of_model(model: Searcher, clip: Clip) -> None:
    if clip.video_id not in model.clips:
        raise HTTPException(404, f"{model.model} has no video {clip.video_id!r} in its index.")


@router.get("/models")
async def models(served: Served) -> dict[str, Any]:
    """Models and splits to choose from."""
    return models_answer(served)


@router.get("/search")
async def search(
    served: Served,
    model: Model,
    q: Annotated[str, Query(max_length=MAX_QUERY)],
    contains: Annotated[str, Query(max_length=MAX_ID)] = "",
    split: SplitFilter = None,
    top: Top = 24,
) -> dict[str, Any]:
    """Videos that fit the words ``q``."""
    if not q.strip():
        raise HTTPException(400, "Nothing to look for: the query is empty.")
    found = await served.ask(
        lambda: model.search(q.strip(), top=top, split=split or None, contains=contains)
    )
    return hits_answer(*found)


@router.get("/similar")
async def similar(
    served: Served, model: Model, video: Video, split: SplitFilter = None, top: Top = 24
) -> dict[str, Any]:
    """Videos that are like one."""
    _of_model(model, video)
    found = await served.ask(lambda: model.similar(video.video_id, top=top, split=split or None))
    return hits_answer(*found)


@router.get("/captions")
async def captions(served: Served, model: Model, video: Video, top: Top = 24) -> dict[str, Any]:
    """Captions that fit a video."""
    _of_model(model, video)
    found = await served.ask(lambda: model.captions_of(video.video_id, top=top))
    return captions_answer(video, *found)


@router.get("/clip")
async def clip(video: Video) -> dict[str, Any]:
    """What is known of a video."""
    return clip_answer(video)


# not async: a slow disk must not stop the other answers
@router.api_route("/video", methods=["GET", "HEAD"])
def video(video: Video) -> Response:
    """The file that a video is in, whole or a range of it."""
    return video_response(video)


@router.get("/")
@router.get("/{name}")
async def page_file(name: str = "page.html") -> Response:
    """One of the page's own files."""
    if name not in PAGE_FILES:
        raise HTTPException(404, "There is no such page.")
    # no-cache: asked for again each time, so that an update is never mixed with older parts
    return FileResponse(
        _FOLDER / name,
        media_type=PAGE_FILES[name],
        headers={"Cache-Control": "no-cache"},
    )
