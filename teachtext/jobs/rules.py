"""All rules in the order of their stages, and which of them makes a file."""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from teachtext.config.whole import Config
from teachtext.files.given import GivenFiles
from teachtext.jobs import models, results, text, videos
from teachtext.jobs.context import GIVEN, Context, Decided
from teachtext.jobs.job import Job, wildcards_in
from teachtext.tables.checks import check_tables
from teachtext.tables.shards import CAPTIONED, SHARD

RULES: Mapping[str, type[Job]] = {
    made.rule: made
    for made in (
        videos.RenderDemo,
        *(videos.ProbeVideos, videos.IndexVideos, videos.DecodeVideos),
        *(videos.ExtractExpert, videos.ImportExpert, videos.IndexExperts, videos.CheckFailures),
        *(text.FinetuneTextEncoder, text.EmbedCaptions, text.ImportTokens),
        *(models.TrainTeacher, models.ImportSimilarities, models.ComputeSimilarities),
        *(models.DenoiseCaptions, models.ReviewCaptions),
        models.TrainStudent,
        *(models.TrainPruned, models.PruneExpert, models.ComputePareto),
        models.BuildZeroShot,
        models.ImportCheckpoint,
        results.EvaluateModel,
        results.BuildIndex,
        results.WriteReport,
    )
}
"""Name of a rule -> its jobs."""


class Rules:
    """The rules under a configuration.

    Args:
        config: Configuration of the run.
        decided: Experts that each level of a pruning leaves.
        folder: Folder of the run.

    Attributes:
        context: Facts that the jobs look up.
    """

    def __init__(self, config: Config, decided: Decided, folder: Path) -> None:
        self.context = Context(
            config,
            folder=folder,
            given=GivenFiles(folder / GIVEN),
            decided=decided,
            is_made=self.is_made,
        )

    def check_tables(self) -> str:
        """Check the tables that the user gives, as ``tables.checks`` does.

        Returns:
            A line about what there is; empty if they have been checked before.
        """
        config = self.context.config
        videos, captions = config.dataset.videos, config.dataset.captions
        told = check_tables(videos, captions, config.first_val_user(), self.context.given)
        return f"{told}\n" if told else ""

    def targets(self) -> list[str]:
        """What a run ends with: the report, and the indexes to search in."""
        config = self.context.config
        indexes = [results.INDEX.replace("{model}/{seed}", run) for run in config.indexed()]
        return [results.REPORT, *indexes]

    def values(self, rule: str = "") -> dict[str, str]:
        """Wildcard -> regular expression of its values; without a rule, of all of them."""
        own = RULES[rule].values(self.context) if rule else self._all_values()
        return {name: "|".join(values) or "(?!)" for name, values in own.items()}

    def job(self, rule: str, wildcards: Mapping[str, str]) -> Job:
        """A job of a rule."""
        return RULES[rule](self.context, wildcards)

    def is_made(self, file: str) -> bool:
        """Whether a job makes a file, so that what it holds is not known before."""
        return self.maker(file) is not None

    def maker(self, file: str) -> Job | None:
        """The job that makes a file; None if the user gives it."""
        for rule, pattern in self._patterns:
            if match := pattern(file):
                return self.job(rule, match.groupdict())
        return None

    def _all_values(self) -> dict[str, Sequence[str]]:
        config = self.context.config
        return {
            **{"shard": [SHARD], "seed": [r"-?\d+"], "level": [r"[1-9]\d*"]},
            "portion": CAPTIONED,
            **{"expert": config.used_experts(), "text_encoder": list(config.text)},
            "model": [
                *config.trained(),
                *config.imported_teachers(),
                *config.untrained(),
                *models.patterns_of_prunings(self.context),
            ],
            **{"captions": list(config.denoise), "search": list(config.prunings())},
        }

    @functools.cached_property
    def _patterns(self) -> list[tuple[str, Callable[[str], re.Match[str] | None]]]:
        """Each pattern of each rule, as what matches a file."""
        everywhere = self.values()
        return [
            (rule, _matcher(pattern, {**everywhere, **self.values(rule)}))
            for rule, made in RULES.items()
            for pattern in made.patterns
        ]


def _matcher(pattern: str, values: Mapping[str, str]) -> Callable[[str], re.Match[str] | None]:
    parts = re.split(r"{\w+}", pattern)
    groups = [f"(?P<{name}>{values[name]})" for name in wildcards_in(pattern)]
    literal = [re.escape(part) for part in parts]
    joined = "".join(part + group for part, group in zip(literal, [*groups, ""], strict=True))
    return re.compile(joined).fullmatch
