"""The section `demo` of config.yaml."""

from pydantic import Field

from teachtext.config.base import Positive, Settings


class DemoSettings(Settings):
    """The corpus that the project renders itself."""

    train: Positive = Field(description="clips in the train split")
    val: Positive = Field(description="clips in the val split")
    test: Positive = Field(description="clips in the test split")
    captions_per_clip: Positive = Field(description="captions written for each clip")
    seed: int = Field(description="seed of everything that is drawn")
