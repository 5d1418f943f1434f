"""Ranks by similarities that count what other captions say of a video. NumPy in and out; no files.

Some videos are near to captions of all kinds; here they stand back. Shape suffixes: Q queries, G
gallery. Rows are captions, columns are videos; a matrix comes block by block and may be read twice.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from teachtext.evaluation.metrics import best_of_videos, ranks_in_columns, text_to_video_ranks
from teachtext.evaluation.top import top_results

_Blocks = Callable[[], Iterable[NDArray[np.float32]]]
"""Starts to read a matrix: (rows, G) blocks in the order of its rows."""


@dataclass(frozen=True)
class QueryBank:
    """Statistics of a gallery under the captions of a query bank (Bogolin et al., CVPR 2022).

    Attributes:
        log_sums_G: (videos,) Values of log Σ exp(inverse_temperature x similarity) over the bank.
        activated_G: (videos,) True where the video is among the best results of a caption of the
            bank.
        inverse_temperature: Inverse temperature of the softmax; the paper's beta.
    """

    log_sums_G: NDArray[np.float64]
    activated_G: NDArray[np.bool_]
    inverse_temperature: float

    def normalized(self, sims_QG: NDArray[np.float32]) -> NDArray[np.float64]:
        """The dynamic inverted softmax of some queries, as logarithms.

        Queries whose best result is activated are normalised; the others keep their order. Only
        scores of one row may be compared.
        """
        scores_QG = self.inverse_temperature * sims_QG.astype(np.float64)
        normalizes_Q = self.activated_G[sims_QG.argmax(axis=1)]
        scores_QG[normalizes_Q] -= self.log_sums_G
        return scores_QG


def read_bank(
    blocks: Iterable[NDArray[np.float32]], *, videos: int, inverse_temperature: float, top: int
) -> QueryBank:
    """Read the similarities of a query bank's captions.

    Args:
        blocks: Blocks of (captions, videos) similarities, each of some of the captions.
        videos: Size of the gallery.
        inverse_temperature: Inverse temperature of the softmax; the paper's beta.
        top: Number of results per caption that are activated; the paper's k.
    """
    log_sums_G, activated_G = np.full(videos, -np.inf), np.zeros(videos, np.bool_)
    for sims_QG in blocks:
        log_sums_G = np.logaddexp(log_sums_G, _log_sums(sims_QG, inverse_temperature, axis=0))
        best = top_results(sims_QG, top, indices_QG=np.arange(videos)[None])
        activated_G[best.indices_QK.ravel()] = True
    return QueryBank(log_sums_G, activated_G, inverse_temperature)


def query_bank_ranks(
    blocks: _Blocks, video_Q: NDArray[np.int64], bank: QueryBank
) -> NDArray[np.float64]:
    """(Q,) Rank of each caption's video. The authors do this for text-to-video search only.

    Args:
        blocks: Blocks of (captions, videos) similarities.
        video_Q: (captions,) Column of each caption's own video.
        bank: Query bank of other captions and the same videos.
    """
    return _text_to_video(map(bank.normalized, blocks()), video_Q)


def dual_softmax_ranks(
    blocks: _Blocks, video_Q: NDArray[np.int64], *, videos: int, inverse_temperature: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ranks by similarity times its softmax over all queries of the direction (Cheng et al., 2021).

    A negative similarity ranks higher the smaller its softmax is, as the paper's product implies.

    Args:
        blocks: Blocks of (captions, videos) similarities, of all captions used as queries.
        video_Q: (captions,) Column of each caption's own video; every column occurs.
        videos: Number of videos, i.e. of columns.
        inverse_temperature: Inverse temperature of the softmax.

    Returns:
        (captions,) text-to-video and (videos,) video-to-text ranks.
    """
    log_sums_G, own_Q, begin = np.full(videos, -np.inf), np.empty(len(video_Q)), 0
    for sims in blocks():
        rows = slice(begin, begin + len(sims))
        own_Q[rows] = _of_videos(sims, inverse_temperature)[np.arange(len(sims)), video_Q[rows]]
        log_sums_G = np.logaddexp(log_sums_G, _log_sums(sims, inverse_temperature, axis=0))
        begin = rows.stop
    best_G = best_of_videos(own_Q, video_Q, videos=videos)
    of_captions = (_revised(sims, inverse_temperature, log_sums_G) for sims in blocks())
    of_videos = (_of_videos(sims, inverse_temperature) for sims in blocks())
    return _text_to_video(of_captions, video_Q), ranks_in_columns(of_videos, best_G)


def _text_to_video(
    blocks: Iterable[NDArray[np.float64]], video_Q: NDArray[np.int64]
) -> NDArray[np.float64]:
    ranks, begin = np.empty(len(video_Q)), 0
    for scores in blocks:
        rows = slice(begin, begin + len(scores))
        ranks[rows] = text_to_video_ranks(scores, video_Q[rows])
        begin = rows.stop
    return ranks


def _of_videos(sims_QG: NDArray[np.float32], inverse_temperature: float) -> NDArray[np.float64]:
    """Where videos are the queries, the softmax of a caption is over its row."""
    return _revised(
        sims_QG, inverse_temperature, _log_sums(sims_QG, inverse_temperature, axis=1)[:, None]
    )


def _revised(
    sims_QG: NDArray[np.float32], inverse_temperature: float, log_sums: NDArray[np.float64]
) -> NDArray[np.float64]:
    exact = sims_QG.astype(np.float64)
    revised: NDArray[np.float64] = exact * np.exp(inverse_temperature * exact - log_sums)
    return revised


def _log_sums(
    sims_QG: NDArray[np.float32], inverse_temperature: float, *, axis: int
) -> NDArray[np.float64]:
    """Of the exponentials of inverse_temperature x similarity; nothing overflows."""
    scaled = inverse_temperature * sims_QG.astype(np.float64)
    most = scaled.max(axis=axis, keepdims=True)
    sums: NDArray[np.float64] = np.log(np.exp(scaled - most).sum(axis=axis)) + most.squeeze(axis)
    return sums
