"""What the page is told, as JSON values. Neither HTTP nor files."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from teachtext.search.hits import CaptionHit, Clip, Hit
from teachtext.search.page.served import ServedModels
from teachtext.search.page.video_files import is_playable


def models_answer(served: ServedModels) -> dict[str, Any]:
    """Models in the order of the page with what they look at, and splits to filter by."""
    return {
        "models": [
            {
                "name": one.model,
                "seed": one.seed,
                "experts": list(one.experts),
                "videos": len(one.clips),
            }
            for one in served.models.values()
        ],
        "splits": served.splits,
    }


def hits_answer(hits: Sequence[Hit], milliseconds: float) -> dict[str, Any]:
    """Videos that were found, best first, and how long it took."""
    return {
        "milliseconds": milliseconds,
        "hits": [
            {
                "clip": clip_answer(hit.clip),
                "score": hit.score,
                "summands": dict(hit.summands),
            }
            for hit in hits
        ],
    }


def captions_answer(
    clip: Clip, captions: Sequence[CaptionHit], milliseconds: float
) -> dict[str, Any]:
    """Captions that were found for a clip, best first, and how long it took."""
    return {
        "milliseconds": milliseconds,
        "captions": [
            {
                "id": one.caption_id,
                "caption": one.caption,
                "video": one.video_id,
                "score": one.score,
                "own": one.video_id == clip.video_id,
            }
            for one in captions
        ],
    }


def clip_answer(clip: Clip) -> dict[str, Any]:
    """A clip. Of its file the name alone: where it lies is nobody's business in the browser."""
    return {
        "id": clip.video_id,
        "split": clip.split,
        "file": None if clip.path is None else PurePath(clip.path).name,
        "playable": is_playable(clip),
        "start_seconds": clip.start_seconds,
        "end_seconds": clip.end_seconds,
    }
