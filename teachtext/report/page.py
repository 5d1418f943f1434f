"""The report as one HTML page that needs nothing else. Records in, text out."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pyarrow as pa
import yaml
from markupsafe import Markup

from teachtext.config.report import PublishedSettings
from teachtext.config.teachers import ModelSeed
from teachtext.evaluation.records import Details, Evaluation
from teachtext.experts.ledger import seconds_of_experts
from teachtext.report import availability, curves, provenance, results, summary
from teachtext.report.agreement import measure_agreement, plot_heat_maps
from teachtext.report.denoised import Review
from teachtext.report.differences import OTHERS, Differences, format_p_value
from teachtext.report.encoders import compare_encoders
from teachtext.report.headline import (
    format_difference,
    format_spread,
    headline,
    judge,
    nothing_measured,
)
from teachtext.report.inputs import DenoisedSet, History
from teachtext.report.mixture import plot_weights
from teachtext.report.prunings import PruningResult
from teachtext.report.reproduction import LIMIT, ROUNDING_STD, set_beside
from teachtext.report.shown_queries import ShownQueries
from teachtext.tables.dataset import SPLITS
from teachtext.video.manifest import VideoRecord

_FOLDER = Path(__file__).parent
MAX_REASONS = 50
MAX_FAILED_VIDEOS = 50
VERDICTS = {"better": "better", "worse": "worse", "open": "no clear difference"}


@dataclass(frozen=True)
class Report:
    """All content of the page.

    Attributes:
        manifest: Records of all videos; empty if only features are available.
        ledger: Ledger with one row per video and expert.
        splits: Name of each split, and its numbers of captions and videos.
        details: Details of every model and seed.
        heat_map: Number of captions that a heat map shows.
        published: Pairing of models with published rows; None if there is none.
        captions_sha256: SHA-256 of the table of captions.
        config: Complete config.yaml, with the changes of the command line.
    """

    title: str
    evaluations: Sequence[Evaluation]
    details: Mapping[ModelSeed, Details]
    heat_map: int
    histories: Sequence[History]
    manifest: Sequence[VideoRecord]
    ledger: pa.Table
    splits: Sequence[tuple[str, int, int]]
    captions_sha256: str
    denoised: Sequence[DenoisedSet]
    reviews: Sequence[Review]
    differences: Differences
    published: PublishedSettings | None
    prunings: Sequence[PruningResult]
    shown_queries: ShownQueries | None
    config: Mapping[str, Any]


def render_page(report: Report) -> str:
    """The whole page as HTML. The same records give the same text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "spread": format_spread,
        "difference": format_difference,
        "p_value": format_p_value,
        "rank": format_rank,
        "millions": format_millions,
        "duration": format_duration,
    }
    return environment.get_template("page.html").render(_context(report))


def format_rank(rank: float | None) -> str:
    """A rank as people count, from 1.

    >>> format_rank(0.0), format_rank(16.5), format_rank(None)
    ('1', '17.5', '')
    """
    return "" if rank is None else f"{rank + 1:.1f}".removesuffix(".0")


def format_millions(parameters: int) -> str:
    """A number of parameters, short.

    >>> format_millions(1_234_567), format_millions(262_700_000), format_millions(2_500)
    ('1.23 M', '263 M', '0.0025 M')
    """
    return f"{float(f'{parameters / 1e6:.3g}'):g} M"


def format_duration(seconds: float) -> str:
    """A duration in the unit that people would use.

    >>> format_duration(8.25), format_duration(150), format_duration(7_200)
    ('8.2 s', '2.5 min', '2.0 h')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def _context(report: Report) -> dict[str, Any]:
    models = summary.summarize_models(report.evaluations)
    script = (_FOLDER / "page.js").read_text(encoding="utf-8")
    return {
        "report": report,
        "models": models,
        **(_measured(report, models) if models else {"findings": [nothing_measured()]}),
        **_availability(report),
        **_provenance(report, models),
        "script": Markup(script),
        "script_hash": _content_hash(script),
        "style": Markup((_FOLDER / "page.css").read_text(encoding="utf-8")),
    }


def _measured(report: Report, models: Sequence[summary.ModelSummary]) -> dict[str, Any]:
    """What models were measured by, of which there is at least one."""
    tables = results.result_tables(models, report.evaluations[0])
    published = report.published if report.published and report.published.rows else None
    return {
        **_findings(report, models),
        "untrained": summary.UNTRAINED,
        "other_metrics": OTHERS,
        "has_val": any(evaluation.val is not None for evaluation in report.evaluations),
        "tables": tables,
        "reproduction": published and set_beside(published, models, tables),
        "limit": LIMIT,
        "rounding_std": ROUNDING_STD,
        "costs": results.cost_rows(models, report.evaluations, report.histories),
        "training": curves.plot_training(models, report.histories, report.evaluations),
        "recalls": curves.plot_recalls(models, report.evaluations),
        **_similarities(report, models),
    }


def _findings(report: Report, models: Sequence[summary.ModelSummary]) -> dict[str, Any]:
    """What differs, and what is sure of it."""
    comparisons = summary.compare(models)
    effects = report.differences.by_pair
    seconds = seconds_of_experts(report.ledger)
    return {
        "findings": headline(models, comparisons, effects, seconds),
        "comparisons": [
            (pair, effects[pair.names], judge(pair, effects[pair.names])) for pair in comparisons
        ],
        "verdicts": VERDICTS,
        "encoders": compare_encoders(models, effects),
        "encoder_colors": summary.COLORS,
    }


def _similarities(report: Report, models: Sequence[summary.ModelSummary]) -> dict[str, Any]:
    """How alike models are, and what they weigh."""
    first = next(iter(report.details.values()))
    return {
        "agreement": measure_agreement(models, report.details),
        "sample_size": len(first.captions),
        "top_size": first.top_QK.shape[1],
        "heat_maps": plot_heat_maps(models, report.details, size=report.heat_map),
        "heat_size": min(report.heat_map, len(first.captions)),
        "mixtures": plot_weights(models, report.details),
    }


def _availability(report: Report) -> dict[str, Any]:
    reasons = availability.count_reasons(report.ledger)
    failed = availability.list_failed_videos(report.manifest, report.ledger)
    return {
        "statuses": availability.STATUSES,
        "availability": availability.count_availability(report.ledger),
        "reasons": reasons[:MAX_REASONS],
        "more_reasons": max(len(reasons) - MAX_REASONS, 0),
        "failed_videos": failed[:MAX_FAILED_VIDEOS],
        "more_failed_videos": max(len(failed) - MAX_FAILED_VIDEOS, 0),
    }


def _provenance(report: Report, models: Sequence[summary.ModelSummary]) -> dict[str, Any]:
    """What the numbers were made with and from."""
    return {
        "facts": _facts(report, models),
        "versions": provenance.versions_of(report.evaluations),
        "weights": provenance.weights_of(report.evaluations),
        "durations": provenance.durations_of(report.histories, report.ledger),
        "configuration": yaml.safe_dump(report.config, sort_keys=False, allow_unicode=True),
    }


def _facts(report: Report, models: Sequence[summary.ModelSummary]) -> list[tuple[str, str]]:
    seeds = sorted({evaluation.seed for evaluation in report.evaluations})
    clips = len(report.manifest)
    readable = sum(record.status == "ok" for record in report.manifest)
    captions = sum(captions for _, captions, _ in report.splits)
    counts = {
        split: f"{captions:,} captions of {videos:,} videos"
        for split, captions, videos in report.splits
    }
    hashed = provenance.hash_videos(report.manifest)
    return [
        ("models", str(len(models))),
        ("seeds", ", ".join(map(str, seeds))),
        (
            "videos that can be read",
            f"{readable:,} of {clips:,}" if clips else "none, features alone",
        ),
        ("captions", f"{captions:,}"),
        *((f"split {split}", counts.get(split, f"no {split} split")) for split in SPLITS),
        *([("SHA-256 of the captions", report.captions_sha256)] if captions else []),
        *([("SHA-256 of the videos", hashed)] if clips else []),
    ]


def _content_hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
