"""Compare evaluated models with one of them: differences, 95 % intervals, p-values."""

import argparse
import sys
from pathlib import Path

import numpy as np

from teachtext.config.home import home_at
from teachtext.errors import StoreError
from teachtext.evaluation.records import Evaluation, read_evaluation
from teachtext.evaluation.significance import COMPARED_METRICS, Difference
from teachtext.report.differences import Differences, compare_models, format_p_value


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    home = home_at(args.directory)
    names = dict.fromkeys([*args.models, args.against])
    evaluations = _of_common_seeds(
        [_evaluations(home.results / "evaluate", model) for model in names]
    )
    pairs = [(model, args.against) for model in args.models]
    generator = np.random.default_rng(args.seed)
    found = compare_models(evaluations, pairs, samples=args.samples, generator=generator)
    sys.stdout.write(_table(found, evaluations, args.against))


def _evaluations(folder: Path, model: str) -> list[Evaluation]:
    """Evaluations of all seeds of a model."""
    evaluated = sorted(path.name for path in folder.glob("*") if path.is_dir())
    if model not in evaluated:
        raise StoreError(
            f"{model!r} is not among the evaluated models in {folder}: "
            f"{', '.join(evaluated) or 'there are none'}. Name one of them, or run snakemake."
        )
    return [read_evaluation(path) for path in sorted((folder / model).glob("*.json"))]


def _of_common_seeds(by_model: list[list[Evaluation]]) -> list[Evaluation]:
    """Evaluations of the seeds that all models have; untrained models count once."""
    trained = [seeds for seeds in by_model if seeds[0].training is not None]
    common = set.intersection(*({one.seed for one in seeds} for seeds in trained or by_model))
    if not common:
        raise StoreError("These models have no seed in common. Run snakemake to evaluate them.")
    return [
        one for seeds in by_model for one in seeds if one.training is None or one.seed in common
    ]


def _table(differences: Differences, evaluations: list[Evaluation], reference: str) -> str:
    seeds = ", ".join(str(one.seed) for one in evaluations if one.model == reference)
    queries = len(evaluations[0].text_queries)
    width = max(len(row.model) for row in differences.rows)
    head = "".join(f"{metric.replace('_', ' '):>28}" for metric in COMPARED_METRICS)
    lines = [
        f"Points of text-to-video recall above {reference}, means over seeds {seeds}; 95 % of "
        f"{differences.samples:,} draws of the test videos, {queries:,} queries",
        f"{'':{width}}{head}{'p':>9}",
    ]
    for row in differences.rows:
        cells = "".join(f"{_cell(row.by_metric[metric]):>28}" for metric in COMPARED_METRICS)
        lines.append(f"{row.model:{width}}{cells}{format_p_value(row.headline.p_value):>9}")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _cell(found: Difference) -> str:
    return f"{found.value:+.1f} ({found.low:+.1f} to {found.high:+.1f})"
