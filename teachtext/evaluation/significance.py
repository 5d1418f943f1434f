"""Paired bootstrap: would other test videos have said the same? NumPy in, numbers out; no files.

Videos are drawn with replacement, each with all of its captions: captions of one video succeed and
fail together, so drawing captions alone would take them for more evidence than they are. All models
are seen on the same draws, so what makes a draw easy for all of them cancels in a difference. The
trained models stay what they are: the spread over seeds is another question.

Shape suffixes: S seeds, Q queries, V videos, R resamples, C columns.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from teachtext.evaluation.metrics import is_hit
from teachtext.runtime.progress import Progress

log = logging.getLogger(__name__)

CUTOFFS = (1, 5, 10)
COMPARED_METRICS = ("R@1", "R@5", "R@10", "geometric_mean")
CONFIDENCE = 95.0
DRAWS = 2**20
"""Videos drawn at once, so that memory stays bounded."""


@dataclass(frozen=True)
class Resamples:
    """Metrics of a model, means over its seeds.

    Attributes:
        observed: Value by metric on the test videos.
        resampled: (R,) Values by metric on the videos drawn.
    """

    observed: Mapping[str, float]
    resampled: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Difference:
    """The difference of a metric between two models.

    Attributes:
        value: Difference on the test videos.
        low: Lower end of the interval that holds 95 % of the draws.
        high: Upper end of that interval.
        p_value: Twice the share of draws on the rarer side of zero; at least 2 / (R + 1).
    """

    value: float
    low: float
    high: float
    p_value: float


def resample(
    ranks: Mapping[str, NDArray[np.float64]],
    video_Q: NDArray[np.int64],
    *,
    samples: int,
    generator: np.random.Generator,
) -> dict[str, Resamples]:
    """Metrics of models on the test videos, and on videos drawn from them.

    Args:
        ranks: (S, Q) Rank of each query's video by model, one row per seed; queries in the same
            order.
        video_Q: (Q,) Index of each query's video, counted from 0.
        samples: Number of resamples, R; each draws as many videos as there are.
        generator: Random generator of the draws.
    """
    captions_V = np.bincount(video_Q).astype(np.float64)
    hits = {model: _hits(ranks_SQ, video_Q) for model, ranks_SQ in ranks.items()}
    hits_VC = np.concatenate([*hits.values(), captions_V[:, None]], axis=1)
    drawn_RC = np.concatenate([hits_VC.sum(axis=0)[None], _sums(hits_VC, samples, generator)])
    recalls_RC = 100 * drawn_RC[:, :-1] / drawn_RC[:, -1:]
    widths = np.cumsum([columns.shape[1] for columns in hits.values()])
    parts = np.split(recalls_RC, widths[:-1], axis=1)
    return {model: _metrics(part) for model, part in zip(hits, parts, strict=True)}


def difference(model: Resamples, reference: Resamples, metric: str) -> Difference:
    """Compare two models from the same call of ``resample``.

    Args:
        model: Resamples of the first model.
        reference: Resamples of the model it is compared with.
        metric: Name of a metric in ``COMPARED_METRICS``.
    """
    drawn_R = model.resampled[metric] - reference.resampled[metric]
    outside = (100 - CONFIDENCE) / 2
    low, high = np.percentile(drawn_R, [outside, 100 - outside])
    rarer = min(np.count_nonzero(drawn_R <= 0), np.count_nonzero(drawn_R >= 0))
    return Difference(
        value=model.observed[metric] - reference.observed[metric],
        low=float(low),
        high=float(high),
        p_value=min(1.0, 2 * (rarer + 1) / (len(drawn_R) + 1)),
    )


def _hits(ranks_SQ: NDArray[np.float64], video_Q: NDArray[np.int64]) -> NDArray[np.float64]:
    """(V, S x cutoffs) hits of a video's captions."""
    hits = [is_hit(k, ranks_Q) for ranks_Q in ranks_SQ for k in CUTOFFS]
    return np.stack([np.bincount(video_Q, weights=hit) for hit in hits], axis=1)


def _sums(
    values_VC: NDArray[np.float64], samples: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """(R, C) sums over as many videos as there are, drawn with replacement."""
    videos = len(values_VC)
    size = max(1, DRAWS // videos)
    sums = []
    blocks = [min(size, samples - begin) for begin in range(0, samples, size)]
    for rows in Progress(log, "bootstrap", samples, unit="draw").over(blocks, count=int):
        drawn = generator.integers(videos, size=(rows, videos), dtype=np.int32)
        drawn += np.arange(rows, dtype=np.int32)[:, None] * np.int32(videos)
        counts = np.bincount(drawn.ravel(), minlength=rows * videos).reshape(rows, videos)
        sums.append(counts.astype(np.float64) @ values_VC)
    return np.concatenate(sums)


def _metrics(recalls_RC: NDArray[np.float64]) -> Resamples:
    """The first row is of the test videos, the others of draws."""
    recalls_RSK = recalls_RC.reshape(len(recalls_RC), -1, len(CUTOFFS))
    recalls = {f"R@{k}": recalls_RSK[:, :, place] for place, k in enumerate(CUTOFFS)}
    by_seed = {**recalls, "geometric_mean": np.cbrt(recalls_RSK.prod(axis=2))}
    means = {metric: values_RS.mean(axis=1) for metric, values_RS in by_seed.items()}
    return Resamples(
        {metric: float(values[0]) for metric, values in means.items()},
        {metric: values[1:] for metric, values in means.items()},
    )
