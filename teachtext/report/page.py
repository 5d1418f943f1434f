"""The report as one HTML page that needs nothing else. Records in, text out."""

import base64
import hashlib
import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pyarrow as pa
from markupsafe import Markup

from teachtext import __version__
from teachtext.dataset import SPLITS
from teachtext.report import availability, curves, results, summary
from teachtext.report.denoised import Review
from teachtext.report.differences import OTHERS, Differences, format_p_value
from teachtext.report.gallery import Gallery
from teachtext.report.headline import format_difference, format_spread, headline
from teachtext.report.inputs import DenoisedSet, Evaluation, History
from teachtext.report.reproduction import LIMIT, ROUNDING_STD, set_beside
from teachtext.report.searches import SearchResult
from teachtext.report.settings import PublishedSettings

FOLDER = Path(__file__).parent
MAX_REASONS = 50
MAX_FAILED_VIDEOS = 50
VERDICTS = {
    "better": "better",
    "within": "within the spread",
    "worse": "worse",
    "one seed": "one seed only",
}


@dataclass(frozen=True)
class Report:
    """Everything that the page shows.

    Attributes:
        manifest: one row per video; none where there are features alone.
        ledger: one row per video and expert.
        splits: split, captions, videos.
        published: which models stand beside which published rows; None: none.
    """

    title: str
    evaluations: Sequence[Evaluation]
    histories: Sequence[History]
    manifest: pa.Table
    ledger: pa.Table
    splits: Sequence[tuple[str, int, int]]
    denoised: Sequence[DenoisedSet]
    reviews: Sequence[Review]
    differences: Differences
    published: PublishedSettings | None
    searches: Sequence[SearchResult]
    gallery: Gallery


def render_page(report: Report) -> str:
    """The whole page as HTML. The same records give the same text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["spread"] = format_spread
    environment.filters["difference"] = format_difference
    environment.filters["p_value"] = format_p_value
    environment.filters["rank"] = format_rank
    environment.filters["millions"] = format_millions
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


def _context(report: Report) -> dict[str, Any]:
    models = summary.summarize(report.evaluations)
    comparisons = summary.compare(models)
    entries = curves.legend(models)
    tables = results.result_tables(models, entries, report.evaluations[0])
    published = report.published if report.published and report.published.rows else None
    script = (FOLDER / "page.js").read_text(encoding="utf-8")
    return {
        "report": report,
        "models": models,
        "sentences": headline(models, comparisons),
        "comparisons": comparisons,
        "untrained": summary.UNTRAINED,
        "verdicts": VERDICTS,
        "other_metrics": OTHERS,
        "legend": entries,
        "has_val": any(evaluation.val is not None for evaluation in report.evaluations),
        "tables": tables,
        "reproduction": published and set_beside(published, models, entries, tables),
        "limit": LIMIT,
        "rounding_std": ROUNDING_STD,
        "costs": results.cost_rows(models, report.evaluations, report.histories),
        "training": curves.plot_training(entries, report.histories, report.evaluations),
        "recalls": curves.plot_recalls(entries, report.evaluations),
        **_availability(report),
        "provenance": provenance(report, models),
        "script": Markup(script),
        "script_hash": _content_hash(script),
        "style": Markup((FOLDER / "page.css").read_text(encoding="utf-8")),
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


def provenance(report: Report, models: Sequence[summary.ModelSummary]) -> list[tuple[str, str]]:
    """What the numbers were made with and from."""
    seeds = sorted({evaluation.seed for evaluation in report.evaluations})
    clips = report.manifest.num_rows
    captions = sum(captions for _, captions, _ in report.splits)
    counts = {
        split: f"{captions:,} captions of {videos:,} videos"
        for split, captions, videos in report.splits
    }
    return [
        ("teachtext", __version__),
        ("Python", platform.python_version()),
        ("torch", _version("torch")),
        ("models", str(len(models))),
        ("seeds", ", ".join(map(str, seeds))),
        ("videos in the manifest", f"{clips:,}" if clips else "none, features alone"),
        ("captions", f"{captions:,}"),
        *((f"split {split}", counts.get(split, f"no {split} split")) for split in SPLITS),
    ]


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _content_hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
