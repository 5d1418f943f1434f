"""Jobs from models to what people look at: stages evaluate, search and report."""

from collections.abc import Mapping, Sequence

from teachtext.jobs.job import Inputs, Job, Option
from teachtext.jobs.models import EVALUATION, KEPT_CAPTIONS, MODEL, RANKS, REVIEW, UsesModel
from teachtext.jobs.text import TUNED
from teachtext.jobs.videos import FAILURES, LEDGER, MANIFEST
from teachtext.tables.shards import CAPTIONED, PORTIONS

INDEX = "results/search/{model}/{seed}"
REPORT = "results/report/index.html"


class EvaluateModel(UsesModel):
    """Metrics and ranks on the test split."""

    stage, rule, patterns = "evaluate", "evaluate_model", (EVALUATION, RANKS)
    portions = CAPTIONED

    def options(self) -> Mapping[str, Option]:
        return {"--settings": self.config.evaluate.model_dump_json()}


class BuildIndex(UsesModel):
    """All videos as a model sees them."""

    stage, rule, patterns = "search", "build_index", (INDEX,)
    portions = PORTIONS
    uncounted = frozenset({"--settings", "--text-encoder"})

    def inputs(self) -> Inputs:
        manifest = [MANIFEST] if self.config.dataset.videos else []
        return {**super().inputs(), "manifest": manifest}

    def options(self) -> Mapping[str, Option]:
        settings = self.config.search.model_dump_json()
        return {"--settings": settings, "--text-encoder": self._text_encoder()}

    def input_options(self, inputs: Inputs) -> Mapping[str, Option]:
        return {**super().input_options(inputs), "--manifest": inputs["manifest"] or None}

    def facts(self) -> Sequence[object]:
        # which other models have an index decides nothing
        return [self.config.search.model_dump(exclude={"models"})]

    def _text_encoder(self) -> str | None:
        """None where the token vectors are made elsewhere: nothing embeds a query then."""
        name = self.config.text_encoder_of(self.model)
        if name not in self.config.encoders():
            return None
        tuned = TUNED.format(text_encoder=name) if self.context.is_tuned(name) else ""
        return self.config.encoders()[name].embeds_from(tuned).model_dump_json(exclude_none=True)


class WriteReport(Job):
    """The page."""

    stage, rule, patterns = "report", "write_report", (REPORT,)
    ageless = frozenset({"captions"})
    uncounted = frozenset(
        {"--title", "--queries", "--results-per-query", "--seed", "--heat-map"}
        | {"--bootstrap-samples", "--bootstrap-seed"}
    )

    def inputs(self) -> Inputs:
        config = self.config
        runs = [
            {"model": model, "seed": seed}
            for model, seeds in config.evaluated().items()
            for seed in seeds
        ]
        sets = [{"captions": name, "seed": s} for name in config.denoise for s in config.seeds]
        return {
            "evaluations": [EVALUATION.format_map(run) for run in runs],
            "ranks": [RANKS.format_map(run) for run in runs],
            "models": [MODEL.format_map(run) for run in runs],
            "manifest": [MANIFEST] if config.dataset.videos else [],
            "ledger": [LEDGER],
            "failures": [FAILURES],
            "captions": [config.dataset.captions] if config.dataset.captions else [],
            "denoise": [KEPT_CAPTIONS.format_map(one) for one in sets],
            "reviews": [REVIEW.format(captions=name) for name in config.denoise],
            "searches": [f"results/pruned/{name}/pareto.parquet" for name in config.prunings()],
        }

    def options(self) -> Mapping[str, Option]:
        report = self.config.report
        published = report.published.model_dump_json() if report.published else None
        return {
            **{"--title": report.title, "--queries": report.queries},
            **{"--results-per-query": report.results_per_query, "--seed": report.seed},
            **{"--heat-map": report.heat_map, "--bootstrap-samples": report.bootstrap.samples},
            **{"--bootstrap-seed": report.bootstrap.seed, "--published": published},
            "--config": self.config.model_dump_json(by_alias=True),
        }

    def input_options(self, inputs: Inputs) -> Mapping[str, Option]:
        return {"--manifest": inputs["manifest"] or None, "--captions": inputs["captions"] or None}

    def facts(self) -> Sequence[object]:
        return [self.context.content(self.config.dataset.captions)]
