"""What the jobs of a run look up: the configuration, and what the user gives, by its content."""

import functools
import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from teachtext.config.catalog import EXPERTS, TEXT_ENCODERS
from teachtext.config.experts import ExpertRequest
from teachtext.config.text import TextEncoderSettings
from teachtext.config.whole import Config
from teachtext.files.given import GivenFiles, package_versions
from teachtext.files.urls import is_url
from teachtext.jobs.retries import read_attempts
from teachtext.tables.dataset import VideoSource, read_videos, shard_digests
from teachtext.video.ffmpeg import CHOICE

Decided = Callable[[str, int], Sequence[str] | None]
"""Experts that a level of a pruning leaves; None: that is not known yet."""


class Context:
    """What decides about the jobs of a run; all is looked up once.

    Args:
        config: Configuration of the run.
        folder: Folder of the run.
        given: Digests of the files that the user gives.
        decided: Experts that each level of a pruning leaves.
        is_made: Whether a job makes a file, so that what it holds is not known before.

    Attributes:
        shards: Numbers of the shards.
    """

    def __init__(
        self,
        config: Config,
        *,
        folder: Path,
        given: GivenFiles,
        decided: Decided,
        is_made: Callable[[str], bool],
    ) -> None:
        self.config = config
        self.shards = range(config.dataset.shards)
        self.is_made = is_made
        self.given, self._folder, self._decided = given, folder, decided

    def content(self, file: str | None) -> str:
        """Digest of a file or folder that the user gives; empty where there is none to read."""
        if file is None or is_url(file) or self.is_made(file):
            return ""
        return self.given.sha256(file)

    @functools.cached_property
    def ffmpeg(self) -> list[str]:
        """What decodes sound, and encodes the demo."""
        chosen = os.environ.get(CHOICE, "")
        return [chosen, *self._made_by(chosen or None, ["imageio-ffmpeg"])]

    def encoder_made_by(self, entry: TextEncoderSettings) -> list[str]:
        """Packages and local files that a text encoder consists of."""
        return self._made_by(entry.checkpoint, TEXT_ENCODERS[entry.encoder].packages)

    @functools.cache  # noqa: B019 - lives as long as the run
    def request(self, expert: str) -> ExpertRequest:
        """What is asked of an expert, with the packages and local files that it consists of."""
        asked = self.config.request(expert)
        settings, network = asked.settings, EXPERTS[asked.settings.network]
        parts = self._made_by(settings.checkpoint, network.packages)
        parts.append(self.content(settings.detector))
        parts += self.ffmpeg if network.signal == "audio" else []
        parts += self.encoder_made_by(asked.text_encoder) if asked.text_encoder else []
        return asked.model_copy(update={"weights": json.dumps(parts)})

    def shard_rows(self, shard: str) -> str:
        """Changes with the rows of a shard, and with the files that they name."""
        videos = self.config.dataset.videos
        return "" if videos is None or self.is_made(videos) else self._row_digests[int(shard)]

    def number_of_videos(self) -> int:
        """Of the table; of one that is made, as many as will be rendered."""
        videos, demo = self.config.dataset.videos, self.config.demo
        if videos is None or self.is_made(videos):
            return demo.train + demo.val + demo.test
        return len(self._videos)

    def attempt(self, expert: str, shard: str) -> int:
        """How often failures of an expert were tried again; an empty name stands for probing."""
        return self._attempts.get(f"{expert}:{shard}", 0)

    def experts_after(self, search: str, level: int) -> Sequence[str] | None:
        """Those that a level of a pruning leaves; level 0 has dropped none."""
        return self.config.experts_of(search) if level == 0 else self._decided(search, level)

    def levels(self, search: str) -> range:
        """All levels of a pruning, 0 among them."""
        return range(len(self.config.experts_of(search)) - self.config.prunings()[search].keep + 1)

    def is_tuned(self, text_encoder: str) -> bool:
        """Whether a text encoder is tuned on the training captions first."""
        entry = self.config.encoders().get(text_encoder)
        return entry is not None and entry.finetune is not None

    def _made_by(self, checkpoint: str | None, packages: Iterable[str]) -> list[str]:
        return [*package_versions(packages), self.content(checkpoint)]

    @functools.cached_property
    def _videos(self) -> list[VideoSource]:
        return read_videos(Path(str(self.config.dataset.videos)))

    @functools.cached_property
    def _row_digests(self) -> list[str]:
        return shard_digests(self._videos, self.config.dataset.shards)

    @functools.cached_property
    def _attempts(self) -> dict[str, int]:
        return read_attempts(self._folder / "results")
