"""Jobs from videos to features: stages demo, video and experts."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from teachtext.files.urls import is_url
from teachtext.jobs.context import Context
from teachtext.jobs.job import Inputs, Job, Option
from teachtext.tables.shards import PORTIONS, Portion

SHARD_MANIFEST = "results/video/manifest/{shard}.parquet"
MANIFEST = "results/video/manifest.parquet"
MEDIA = "results/video/media/{shard}"
FEATURES = "results/experts/{expert}/{shard}.zarr"
SHARD_LEDGER = "results/experts/{expert}/{shard}.parquet"
LEDGER = "results/experts/ledger.parquet"
FAILURES = "results/experts/failures.csv"


def of_shards(pattern: str, experts: Iterable[str], shards: tuple[str, ...]) -> tuple[str, ...]:
    """The files of some shards of some experts; many jobs ask for the same."""
    return _of_shards(pattern, tuple(experts), shards)


@functools.cache
def _of_shards(pattern: str, experts: tuple[str, ...], shards: tuple[str, ...]) -> tuple[str, ...]:
    files = (pattern.format(expert=expert, shard=shard) for expert in experts for shard in shards)
    return tuple(files)


def shard_counts(context: Context, *portions: Portion) -> list[str]:
    """Number of shards of the portions that have videos, or of some of these, as an option."""
    chosen = portions or PORTIONS
    return _as_option({k: number for k, number in context.shards.items() if k in chosen})


def _as_option(counts: Mapping[Portion, int]) -> list[str]:
    return [f"{portion}={number}" for portion, number in counts.items()]


def made_tables(context: Context) -> dict[str, list[str]]:
    """Tables that a job makes, as inputs.

    A row concerns its own shard alone, and ``follows`` tells of those of a table that is given.
    """
    dataset = context.config.dataset
    tables = {"videos": dataset.videos, "captions": dataset.captions}
    return {k: [one] if one and context.is_made(one) else [] for k, one in tables.items()}


def feature_folders(stores: Sequence[str]) -> list[str]:
    """``expert=folder`` of each: a list of all stores is longer than a command line can be."""
    folders = dict.fromkeys(Path(store).parent for store in stores)
    return [f"{folder.name}={folder}" for folder in folders]


class RenderDemo(Job):
    """The corpus that the project renders."""

    stage, rule = "demo", "render_demo"
    patterns = ("data/demo/videos.csv", "data/demo/captions.csv")

    def options(self) -> Mapping[str, Option]:
        demo = self.config.demo
        return {
            **{"--train": demo.train, "--val": demo.val, "--test": demo.test},
            **{"--captions-per-clip": demo.captions_per_clip, "--seed": demo.seed},
        }

    def facts(self) -> Sequence[object]:
        return self.context.ffmpeg


class ProbeVideos(Job):
    """What is known of each video before it is decoded."""

    stage, rule, patterns = "video", "probe_videos", (SHARD_MANIFEST,)
    uncounted = frozenset(
        {"--videos", "--captions", "--shards", "--timeout-seconds", "--memory-gb"}
    )

    def inputs(self) -> Inputs:
        return made_tables(self.context)

    def options(self) -> Mapping[str, Option]:
        video, dataset = self.config.video, self.config.dataset
        return {
            **{"--videos": dataset.videos, "--captions": dataset.captions},
            "--shards": _as_option(self.config.dataset.shards.counts()),
            **{"--timeout-seconds": video.timeout_seconds, "--memory-gb": video.memory_gb},
            "--journal": f"results/video/work/probed/{self.shard}.jsonl",
        }

    def facts(self) -> Sequence[object]:
        return [self.context.shard_rows(self.shard), self.context.attempt("", self.shard)]


class IndexVideos(Job):
    """All manifests as one."""

    stage, rule, patterns = "video", "index_videos", (MANIFEST,)
    uncounted = frozenset({"--max-failed-fraction"})

    def inputs(self) -> Inputs:
        return {
            "manifests": [SHARD_MANIFEST.format(shard=shard) for shard in self.context.shards_of()]
        }

    def options(self) -> Mapping[str, Option]:
        fraction = self.config.video.max_failed_fraction
        return {"--shards": shard_counts(self.context), "--max-failed-fraction": fraction}

    def input_options(self, inputs: Inputs) -> Mapping[str, Option]:
        return {"--manifests": str(Path(inputs["manifests"][0]).parent)}


class DecodeVideos(Job):
    """Pictures and sound of a shard, at all moments that the experts ask for."""

    stage, rule, patterns, is_temporary = "video", "decode_videos", (MEDIA,), True
    uncounted = frozenset(
        {"--shards", "--videos", "--max-failed-fraction", "--timeout-seconds", "--memory-gb"}
    )

    def inputs(self) -> Inputs:
        return {"manifest": [SHARD_MANIFEST.format(shard=self.shard)]}

    def options(self) -> Mapping[str, Option]:
        video, context = self.config.video, self.context
        requests = [context.request(name) for name in self.config.extracted_experts()]
        return {
            "--requests": [asked.model_dump_json(exclude_none=True) for asked in requests],
            **{"--shards": shard_counts(context), "--videos": context.number_of_videos()},
            **{"--timeout-seconds": video.timeout_seconds, "--memory-gb": video.memory_gb},
            "--max-failed-fraction": video.max_failed_fraction,
            **{"--finished": "results/experts/work", "--work": f"results/video/work/{self.shard}"},
        }


class ExtractExpert(Job):
    """What one network sees in a shard."""

    stage, rule, patterns = "experts", "extract_expert", (FEATURES, SHARD_LEDGER)

    @staticmethod
    def values(context: Context) -> Mapping[str, Iterable[str]]:
        return {"expert": context.config.extracted_experts()}

    def inputs(self) -> Inputs:
        shard = self.shard
        return {
            "manifest": [SHARD_MANIFEST.format(shard=shard)],
            "media": [MEDIA.format(shard=shard)],
        }

    def input_options(self, inputs: Inputs) -> Mapping[str, Option]:
        return {"--manifest": inputs["manifest"], "--media": inputs["media"]}

    def options(self) -> Mapping[str, Option]:
        request = self.context.request(self.expert).model_dump_json(exclude_none=True)
        return {"--request": request, "--work": f"results/experts/work/{self.expert}/{self.shard}"}

    def facts(self) -> Sequence[object]:
        return [self.context.attempt(self.expert, self.shard)]

    def gpus(self) -> int:
        return self.config.request(self.expert).gpus


class ImportExpert(Job):
    """Features that were made elsewhere, of the videos of a shard."""

    stage, rule, patterns = "experts", "import_expert", (FEATURES, SHARD_LEDGER)
    uncounted = frozenset({"--videos", "--captions", "--shards"})

    @staticmethod
    def values(context: Context) -> Mapping[str, Iterable[str]]:
        return {"expert": context.config.imported_experts()}

    def inputs(self) -> Inputs:
        # a URL is read in place; Snakemake does not look whether it has changed
        features = [] if is_url(self._file) else [self._file]
        return {"features": features, **made_tables(self.context)}

    def options(self) -> Mapping[str, Option]:
        dataset = self.config.dataset
        tables = {"--videos": dataset.videos, "--captions": dataset.captions}
        return {**tables, "--shards": _as_option(dataset.shards.counts())}

    def input_options(self, inputs: Inputs) -> Mapping[str, Option]:
        return {"--features": inputs["features"] or self._file}

    def facts(self) -> Sequence[object]:
        ids = self.context.shard_ids(self.shard)
        return [self._file, self.context.content(self._file), ids]

    @property
    def _file(self) -> str:
        return self.config.imported_experts()[self.expert]


class IndexExperts(Job):
    """All features and ledgers at a glance."""

    stage, rule, patterns = "experts", "index_experts", ("results/experts/index.parquet", LEDGER)

    def inputs(self) -> Inputs:
        experts, shards = self.config.used_experts(), self.context.shards_of()
        return {
            "features": of_shards(FEATURES, experts, shards),
            "ledgers": of_shards(SHARD_LEDGER, experts, shards),
        }

    def input_options(self, inputs: Inputs) -> Mapping[str, Option]:
        shards = shard_counts(self.context)
        return {"--features": feature_folders(inputs["features"]), "--shards": shards}


class CheckFailures(Job):
    """What failed, and whether that is too much."""

    stage, rule, patterns = "experts", "check_failures", (FAILURES,)

    def inputs(self) -> Inputs:
        return {"ledger": [LEDGER]}

    def options(self) -> Mapping[str, Option]:
        return {"--max-failed-fraction": self.config.video.max_failed_fraction}
