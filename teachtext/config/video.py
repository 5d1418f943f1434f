"""The section `video` of config.yaml."""

from pydantic import Field

from teachtext.config.base import Positive, Seconds, Settings


class VideoSettings(Settings):
    """Decoding."""

    short_side: Positive = Field(description="decoded frames are scaled down to it, in pixels")
    timeout_seconds: Seconds = Field(description="a video that takes longer to decode has failed")
    memory_gb: Seconds = Field(description="address space of the process that decodes one video")
    max_failed_fraction: float = Field(
        ge=0, le=1, description="more failed videos than this stop the run"
    )
