"""Similarity of captions and videos as a mixture over experts.

Shape suffixes: Q queries (captions), G gallery (videos), M experts, E width of one expert.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class CaptionEmbeddings:
    """Captions in the joint space.

    Attributes:
        by_expert: M tensors (Q, E_m) of unit vectors.
        weights_QM: mixture weights, rows sum to 1.
    """

    by_expert: Sequence[Tensor]
    weights_QM: Tensor


@dataclass(frozen=True)
class VideoEmbeddings:
    """Videos in the joint space.

    Attributes:
        by_expert: M tensors (G, E_m) of unit vectors; rows of missing experts mean nothing.
        available_GM: which experts a video has.
    """

    by_expert: Sequence[Tensor]
    available_GM: Tensor


def mixture_similarity(captions: CaptionEmbeddings, videos: VideoEmbeddings) -> Tensor:
    """(Q, G) mixture of cosine similarities, renormalised over the experts a video has.

    s(q, g) = sum_m w_m(q) a_m(g) <caption_m(q), video_m(g)> / sum_m w_m(q) a_m(g)
    (Liu et al., 2019, section 3.3). One matrix product, because the weights go into the captions
    and the availability into the videos. A video without any expert scores -1, the least possible.
    """
    available_GM = videos.available_GM.to(captions.weights_QM.dtype)
    weighted = [
        caption * weight[:, None]
        for caption, weight in zip(captions.by_expert, captions.weights_QM.T, strict=True)
    ]
    masked = [
        video * available[:, None]
        for video, available in zip(videos.by_expert, available_GM.T, strict=True)
    ]
    sums_QG = torch.cat(weighted, dim=1) @ torch.cat(masked, dim=1).T
    shares_QG = captions.weights_QM @ available_GM.T
    found = videos.available_GM.any(dim=1)
    return torch.where(found, sums_QG / torch.where(found, shares_QG, 1.0), -1.0)
