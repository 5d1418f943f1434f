"""All jobs of a run, from the configuration alone; a test holds them to be Snakemake's own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from teachtext.config.models import TeacherSettings
from teachtext.config.pruning import curves, subset_model
from teachtext.config.whole import Config
from teachtext.pruning.search import without_each
from teachtext.store.json_files import read_json

DEMO = "data/demo/videos.csv", "data/demo/captions.csv"
MANIFEST = "results/video/manifest.parquet"
INDEX = "results/experts/index.parquet", "results/experts/ledger.parquet"
FAILURES = "results/experts/failures.csv"
REPORT = "results/report/index.html"
Run = tuple[str, int]
"""Model and seed."""


@dataclass(frozen=True)
class Job:
    """One job of the workflow; paths count from the folder of the run.

    Attributes:
        stage: Stage, as in the name of its file in workflow/rules.
        rule: Name of the rule.
        item: Item that the rule makes, such as ``appearance/3``; empty if the rule has a single
            job.
        outputs: Files and folders that the job writes; empty if not yet known.
        outlived_by: Files and folders made from its outputs, if these are temporary; once they
            exist, its outputs are no longer needed.
    """

    stage: str
    rule: str
    item: str
    outputs: tuple[str, ...]
    outlived_by: tuple[str, ...] = ()

    @property
    def log(self) -> str:
        """Its log."""
        return f"logs/{self.rule}/{self.item or self.rule}.log"

    @property
    def kind(self) -> tuple[str, ...]:
        """Jobs of the same kind take about the same time: one expert's, one model's."""
        return (self.rule, *self.item.split("/")[:-1])


def plan_jobs(config: Config, folder: Path) -> list[Job]:
    """All jobs that lead to the report, in the order of the stages.

    Args:
        config: Configuration of the run.
        folder: Folder of the run; its files determine which models a search trains.
    """
    models = _Models(config, folder)
    stages = [_demo(config), _video(config), _experts(config), _text(config)]
    jobs = [job for stage in stages for job in stage]
    jobs += models.of_section("teachers")
    jobs += models.of_similarities()
    jobs += models.of_captions()
    for section in ("students", "pruned"):
        jobs += models.of_section(section)
    jobs += models.of_searches()
    for section in ("zero_shot", "released"):
        jobs += models.of_section(section)
    jobs += models.of_evaluations()
    jobs += _search(config)
    return [*jobs, Job("report", "write_report", "", (REPORT,))]


def _demo(config: Config) -> Iterator[Job]:
    if config.dataset.name == "demo":
        yield Job("demo", "render_demo", "", DEMO)


def _video(config: Config) -> Iterator[Job]:
    if config.dataset.videos is None:
        return
    shards = range(config.dataset.shards)
    for shard in shards:
        yield Job("video", "probe_videos", f"{shard}", (f"results/video/manifest/{shard}.parquet",))
    yield Job("video", "index_videos", "", (MANIFEST,))
    extracted = config.extracted_experts()
    for shard in shards if extracted else ():
        media = (f"results/video/media/{shard}",)
        features = tuple(path for expert in extracted for path in _features(expert, shard))
        yield Job("video", "decode_videos", f"{shard}", media, outlived_by=features)


def _experts(config: Config) -> Iterator[Job]:
    shards = range(config.dataset.shards)
    for expert in config.extracted_experts():
        for shard in shards:
            item = f"{expert}/{shard}"
            yield Job("experts", "extract_expert", item, _features(expert, shard))
    for expert in config.imported_experts():
        outputs = tuple(path for shard in shards for path in _features(expert, shard))
        yield Job("experts", "import_expert", expert, outputs)
    yield Job("experts", "index_experts", "", INDEX)
    yield Job("experts", "check_failures", "", (FAILURES,))


def _features(expert: str, shard: int) -> tuple[str, str]:
    folder = f"results/experts/{expert}"
    return f"{folder}/{shard}.zarr", f"{folder}/{shard}.parquet"


def _text(config: Config) -> Iterator[Job]:
    names = [*config.entries(), *config.untrained()]
    used = {config.text_encoder_of(name) for name in names}
    encoders = config.encoders()
    for name in sorted(used):
        made = name in encoders
        if made and encoders[name].finetune is not None:
            tuned = (f"results/text/finetuned/{name}",)
            yield Job("text", "finetune_text_encoder", name, tuned)
        rule = "embed_captions" if made else "import_tokens"
        yield Job("text", rule, name, (f"results/text/{name}.parquet",))


def _search(config: Config) -> Iterator[Job]:
    for run in config.searched():
        yield Job("search", "build_index", run, (f"results/search/{run}",))


class _Models:
    """What is trained and what follows from it: each model and seed that something asks for."""

    def __init__(self, config: Config, folder: Path) -> None:
        self._config = config
        self._levels = {name: _levels(config, folder, name) for name in config.searches()}
        self._runs: dict[Run, None] = {}
        self._similarities: dict[Run, None] = {}
        self._captions: dict[Run, None] = {}
        self._evaluated: dict[Run, None] = {}
        for model, seeds in config.evaluated().items():
            self._evaluate(model, seeds)
        for search, levels in self._levels.items():
            self._walk(search, levels)
        for name in config.denoise:
            for seed in config.seeds:
                self._denoise(name, seed)

    def _evaluate(self, model: str, seeds: Iterable[int]) -> None:
        for seed in seeds:
            self._train(model, seed)
            self._evaluated[model, seed] = None

    def _walk(self, search: str, levels: list[list[str]]) -> None:
        """Train the candidates of every level that is known, evaluate what each leaves."""
        config = self._config
        last = len(config.experts_of(search)) - config.searches()[search].keep
        for level, left in enumerate(levels):
            for curve in curves({search: config.searches()[search]}):
                self._evaluate(subset_model(curve, left), config.seeds)
            for candidate in without_each(left) if level < last else ():
                for seed in config.seeds:
                    self._train(subset_model(search, candidate), seed)

    def _train(self, model: str, seed: int) -> None:
        if (model, seed) in self._runs:
            return
        self._runs[model, seed] = None
        if model in self._config.untrained():
            return
        row = self._config.row(model)
        self._ask(row.teachers, seed)
        if row.captions is not None:
            self._denoise(row.captions, seed)

    def _denoise(self, name: str, seed: int) -> None:
        if (name, seed) not in self._captions:
            self._captions[name, seed] = None
            self._ask(self._config.denoise[name].teachers, seed)

    def _ask(self, teachers: Iterable[TeacherSettings], seed: int) -> None:
        for teacher in teachers:
            for its in map(int, self._config.seeds_of(teacher, seed)):
                self._similarities[teacher.model, its] = None
                if teacher.model not in self._config.imported_teachers():
                    self._train(teacher.model, its)

    def of_section(self, section: str) -> Iterator[Job]:
        """The jobs that make the models of a section."""
        rule = _RULES[section]
        for model, seed in self._runs:
            if self._config.section(model) == section:
                outputs = (f"results/models/{model}/{seed}",)
                yield Job(section, rule, f"{model}/{seed}", outputs)

    def of_similarities(self) -> Iterator[Job]:
        """The jobs that bring the teachers' similarities."""
        imported = self._config.imported_teachers()
        for model, seed in self._similarities:
            rule = "import_similarities" if model in imported else "compute_similarities"
            outputs = (f"results/similarities/{model}/{seed}.parquet",)
            yield Job("teachers", rule, f"{model}/{seed}", outputs)

    def of_captions(self) -> Iterator[Job]:
        """The jobs that denoise captions."""
        for name, seed in self._captions:
            outputs = (f"results/denoise/{name}/{seed}.parquet",)
            yield Job("denoise", "denoise_captions", f"{name}/{seed}", outputs)
        for name in self._config.denoise:
            outputs = (f"results/denoise/{name}/review.parquet",)
            yield Job("denoise", "review_captions", name, outputs)

    def of_searches(self) -> Iterator[Job]:
        """The jobs of the searches; those of levels that are not reached have no names yet."""
        config = self._config
        for search, levels in self._levels.items():
            twins = len(curves({search: config.searches()[search]})) - 1
            begins, last = len(levels[0]), len(levels[0]) - config.searches()[search].keep
            for level in range(1, last + 1):
                outputs = (f"results/pruned/{search}/{level}.json",)
                yield Job("pruned", "prune_expert", f"{search}/{level}", outputs)
            for level in range(len(levels), last + 1):
                candidates = begins - level if level < last else 0
                yield from _unnamed("pruned", "train_pruned", config.seeds, twins + candidates)
                yield from _unnamed("evaluate", "evaluate_model", config.seeds, 1 + twins)
            outputs = (f"results/pruned/{search}/pareto.parquet",)
            yield Job("pruned", "compute_pareto", search, outputs)

    def of_evaluations(self) -> Iterator[Job]:
        """The jobs that evaluate."""
        for model, seed in self._evaluated:
            files = tuple(f"results/evaluate/{model}/{seed}.{kind}" for kind in ("json", "parquet"))
            yield Job("evaluate", "evaluate_model", f"{model}/{seed}", files)


_RULES = {
    "teachers": "train_teacher",
    "students": "train_student",
    "pruned": "train_pruned",
    "zero_shot": "build_zero_shot",
    "released": "import_checkpoint",
}
"""Section -> the rule that makes its models."""


def _unnamed(stage: str, rule: str, seeds: list[int], models: int) -> Iterator[Job]:
    for _ in range(models * len(seeds)):
        yield Job(stage, rule, "", ())


def _levels(config: Config, folder: Path, search: str) -> list[list[str]]:
    """The experts that each level of a search leaves, as far as it has come."""
    levels = [config.experts_of(search)]
    for level in range(1, len(levels[0]) - config.searches()[search].keep + 1):
        decided = folder / f"results/pruned/{search}/{level}.json"
        if not decided.exists():
            break
        levels.append(list(read_json(decided)["experts"]))
    return levels
