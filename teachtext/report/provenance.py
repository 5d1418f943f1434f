"""What the numbers were made with and from: versions, weights, data, seeds, durations."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from teachtext import __version__
from teachtext.evaluation.records import Evaluation
from teachtext.pretrained.packages import installed_versions
from teachtext.report.inputs import History
from teachtext.video.manifest import VideoRecord

WRITERS = ("snakemake", "transformers", "matplotlib", "pyarrow", "av")
"""Packages at work where the page is written, and those that its environment may have."""


@dataclass(frozen=True)
class Weights:
    """Frozen weights that features or token vectors come from."""

    kind: str
    used_as: str
    name: str
    sha256: str


@dataclass(frozen=True)
class Duration:
    """How long something took, added up over its jobs."""

    stage: str
    what: str
    seconds: float


def versions_of(evaluations: Sequence[Evaluation]) -> list[tuple[str, str]]:
    """Package and version; several versions where models were evaluated with several."""
    found: dict[str, set[str]] = {"teachtext": {__version__}}
    for versions in (*(one.versions for one in evaluations), installed_versions(WRITERS)):
        for package, version in versions.items():
            found.setdefault(package, set()).add(version)
    return [(package, ", ".join(sorted(versions))) for package, versions in found.items()]


def weights_of(evaluations: Sequence[Evaluation]) -> list[Weights]:
    """Frozen weights of all experts and text encoders, each once."""
    rows: dict[Weights, None] = {}
    for evaluation in evaluations:
        for name, identity in evaluation.weights.items():
            is_text = name == "text"
            kind = "text encoder" if is_text else "expert"
            used_as = evaluation.text_encoder if is_text else name
            rows[Weights(kind, used_as, identity.name, identity.sha256)] = None
    return sorted(rows, key=lambda row: (row.kind, row.used_as, row.name))


def durations_of(histories: Sequence[History], ledger: pa.Table) -> list[Duration]:
    """Seconds of the experts' networks and of training, as the ledger and histories tell them."""
    totals = ledger.group_by("expert").aggregate([("seconds", "sum")]).sort_by("expert")
    rows = [
        Duration("experts", row["expert"], row["seconds_sum"] or 0.0) for row in totals.to_pylist()
    ]
    trained: dict[str, float] = {}
    for history in histories:
        seconds = sum(value or 0.0 for value in history.columns["seconds"])
        trained[history.model] = trained.get(history.model, 0.0) + seconds
    return rows + [Duration("training", model, seconds) for model, seconds in trained.items()]


def hash_videos(manifest: Sequence[VideoRecord]) -> str:
    """One SHA-256 of all videos: over their ids and the hashes of their files, sorted by id."""
    digest = hashlib.sha256()
    for video_id, sha256 in sorted((record.video_id, record.content_sha256) for record in manifest):
        digest.update(f"{video_id}\0{sha256}\0".encode())
    return digest.hexdigest()
