"""What the jobs of a run will cost, from what was measured of a few. Arithmetic alone."""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import cast

from teachtext.config.pruning import SEPARATOR
from teachtext.config.whole import Config
from teachtext.experts.planning import ExpertCost, MediaSample
from teachtext.jobs.plan import PlannedJob
from teachtext.tables.dataset import SPLITS, Split
from teachtext.tables.shards import Portion, portion_of
from teachtext.text.planning import EncoderCost
from teachtext.training.planning import ModelCost

MACHINE_ERROR = 0.2
"""Of every estimate: how much faster or slower the same work is when other work runs beside it."""
REPORT_STARTS = 6
"""Starts of a job that writing the report takes, which imports as much as it computes."""


@dataclass(frozen=True)
class RunSizes:
    """How much there is to work on.

    Attributes:
        videos: Number of videos.
        captions: Number of captions by split.
        captioned: Number of videos with captions by split.
    """

    videos: int
    captions: Mapping[Split, int]
    captioned: Mapping[Split, int]

    def of_portion(self, portion: Portion) -> int:
        """Number of videos of a portion."""
        if portion == "none":
            return self.videos - sum(self.captioned.values())
        return sum(self.captioned[split] for split in SPLITS if portion_of(split) == portion)


@dataclass(frozen=True)
class Measured:
    """What a few videos, captions and training steps took.

    Attributes:
        start_seconds: Time to start a job in seconds.
        start_bytes: Memory of a job that computes little in bytes.
        media: Probed and decoded videos; None if nothing is left to decode.
        experts: Cost by expert with jobs left.
        encoders: Cost by text encoder with jobs left.
        models: Cost by model with jobs left.
    """

    start_seconds: float
    start_bytes: int
    media: MediaSample | None
    experts: Mapping[str, ExpertCost]
    encoders: Mapping[str, EncoderCost]
    models: Mapping[str, ModelCost]


@dataclass(frozen=True)
class JobCost:
    """Estimated cost of a job.

    Attributes:
        seconds: Time in seconds.
        memory_bytes: Memory in bytes.
        disk_bytes: Size of the outputs in bytes.
        error: Error of ``seconds`` that comes from the sample, relative to it.
        threads: Number of threads that it computes with.
    """

    seconds: float
    memory_bytes: float
    disk_bytes: float = 0.0
    error: float = 0.0
    threads: int = 1


@dataclass(frozen=True)
class CostSum:
    """Some jobs together.

    Attributes:
        jobs: Number of jobs.
        untimed: Number of jobs whose cost is unknown; they count as nothing.
        seconds: Time of all jobs, one after another.
        low: Lower end of that time.
        high: Upper end of that time.
        disk_bytes: Size of the outputs.
        memory_bytes: Memory of the largest job.
    """

    jobs: int
    untimed: int
    seconds: float
    low: float
    high: float
    disk_bytes: float
    memory_bytes: float


def sum_costs(costs: Sequence[JobCost | None]) -> CostSum:
    """The sum of some jobs; the errors of a sample do not cancel out."""
    known = [cost for cost in costs if cost is not None]
    return CostSum(
        len(costs),
        len(costs) - len(known),
        sum(cost.seconds for cost in known),
        sum(cost.seconds / (1 + MACHINE_ERROR + 2 * cost.error) for cost in known),
        sum(cost.seconds * (1 + MACHINE_ERROR + 2 * cost.error) for cost in known),
        sum(cost.disk_bytes for cost in known),
        max((cost.memory_bytes for cost in known), default=0.0),
    )


def wall_seconds(costs: Iterable[tuple[str, JobCost | None]], *, cores: int) -> float:
    """Time until all jobs have ended, if those of a rule begin when the rules before it have ended.

    Args:
        costs: Rule and cost of each job, in the order of the rules.
        cores: Number of cores of the run.
    """
    rules: dict[str, list[JobCost]] = {}
    for rule, cost in costs:
        rules.setdefault(rule, []).extend([] if cost is None else [cost])
    return sum(_makespan(jobs, cores) for jobs in rules.values())


def _makespan(costs: Sequence[JobCost], cores: int) -> float:
    threads = max((cost.threads for cost in costs), default=1)
    ends = [0.0] * max(1, cores // threads)
    for seconds in sorted((cost.seconds for cost in costs), reverse=True):
        heapq.heapreplace(ends, ends[0] + seconds)
    return max(ends)


class Costs:
    """The cost of any job of a run.

    Args:
        config: Configuration of the run.
        sizes: How much there is to work on.
        measured: What a few of it took.
    """

    def __init__(self, config: Config, sizes: RunSizes, measured: Measured) -> None:
        self._config, self._sizes, self._measured = config, sizes, measured
        asked: dict[str, Callable[[str, str], JobCost | None]] = {
            "probe_videos": self._probe,
            "decode_videos": self._decode,
            "extract_expert": self._extract,
            "import_expert": self._import,
            "embed_captions": self._embed,
            **dict.fromkeys(("train_teacher", "train_student", "train_pruned"), self._train),
            "compute_similarities": self._compare,
            "denoise_captions": self._denoise,
            "evaluate_model": self._evaluate,
            "build_index": self._index,
            "write_report": lambda *_: self._started(REPORT_STARTS),
        }
        short = ("index_videos", "index_experts", "check_failures", "review_captions")
        self._asked = {
            **dict.fromkeys((*short, "prune_expert", "compute_pareto"), self._short),
            **asked,
        }

    def of(self, job: PlannedJob) -> JobCost | None:
        """The cost of a job; None: nothing like it was measured."""
        ask = self._asked.get(job.rule)
        name, _, rest = job.item.partition("/")
        return None if ask is None else ask(name, rest)

    def _started(self, times: int) -> JobCost:
        return JobCost(times * self._measured.start_seconds, self._measured.start_bytes)

    def _short(self, _name: str, _rest: str) -> JobCost:
        return self._started(1)

    def _probe(self, shard: str, _rest: str) -> JobCost | None:
        return self._of_media(shard, lambda media: media.probe_seconds)

    def _decode(self, shard: str, _rest: str) -> JobCost | None:
        return self._of_media(shard, lambda media: media.decode_seconds)

    def _of_media(self, shard: str, seconds: Callable[[MediaSample], float]) -> JobCost | None:
        media, start = self._measured.media, self._measured
        if media is None:
            return None
        memory = start.start_bytes + media.decoder_bytes
        return JobCost(start.start_seconds + self._videos_in(shard) * seconds(media), memory)

    def _videos_in(self, shard: str) -> float:
        """Number of videos of a shard, of which all of a portion have about as many."""
        portion = cast("Portion", shard.rpartition("-")[0])
        return self._sizes.of_portion(portion) / self._config.dataset.shards.counts()[portion]

    def _extract(self, expert: str, shard: str) -> JobCost | None:
        return self._expert(expert, self._videos_in(shard), times=1)

    def _import(self, expert: str, shard: str) -> JobCost | None:
        # what was read is written, too
        return self._expert(expert, self._videos_in(shard), times=2)

    def _expert(self, expert: str, videos: float, *, times: int) -> JobCost | None:
        cost = self._measured.experts.get(expert)
        if cost is None:
            return None
        seconds = cost.start_seconds + times * videos * cost.seconds
        return JobCost(seconds, cost.peak_bytes, videos * cost.bytes, cost.error)

    def _embed(self, encoder: str, portion: str) -> JobCost | None:
        cost = self._measured.encoders.get(encoder)
        if cost is None:
            return None
        sizes = self._sizes.captions
        captions = sum(sizes[split] for split in SPLITS if portion_of(split) == portion)
        size = captions * fmean(cost.tokens) * cost.dim * 2
        return JobCost(cost.start_seconds + captions * cost.seconds, cost.peak_bytes, size)

    def _model(self, model: str) -> ModelCost | None:
        """Of a model; of one that was not measured, such as a pruning's, that of some other."""
        models = self._measured.models
        return models.get(model.split(SEPARATOR)[0]) or next(iter(models.values()), None)

    def _of_model(
        self, model: str, seconds: Callable[[ModelCost], float], size: float = 0.0
    ) -> JobCost | None:
        cost = self._model(model)
        if cost is None:
            return None
        whole = cost.start_seconds + seconds(cost)
        return JobCost(whole, cost.peak_bytes, size, threads=self._config.training.threads)

    def _train(self, model: str, _seed: str) -> JobCost | None:
        cost = self._model(model)
        if cost is None:
            return None
        name = model.split(SEPARATOR)[0]
        known = name in self._config.entries()
        training = self._config.training_of(name) if known else self._config.training
        sizes = self._sizes.captioned
        whole, rest = divmod(sizes["train"], training.batch_size)
        epoch = (whole + (rest > 1)) * cost.step_seconds + self._asking(cost, "val")
        reading = self._reading(cost, sizes["train"]) + self._reading(cost, sizes["val"])
        seconds = cost.start_seconds + reading + training.epochs * epoch
        size = 4.0 * cost.parameters
        return JobCost(seconds, cost.peak_bytes, size, threads=training.threads)

    def _asking(self, cost: ModelCost, split: Split) -> float:
        """Seconds of comparing all captions of a split with all its videos."""
        captions, videos = self._sizes.captions[split], self._sizes.captioned[split]
        embedding = captions * cost.caption_seconds + videos * cost.video_seconds
        return embedding + captions * videos * cost.pair_seconds

    def _reading(self, cost: ModelCost, videos: int) -> float:
        """Seconds of reading features: of every shard at least what opening the stores takes."""
        shards = sum(self._config.dataset.shards.counts().values())
        return shards * cost.read_seconds * max(1.0, videos / shards / cost.read_videos)

    def _showing(self, cost: ModelCost, split: Split) -> float:
        """Seconds of reading a split, and comparing what is in it."""
        return self._reading(cost, self._sizes.captioned[split]) + self._asking(cost, split)

    def _compare(self, model: str, _seed: str) -> JobCost | None:
        pairs = self._sizes.captions["train"] * self._sizes.captioned["train"]
        return self._of_model(model, lambda cost: self._showing(cost, "train"), 2.0 * pairs)

    def _denoise(self, captions: str, seed: str) -> JobCost | None:
        cost = self._model("")
        if cost is None:
            return None
        teachers = self._config.denoise[captions].teachers
        seeds = sum(len(self._config.seeds_of(teacher, seed)) for teacher in teachers)
        pairs = self._sizes.captions["train"] * self._sizes.captioned["train"]
        return JobCost(cost.start_seconds + seeds * pairs * cost.pair_seconds, cost.peak_bytes)

    def _evaluate(self, model: str, _seed: str) -> JobCost | None:
        settings, sizes = self._config.evaluate, self._sizes
        bank = min(settings.bank_captions, sizes.captions["train"]) * bool(settings.normalizations)

        def seconds(cost: ModelCost) -> float:
            hubs = bank * (cost.caption_seconds + sizes.captioned["test"] * cost.pair_seconds)
            return self._showing(cost, "val") + self._showing(cost, "test") + hubs

        return self._of_model(model, seconds)

    def _index(self, model: str, _seed: str) -> JobCost | None:
        cost = self._model(model)
        if cost is None:
            return None
        captions, videos = sum(self._sizes.captions[one] for one in SPLITS), self._sizes.videos
        embedding = captions * cost.caption_seconds + videos * cost.video_seconds
        seconds = self._reading(cost, videos) + embedding
        size = (captions + videos) * cost.video_bytes / 2  # kept as float16
        memory = cost.peak_bytes + videos * cost.video_bytes
        return JobCost(cost.start_seconds + seconds, memory, size)
