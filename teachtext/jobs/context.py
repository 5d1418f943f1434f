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
from teachtext.tables.shards import CAPTIONED, DEALT, DealtTables, Portion, deal_tables, shard_names
from teachtext.video.ffmpeg import CHOICE

GIVEN = ".snakemake/teachtext"
"""Folder in that of the run, for digests of the files that the user gives."""
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
        self.is_made = is_made
        self.given, self._folder, self._decided = given, folder, decided

    def content(self, file: str | None) -> str:
        """Digest of a file or folder that the user gives; empty where there is none to read."""
        if file is None or is_url(file) or self.is_made(file):
            return ""
        return self.given.sha256(self._folder / file)

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

    @functools.cached_property
    def shards(self) -> dict[Portion, int]:
        """Number of shards of each portion that has videos."""
        # of tables that are not made yet only the demo's are known to be
        portions = CAPTIONED if self._dealt is None else self._dealt.portions
        counts = self.config.dataset.shards.counts()
        return {portion: counts[portion] for portion in portions}

    @functools.cache  # noqa: B019 - lives as long as the run
    def shards_of(self, *portions: Portion) -> tuple[str, ...]:
        """Names of the shards of some portions; of all if none is named."""
        chosen = {k: number for k, number in self.shards.items() if not portions or k in portions}
        return shard_names(chosen)

    def shard_rows(self, shard: str) -> str:
        """Changes with the rows of a shard, and with the files that they name."""
        return "" if self._dealt is None else self._dealt.digest(shard)

    def shard_ids(self, shard: str) -> str:
        """Changes with the ids of a shard, whatever their files are."""
        return "" if self._dealt is None else self._dealt.ids_digest(shard)

    def captions(self, portion: Portion) -> str:
        """Changes with the captions of a portion."""
        return "" if self._dealt is None else self._dealt.captions_digest(portion)

    def number_of_videos(self) -> int:
        """Of the table; of one that is made, as many as will be rendered."""
        demo = self.config.demo
        if self._dealt is None:
            return demo.train + demo.val + demo.test
        return self._dealt.number_of_videos

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
    def _dealt(self) -> DealtTables | None:
        """None as long as a job makes one of the tables."""
        dataset = self.config.dataset
        tables = [table for table in (dataset.videos, dataset.captions) if table is not None]
        if any(self.is_made(table) for table in tables):
            return None
        return deal_tables(
            None if dataset.videos is None else self._folder / dataset.videos,
            None if dataset.captions is None else self._folder / dataset.captions,
            dataset.shards.counts(),
            self._folder / DEALT,
        )

    @functools.cached_property
    def _attempts(self) -> dict[str, int]:
        return read_attempts(self._folder / "results")
