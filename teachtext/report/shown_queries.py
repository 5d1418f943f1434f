"""A few test queries with the videos they found. Chooses and arranges; draws nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from teachtext.evaluation.records import Evaluation, Found, read_found, read_text_query_ranks
from teachtext.report.mixture import Decision, decide
from teachtext.report.thumbnails import Thumbnail, make_thumbnails
from teachtext.video.manifest import VideoRecord


@dataclass(frozen=True)
class ShownResult:
    """One video below a query. ``similarity`` is None for a right one outside of the table."""

    video_id: str
    similarity: float | None
    right: bool
    thumbnail: Thumbnail


@dataclass(frozen=True)
class ShownQuery:
    """A query with its best results.

    Attributes:
        rank: Rank of the right video, counted from 0.
        missed: Right video if it is not among the results, else None.
        weights: Experts and their mixture weights, largest first.
        decision: Reason why the right video ranks before or after its rival; None if there is no
            rival.
    """

    caption: str
    rank: float
    results: tuple[ShownResult, ...]
    missed: ShownResult | None
    weights: tuple[tuple[str, float], ...]
    decision: Decision | None


@dataclass(frozen=True)
class ShownQueries:
    """Queries of one model and seed: first those that it got right, then those that it missed."""

    model: str
    seed: int
    results_per_query: int
    queries: tuple[ShownQuery, ...]


def choose_evaluation(evaluations: Sequence[Evaluation]) -> Evaluation:
    """The main student: the first one with teachers, else the first model; its smallest seed."""
    students = [e for e in evaluations if e.section == "students" and e.teachers]
    model = (students or evaluations)[0].model
    return min((e for e in evaluations if e.model == model), key=lambda e: e.seed)


def choose_queries(
    rank_of: Mapping[str, float], count: int, generator: np.random.Generator
) -> list[str]:
    """Query ids, half of them hits and half misses as far as there are enough; hits first."""
    hits = [query_id for query_id, rank in rank_of.items() if rank == 0]
    misses = [query_id for query_id, rank in rank_of.items() if rank > 0]
    hit_count = min(len(hits), max(count // 2, count - len(misses)))
    miss_count = min(len(misses), count - hit_count)
    return [
        *_choose(hits, hit_count, generator),
        *_choose(misses, miss_count, generator),
    ]


def show_queries(
    evaluation: Evaluation,
    videos: Mapping[str, VideoRecord],
    *,
    queries: int,
    results_per_query: int,
    generator: np.random.Generator,
) -> ShownQueries:
    """Choose queries and make the thumbnails of what they found.

    Args:
        evaluation: Evaluation whose results are shown.
        videos: Record of each video; a video that is missing here gets no picture.
        queries: Number of queries to show.
        results_per_query: Number of videos to show for each query.
        generator: Random generator that chooses the queries.
    """
    chosen = choose_queries(read_text_query_ranks(evaluation.ranks_path), queries, generator)
    found = read_found(evaluation.ranks_path, chosen)
    shown = {
        video for one in found.values() for video in (*one.top[:results_per_query], one.video_id)
    }
    thumbnails = make_thumbnails(shown, videos)
    return ShownQueries(
        model=evaluation.model,
        seed=evaluation.seed,
        results_per_query=results_per_query,
        queries=tuple(_show(found[query], thumbnails, results_per_query) for query in chosen),
    )


def _show(found: Found, thumbnails: Mapping[str, Thumbnail], results_per_query: int) -> ShownQuery:
    pairs = list(zip(found.top, found.similarities, strict=True))
    results = [
        ShownResult(video_id, similarity, video_id == found.video_id, thumbnails[video_id])
        for video_id, similarity in pairs[:results_per_query]
    ]
    missed = None
    if not any(result.right for result in results):
        own_similarity = dict(pairs).get(found.video_id)
        missed = ShownResult(found.video_id, own_similarity, True, thumbnails[found.video_id])
    weights = sorted(found.weights.items(), key=lambda item: -item[1])
    return ShownQuery(
        found.caption, found.rank, tuple(results), missed, tuple(weights), decide(found)
    )


def _choose(query_ids: Sequence[str], count: int, generator: np.random.Generator) -> list[str]:
    places = generator.permutation(len(query_ids))[:count]
    return [query_ids[place] for place in sorted(places)]
