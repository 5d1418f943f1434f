"""Finding captions that the teachers cannot match to their video. Arrays in, decisions out."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from teachtext.tables.dataset import Caption

if TYPE_CHECKING:
    from teachtext.denoising.ranks import Placement

MISPLACED = (
    "check whether it belongs to the video that ranks first, which it suits like that one's own"
)
VAGUE = "check whether it is wrong or too general: no video suits it well"
NARROW = "check whether it is too general: other videos are close"


@dataclass(frozen=True)
class Verdict:
    """What becomes of one caption.

    Attributes:
        caption: Caption that the verdict is about.
        rank: Rank of its video among all training videos; 0 is best.
        own_similarity: Similarity of its video.
        margin: Similarity of its video minus that of the best other video.
        first_video_id: Id of the video that ranks first.
        first_similarity: Similarity of the video that ranks first.
        first_caption: Caption of the first-ranked video that is most similar to it, to indicate its
            content.
        kept: Whether training uses the caption.
        reason: Reason for the verdict, and what to check, in words.
    """

    caption: Caption
    rank: float
    own_similarity: float
    margin: float
    first_video_id: str
    first_similarity: float
    first_caption: str
    kept: bool
    reason: str


OF_CAPTION = ("caption_id", "video_id", "caption")
OF_VERDICT = tuple(field.name for field in fields(Verdict) if field.name != "caption")
VERDICT_COLUMNS = OF_CAPTION + OF_VERDICT


@dataclass(frozen=True)
class Selection:
    """Which captions are not suspect.

    Attributes:
        good: (captions,) True where the caption is not suspect.
        why: Reason why captions are not suspect, in words.
        why_not: Reason why the other captions are suspect, in words.
    """

    good: NDArray[np.bool_]
    why: str
    why_not: str


def ranked_below(placement: "Placement", rank: float) -> Selection:
    """Captions whose own video ranks better than ``rank``; 0 is the best rank."""
    first = "first" if rank == 1 else f"among the first {rank:g}"
    return Selection(placement.ranks < rank, f"its video is {first}", f"its video is not {first}")


def best_fraction(placement: "Placement", fraction: float) -> Selection:
    """This share of all captions: the best in ``Placement.order``."""
    place = _inverse(placement.order())
    best = f"among the best {100 * fraction:g} % of the captions"
    return Selection(place < round(fraction * len(place)), f"it is {best}", f"it is not {best}")


def judge_captions(
    placement: "Placement",
    selection: Selection,
    captions: Sequence[Caption],
    video_ids: Sequence[str],
    video_of_caption: NDArray[np.int64],
    *,
    keep_per_video: int,
) -> list[Verdict]:
    """Keep the captions that are not suspect, and the best ones of every video.

    Args:
        placement: Placement of each caption's own video.
        selection: Selection of the captions that are not suspect.
        captions: Captions to judge.
        video_ids: Video ids of the columns; each has a caption.
        video_of_caption: (captions,) Column of each caption's own video.
        keep_per_video: Minimum number of captions kept per video, its best in ``Placement.order``;
            with 0 a video may lose all.
    """
    place = _inverse(placement.order())
    spared = _places_in_video(place, video_of_caption) < keep_per_video
    best = f"one of its video's {keep_per_video} best" if keep_per_video > 1 else "its video's best"
    advice = _advice(placement, video_of_caption)
    shown = _most_similar(placement.own, video_of_caption)
    return [
        Verdict(
            caption,
            float(placement.ranks[index]),
            float(placement.own[index]),
            float(placement.margins[index]),
            video_ids[placement.first[index]],
            float(placement.highest[index]),
            captions[shown[placement.first[index]]].caption,
            bool(good or spared[index]),
            selection.why
            if good
            else f"{best if spared[index] else selection.why_not}; {advice[index]}",
        )
        for index, (caption, good) in enumerate(zip(captions, selection.good, strict=True))
    ]


def _advice(placement: "Placement", video_of_caption: NDArray[np.int64]) -> list[str]:
    """(captions,) what a person should check if the caption is suspect."""
    order, starts = _by_video(-placement.own, video_of_caption)
    # at least half of the first-ranked video's captions suit it no better
    typical = placement.own[order[starts + np.bincount(video_of_caption) // 2]]
    suits = placement.highest >= typical[placement.first]
    return [
        NARROW if first == own else MISPLACED if as_well else VAGUE
        for first, own, as_well in zip(placement.first, video_of_caption, suits, strict=True)
    ]


def _most_similar(own: NDArray[np.float64], video_of_caption: NDArray[np.int64]) -> NDArray[Any]:
    """(videos,) the caption of each video that suits it best."""
    order, starts = _by_video(-own, video_of_caption)
    return order[starts]


def _places_in_video(
    place: NDArray[np.int64], video_of_caption: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(captions,) how many captions of its own video are before it."""
    order, starts = _by_video(place, video_of_caption)
    return _inverse(order) - starts[video_of_caption]


def _by_video(
    values: NDArray[Any], video_of_caption: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(captions,) video after video, by rising values; and (videos,) where each one begins."""
    counts = np.bincount(video_of_caption)
    return np.lexsort((values, video_of_caption)), np.cumsum(counts) - counts


def _inverse(order: NDArray[np.int64]) -> NDArray[np.int64]:
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return places


def verdict_table(verdicts: Sequence[Verdict]) -> pa.Table:
    """The verdicts as an Arrow table, of ``VERDICT_COLUMNS``."""
    of_captions = {name: [getattr(v.caption, name) for v in verdicts] for name in OF_CAPTION}
    return pa.table(
        of_captions | {name: [getattr(v, name) for v in verdicts] for name in OF_VERDICT}
    )


def kept_captions(table: pa.Table) -> set[str]:
    """Ids of the captions that a table of verdicts keeps."""
    return set(table.filter(table.column("kept")).column("caption_id").to_pylist())


def review_table(verdicts: Sequence[pa.Table], *, worst: int) -> pa.Table:
    """The captions that rank worst, for a person to look at.

    Each has its mean rank, and how many seeds keep it; everything else is of the seed in which its
    margin is lowest.

    Args:
        verdicts: Table of verdicts of each seed.
        worst: Number of captions to list, by worst mean rank; ties are broken by mean margin.
    """
    everything = pa.concat_tables(table.replace_schema_metadata() for table in verdicts)
    # in one thread, so that the same tables give the same means and order
    means = everything.group_by("caption_id", use_threads=False).aggregate(
        [("rank", "mean"), ("margin", "mean"), ("kept", "sum"), ("kept", "count")]
    )
    order = [("rank_mean", "descending"), ("margin_mean", "ascending"), ("caption_id", "ascending")]
    chosen = means.sort_by(order).slice(0, worst)
    shown = everything.filter(pc.is_in(everything["caption_id"], chosen["caption_id"]))
    falling = sorted(shown.to_pylist(), key=lambda row: -row["margin"])
    at_worst = {row["caption_id"]: row for row in falling}
    rows = [
        at_worst[mean["caption_id"]]
        | {"rank": mean["rank_mean"], "kept": mean["kept_sum"], "seeds": mean["kept_count"]}
        for mean in chosen.to_pylist()
    ]
    return pa.table({name: [row[name] for row in rows] for name in (*VERDICT_COLUMNS, "seeds")})
