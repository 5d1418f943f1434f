"""What the report explains a ranking by: mixture weights, deciding experts, a sample of scores.

Shape suffixes: Q captions, G videos, M experts, S drawn captions with their videos.
"""

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from teachtext.evaluation.evaluate import CAPTION_BLOCK, SplitEvaluation
from teachtext.evaluation.metrics import without_own
from teachtext.models.base import RetrievalModel
from teachtext.models.inputs import RetrievalSet, pad
from teachtext.models.similarity import CaptionEmbeddings, VideoEmbeddings


@dataclass(frozen=True)
class Sample:
    """Some captions and the videos that they belong to, in the same order.

    Attributes:
        captions_S: (S,) Indices of the captions.
        videos_S: (S,) Indices of the videos.
    """

    captions_S: NDArray[np.int64]
    videos_S: NDArray[np.int64]


@dataclass(frozen=True)
class Decisions:
    """Why each caption's own video ranks before or after its strongest rival.

    Attributes:
        weights_QM: (captions, experts) Mixture weights.
        own_QM: (captions, experts) Contribution of each expert to the similarity of the caption's
            own video.
        rival_Q: (captions,) Index of the most similar other video, or of the own video if there is
            no other.
        rival_QM: (captions, experts) Contribution of each expert to the similarity of the rival.
    """

    weights_QM: NDArray[np.float32]
    own_QM: NDArray[np.float32]
    rival_Q: NDArray[np.int64]
    rival_QM: NDArray[np.float32]


def draw_sample(data: RetrievalSet, *, videos: int, generator: np.random.Generator) -> Sample:
    """Draw videos of a set, each with one caption; the same for all models of a data set.

    Args:
        data: Retrieval set to draw from.
        videos: Maximum number of videos to draw.
        generator: Random generator of the draw.
    """
    first: dict[str, int] = {}
    # by ids, so that the draw does not depend on the order of the table
    for index in sorted(range(len(data.captions)), key=lambda i: data.captions[i].caption_id):
        first.setdefault(data.captions[index].video_id, index)
    captions = np.array([first[video] for video in sorted(first)], np.int64)
    drawn_S = captions[generator.permutation(len(captions))[:videos]]
    return Sample(drawn_S, data.video_of_caption[drawn_S])


@torch.inference_mode()
def explain(model: RetrievalModel, data: RetrievalSet, evaluation: SplitEvaluation) -> Decisions:
    """Split the similarities of each caption's own video and of its rival by expert.

    Args:
        model: Trained or untrained model.
        data: Split that was evaluated.
        evaluation: Evaluation of the model on this split.
    """
    weights, own, rivals, rival = [], [], [], []
    for begin in range(0, len(data.captions), CAPTION_BLOCK):
        indices = np.arange(begin, min(begin + CAPTION_BLOCK, len(data.captions)))
        # embedded once more: keeping the embeddings of all captions would take more than the ranks
        captions = model.encode_captions(pad(data.tokens, indices).to(model.device))
        data.tokens.release()
        own_Q = data.video_of_caption[indices]
        rival_Q = without_own(evaluation.similarities.take(indices).values, own_Q).argmax(axis=1)
        evaluation.similarities.release()
        weights.append(captions.weights_QM.float().cpu().numpy())
        own.append(_parts(model, captions, evaluation.gallery, own_Q))
        rivals.append(rival_Q)
        rival.append(_parts(model, captions, evaluation.gallery, rival_Q))
    joined = (np.concatenate(blocks) for blocks in (weights, own, rivals, rival))
    return Decisions(*joined)


def with_details(
    evaluation: SplitEvaluation,
    data: RetrievalSet,
    decisions: Decisions,
    sample: Sample,
) -> pa.Table:
    """The ranks with additional columns: weights, own_parts, rival, rival_parts, sampled.

    ``sampled`` has the similarities of a drawn caption to the drawn videos; it is null for the
    others. All are null for queries that are videos.

    Args:
        evaluation: Evaluation whose ranks are extended.
        data: Split that was evaluated.
        decisions: Decisions returned by ``explain``.
        sample: Sample returned by ``draw_sample``.
    """
    queries = len(data.captions)
    drawn_SS = evaluation.similarities.take(sample.captions_S).values[:, sample.videos_S]
    row_of = {int(caption): row for row, caption in enumerate(sample.captions_S)}
    sampled = [drawn_SS[row_of[i]].tolist() if i in row_of else None for i in range(queries)]
    table = evaluation.ranks
    columns: dict[str, pa.Array] = {
        "weights": _lists(decisions.weights_QM),
        "own_parts": _lists(decisions.own_QM),
        "rival": pa.array(data.video_ids, pa.string()).take(pa.array(decisions.rival_Q)),
        "rival_parts": _lists(decisions.rival_QM),
        "sampled": pa.array(sampled, pa.list_(pa.float32())),
    }
    for name, column in columns.items():
        rest = pa.nulls(table.num_rows - queries, column.type)
        table = table.append_column(name, pa.chunked_array([column, rest]))
    return table


def details_metadata(model: RetrievalModel, data: RetrievalSet, sample: Sample) -> dict[str, str]:
    """What a reader of these columns must know: names of the experts, drawn captions in order."""
    drawn = [data.captions[index].caption_id for index in sample.captions_S]
    return {"experts": json.dumps(model.experts), "sample": json.dumps(drawn)}


def _parts(
    model: RetrievalModel,
    captions: CaptionEmbeddings,
    gallery: VideoEmbeddings,
    videos_Q: NDArray[np.int64],
) -> NDArray[np.float32]:
    index = torch.from_numpy(videos_Q).to(gallery.available_GM.device)
    videos = VideoEmbeddings(
        [rows[index] for rows in gallery.by_expert], gallery.available_GM[index]
    )
    parts: NDArray[np.float32] = model.contributions(captions, videos).cpu().numpy()
    return parts


def _lists(rows_QM: NDArray[np.float32]) -> pa.Array:
    flat = pa.array(np.ascontiguousarray(rows_QM, np.float32).ravel())
    width = rows_QM.shape[1]
    offsets = pa.array(np.arange(len(rows_QM) + 1, dtype=np.int32) * width)
    return pa.ListArray.from_arrays(offsets, flat)
