"""The section `dataset` of config.yaml."""

from pydantic import Field

from teachtext.config.base import Name, Positive, Settings
from teachtext.tables.shards import PORTIONS, Portion


class ShardSettings(Settings):
    """Parts of the videos that are decoded and extracted independently."""

    trainval: Positive = Field(description="of the videos that models learn from, val among them")
    test: Positive = Field(description="of the test videos")
    none: Positive = Field(description="of the videos without captions")

    def counts(self) -> dict[Portion, int]:
        """Number of shards of each portion."""
        return {portion: getattr(self, portion) for portion in PORTIONS}


class DatasetSettings(Settings):
    """Which videos and captions."""

    name: Name = Field(description="`demo` is rendered by the project; any other name is yours")
    videos: str | None = Field(
        description="table of videos: video_id, path[, start_seconds, end_seconds]; null: there "
        "are none, all features are imported"
    )
    captions: str | None = Field(
        description="table of captions: video_id, caption, split[, caption_id]; null: there are "
        "none, and nothing is trained"
    )
    shards: ShardSettings
    paragraphs: bool = Field(
        description="all captions of a video, one after another, are one query"
    )
