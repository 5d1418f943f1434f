"""Write the report, one HTML page: ``python -m teachtext write-report --help``."""

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import ValidationError

from teachtext.atomic import replacing
from teachtext.config import Config
from teachtext.config_loading import first_problem
from teachtext.errors import ConfigError
from teachtext.evaluation.records import Evaluation, read_details, read_evaluation
from teachtext.experts.ledger import LEDGER_SCHEMA
from teachtext.report import inputs
from teachtext.report.agreement import check_samples
from teachtext.report.configured import check_configured
from teachtext.report.denoised import build_reviews
from teachtext.report.differences import Differences, measure_differences
from teachtext.report.encoders import encoder_pairs
from teachtext.report.gallery import Gallery, build_gallery, choose_evaluation
from teachtext.report.inputs import ModelRecord
from teachtext.report.page import Report, render_page
from teachtext.report.published import check_published
from teachtext.report.searches import read_search
from teachtext.report.settings import PublishedSettings
from teachtext.report.summary import compare, summarize
from teachtext.report.thumbnails import Clip
from teachtext.stages._arguments import settings_json
from teachtext.store.tables import read_table

log = logging.getLogger(__name__)

MANIFEST_COLUMNS = [
    "video_id",
    "path",
    "start_seconds",
    "end_seconds",
    "content_sha256",
    "status",
    "reason",
]


def main(argv: list[str]) -> None:
    """Read everything that was measured and write one page that needs nothing else."""
    arguments = parse(argv)
    log.info("Writing the report of %d evaluations.", len(arguments.evaluations))
    models = [inputs.read_model(folder) for folder in arguments.models]
    report = read_report(arguments, models)
    runs = {path: inputs.read_runs(path) for path in arguments.searches}
    config = _config(arguments.config)
    check_configured(config, report.evaluations, models, report.denoised, runs)
    page = render_page(report)
    with replacing(arguments.output) as path:
        path.write_text(page, encoding="utf-8", newline="\n")
    log.info("Wrote %s, %d kB.", arguments.output, len(page.encode()) // 1000)


def _config(values: Mapping[str, Any]) -> Config:
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"--config: {first_problem(error)}") from None


def read_report(arguments: argparse.Namespace, models: Sequence[ModelRecord]) -> Report:
    """Read everything that the page shows."""
    evaluations = [read_evaluation(path) for path in arguments.evaluations]
    details = {(one.model, one.seed): read_details(one.ranks_path) for one in evaluations}
    check_samples(evaluations, details)
    if arguments.published is not None:
        check_published(arguments.published, [evaluation.model for evaluation in evaluations])
    manifest = _read_manifest(arguments.manifest)
    clips = _clips(manifest)
    return Report(
        title=arguments.title,
        evaluations=evaluations,
        details=details,
        heat_map=arguments.heat_map,
        histories=inputs.histories_of(models),
        manifest=manifest,
        ledger=read_table(arguments.ledger, LEDGER_SCHEMA.names),
        splits=inputs.read_split_counts(arguments.captions),
        captions_sha256=inputs.hash_file(arguments.captions),
        config=arguments.config,
        denoised=[inputs.read_denoised(path) for path in arguments.denoise],
        reviews=build_reviews(arguments.reviews, clips),
        differences=_differences(arguments, evaluations),
        published=arguments.published,
        searches=[read_search(path, place=place) for place, path in enumerate(arguments.searches)],
        gallery=_gallery(arguments, evaluations, clips),
    )


def _gallery(
    arguments: argparse.Namespace, evaluations: Sequence[Evaluation], clips: dict[str, Clip]
) -> Gallery:
    return build_gallery(
        choose_evaluation(evaluations),
        clips,
        queries=arguments.queries,
        results_per_query=arguments.results_per_query,
        generator=np.random.default_rng(arguments.seed),
    )


def _differences(arguments: argparse.Namespace, evaluations: Sequence[Evaluation]) -> Differences:
    """Of students, and of models that the page compares in words or in tables of their own."""
    models = summarize(evaluations)
    return measure_differences(
        evaluations,
        [*(pair.names for pair in compare(models)), *encoder_pairs(models)],
        samples=arguments.bootstrap_samples,
        generator=np.random.default_rng(arguments.bootstrap_seed),
    )


def parse(argv: list[str]) -> argparse.Namespace:
    """The arguments of the stage."""
    parser = argparse.ArgumentParser(prog="teachtext write-report", description=__doc__)
    add = parser.add_argument
    add("--title", required=True, help="heading of the page")
    add("--evaluations", type=Path, nargs="+", required=True, help="JSON files of evaluate-model")
    add("--models", type=Path, nargs="+", required=True, help="directories of the same models")
    add("--manifest", type=Path, help="manifest of the videos; default: there are no videos")
    add("--ledger", type=Path, required=True, help="which expert could read which video")
    add("--captions", type=Path, required=True, help="table of captions")
    add("--denoise", type=Path, nargs="*", required=True, help="denoised captions, may be none")
    add("--reviews", type=Path, nargs="*", required=True, help="captions to review, may be none")
    add("--searches", type=Path, nargs="*", required=True, help="Pareto tables, may be none")
    add("--published", type=settings_json(PublishedSettings), help="JSON; default: no such section")
    add("--queries", type=int, required=True, help="test queries to show")
    add("--results-per-query", type=int, required=True, help="videos to show for each")
    add("--seed", type=int, required=True, help="chooses the queries")
    add("--heat-map", type=int, required=True, help="captions in a heat map of similarities")
    add("--config", type=_json_object, required=True, help="all of config.yaml, as JSON")
    add("--bootstrap-samples", type=int, required=True, help="draws of as many test videos")
    add("--bootstrap-seed", type=int, required=True, help="draws them")
    add("--output", type=Path, required=True, help="the HTML page")
    return parser.parse_args(argv)


def _json_object(text: str) -> dict[str, Any]:
    values = json.loads(text)
    if not isinstance(values, dict):
        raise argparse.ArgumentTypeError("it must be a JSON object")
    return values


def _read_manifest(path: Path | None) -> pa.Table:
    """The manifest; one without rows where the features were made elsewhere."""
    if path is None:
        return pa.table({name: pa.array([], pa.string()) for name in MANIFEST_COLUMNS})
    return read_table(path, MANIFEST_COLUMNS)


def _clips(manifest: pa.Table) -> dict[str, Clip]:
    """Where each video lies, by its id."""
    return {
        row["video_id"]: Clip(
            Path(row["path"] or ""), row["start_seconds"], row["end_seconds"], _why_unreadable(row)
        )
        for row in manifest.to_pylist()
    }


def _why_unreadable(row: dict[str, Any]) -> str:
    if row["status"] == "failed":
        return row["reason"] or "unreadable"
    return "" if row["path"] else "no video file"
