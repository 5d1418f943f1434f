"""What denoising kept and dropped, and the captions that it liked least."""

from dataclasses import dataclass

import pyarrow.compute as pc

from teachtext.report.inputs import DenoisedSet

WORST_CAPTIONS = 20


@dataclass(frozen=True)
class WorstCaption:
    """One caption of the training split. ``rank`` is its own video's mean rank, from 0."""

    rank: float | None
    caption: str
    video_id: str
    kept: bool
    reason: str


@dataclass(frozen=True)
class DenoisedSummary:
    """Counts of one caption set and seed, and its captions with the worst ranks."""

    captions: str
    seed: str
    keep_rank_below: str
    kept: int
    dropped: int
    worst: tuple[WorstCaption, ...]

    @property
    def percent_dropped(self) -> float:
        """Share of the captions that were dropped."""
        return 100 * self.dropped / max(self.kept + self.dropped, 1)


def summarize_denoised(denoised: DenoisedSet) -> DenoisedSummary:
    """Count kept and dropped captions; list those with the highest ranks, ties by caption id."""
    table = denoised.table
    kept = pc.sum(table["kept"]).as_py() or 0
    worst = table.sort_by([("rank", "descending"), ("caption_id", "ascending")])
    return DenoisedSummary(
        captions=denoised.captions,
        seed=denoised.seed,
        keep_rank_below=denoised.keep_rank_below,
        kept=kept,
        dropped=len(table) - kept,
        worst=tuple(
            WorstCaption(
                row["rank"], row["caption"], row["video_id"], row["kept"], row["reason"] or ""
            )
            for row in worst.slice(0, WORST_CAPTIONS).to_pylist()
        ),
    )
