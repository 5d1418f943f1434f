"""Names of what is computed for a clip, made of all that decides its content."""

import hashlib
import json
from collections.abc import Iterable

from teachtext.config.experts import ExpertRequest
from teachtext.store.versions import stamp
from teachtext.video.manifest import VideoRecord


def features_key(request: ExpertRequest, record: VideoRecord) -> str:
    """Names the features of a clip: equal keys mean equal features, given equal weights."""
    asked = request.model_dump(exclude={"name"}, exclude_none=True)
    return _hash(stamp("extract_expert"), stamp("decode_videos"), asked, *_clip(record))


def media_key(requests: Iterable[ExpertRequest], record: VideoRecord, *, ffmpeg: str) -> str:
    """Key of the decoded media of a clip: what is decoded depends on the experts that need it.

    Args:
        requests: Requests of the experts that need the clip.
        record: Clip to decode.
        ffmpeg: Version of the program that decodes the sound.
    """
    wanted = {(request.signal, request.settings.fps, request.short_side) for request in requests}
    heard = [ffmpeg] if any(signal == "audio" for signal, *_ in wanted) else []
    return _hash(stamp("decode_videos"), sorted(map(str, wanted)), *heard, *_clip(record))


def _clip(record: VideoRecord) -> tuple[object, ...]:
    """A clip by its id and its content: the file's bytes, and which part of it."""
    content = (record.content_sha256, record.start_seconds, record.duration_seconds)
    return record.video_id, *content


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
