"""The section `dataset` of config.yaml."""

from pydantic import Field

from teachtext.config.base import Name, Positive, Settings


class DatasetSettings(Settings):
    """Which videos and captions."""

    name: Name = Field(description="`demo` is rendered by the project; any other name is yours")
    videos: str | None = Field(
        description="table of videos: video_id, path[, start_seconds, end_seconds]; null: there "
        "are none, all features are imported"
    )
    captions: str = Field(description="table of captions: video_id, caption, split[, caption_id]")
    shards: Positive = Field(description="parts that are decoded and extracted independently")
    paragraphs: bool = Field(
        description="all captions of a video, one after another, are one query"
    )
