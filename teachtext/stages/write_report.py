"""Write the report, one HTML page: ``python -m teachtext write-report --help``."""

import argparse
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError

from teachtext.config.checks import first_problem
from teachtext.config.published import check_published
from teachtext.config.teachers import ModelSeed
from teachtext.config.whole import Config
from teachtext.errors import ConfigError
from teachtext.evaluation.records import Evaluation, read_details, read_evaluation
from teachtext.experts.ledger import LEDGER_SCHEMA
from teachtext.files.atomic import replacing
from teachtext.files.hashing import file_sha256
from teachtext.report import inputs
from teachtext.report.agreement import check_samples
from teachtext.report.configured import check_configured
from teachtext.report.denoised import build_reviews
from teachtext.report.differences import Differences, measure_differences
from teachtext.report.encoders import encoder_pairs
from teachtext.report.inputs import ModelRecord
from teachtext.report.page import Report, render_page
from teachtext.report.prunings import read_pruning
from teachtext.report.shown_queries import ShownQueries, choose_evaluation, show_queries
from teachtext.report.summary import compare, summarize_models
from teachtext.store.tables import read_table
from teachtext.video.manifest import VideoRecord, manifest_records

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Read everything that was measured and write one page that needs nothing else."""
    log.info("Writing the report of %d evaluations.", len(args.evaluations))
    models = [inputs.read_model(folder) for folder in args.models]
    report = read_report(args, models)
    runs = {path: inputs.read_runs(path) for path in args.searches}
    config = _config(args.config)
    check_configured(config, report.evaluations, models, report.denoised, runs)
    page = render_page(report)
    with replacing(args.output) as path:
        path.write_text(page, encoding="utf-8", newline="\n")
    log.info("Wrote %s, %d kB.", args.output, len(page.encode()) // 1000)


def _config(values: Mapping[str, Any]) -> Config:
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"--config: {first_problem(error)}") from None


def read_report(args: argparse.Namespace, models: Sequence[ModelRecord]) -> Report:
    """Read everything that the page shows."""
    evaluations = [read_evaluation(path) for path in args.evaluations]
    details = {ModelSeed(one.model, one.seed): read_details(one.ranks_path) for one in evaluations}
    check_samples(evaluations, details)
    if args.published is not None:
        check_published(args.published, [evaluation.model for evaluation in evaluations])
    # without a manifest the features were made elsewhere
    manifest = [] if args.manifest is None else manifest_records(read_table(args.manifest))
    videos = {record.video_id: record for record in manifest}
    return Report(
        title=args.title,
        evaluations=evaluations,
        details=details,
        heat_map=args.heat_map,
        histories=inputs.histories_of(models),
        manifest=manifest,
        ledger=read_table(args.ledger, LEDGER_SCHEMA.names),
        splits=[] if args.captions is None else inputs.read_split_counts(args.captions),
        captions_sha256="" if args.captions is None else file_sha256(args.captions),
        config=args.config,
        denoised=[inputs.read_denoised(path) for path in args.denoise],
        reviews=build_reviews(args.reviews, videos),
        differences=_differences(args, evaluations),
        published=args.published,
        prunings=[read_pruning(path, place=place) for place, path in enumerate(args.searches)],
        shown_queries=_shown_queries(args, evaluations, videos) if evaluations else None,
    )


def _shown_queries(
    args: argparse.Namespace, evaluations: Sequence[Evaluation], videos: Mapping[str, VideoRecord]
) -> ShownQueries:
    return show_queries(
        choose_evaluation(evaluations),
        videos,
        queries=args.queries,
        results_per_query=args.results_per_query,
        generator=np.random.default_rng(args.seed),
    )


def _differences(args: argparse.Namespace, evaluations: Sequence[Evaluation]) -> Differences:
    """Differences of students, and of models that the page compares in words or own tables."""
    if not evaluations:
        return Differences((), args.bootstrap_samples, {})
    models = summarize_models(evaluations)
    return measure_differences(
        evaluations,
        [*(pair.names for pair in compare(models)), *encoder_pairs(models)],
        samples=args.bootstrap_samples,
        generator=np.random.default_rng(args.bootstrap_seed),
    )
