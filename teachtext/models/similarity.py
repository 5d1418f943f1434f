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
        by_expert: Sequence of M tensors (Q, E_m) of unit vectors.
        weights_QM: (Q, M) Mixture weights; rows sum to 1.
    """

    by_expert: Sequence[Tensor]
    weights_QM: Tensor


@dataclass(frozen=True)
class VideoEmbeddings:
    """Videos in the joint space.

    Attributes:
        by_expert: Sequence of M tensors (G, E_m) of unit vectors; rows of missing experts have no
            meaning.
        available_GM: (G, M) True for the experts that a video has.
    """

    by_expert: Sequence[Tensor]
    available_GM: Tensor


def mixture_similarity(captions: CaptionEmbeddings, videos: VideoEmbeddings) -> Tensor:
    """(Q, G) mixture of cosine similarities, renormalised over the experts a video has.

    s(q, g) = sum_m w_m(q) a_m(g) <caption_m(q), video_m(g)> / sum_m w_m(q) a_m(g)
    (Liu et al., 2019, section 3.3). A video without any expert scores -1, the least possible.
    """
    found_G = videos.available_GM.any(dim=1)
    available_GM = videos.available_GM.float()
    masked = [
        video * available[:, None]
        for video, available in zip(videos.by_expert, available_GM.T, strict=True)
    ]
    sums_QG = _weighted_sums(captions, masked)
    with _exactly(sums_QG):
        shares_QG = captions.weights_QM.float() @ available_GM.T
    return torch.where(found_G, sums_QG / torch.where(found_G, shares_QG, 1.0), -1.0)


def full_mixture_similarity(captions: CaptionEmbeddings, videos: VideoEmbeddings) -> Tensor:
    """(Q, G) mixture of cosine similarities in which missing experts keep their weight.

    s(q, g) = sum_m w_m(q) <caption_m(q), video_m(g)> (Gabeur et al., 2020), for models that embed
    what a video lacks, too. A video without any expert scores -1, the least possible.
    """
    sums_QG = _weighted_sums(captions, videos.by_expert)
    return torch.where(videos.available_GM.any(dim=1), sums_QG, -1.0)


def mixture_contributions(captions: CaptionEmbeddings, videos: VideoEmbeddings) -> Tensor:
    """(Q, M) what each expert adds to the mixture similarity of caption q and video q.

    Rows sum to it; they are zeros for a video without any expert.
    """
    available_QM = videos.available_GM.float()
    shares_Q1 = (captions.weights_QM.float() * available_QM).sum(dim=1, keepdim=True)
    parts_QM = full_mixture_contributions(captions, videos)
    parts_QM = parts_QM.masked_fill(~videos.available_GM, 0.0)
    return parts_QM / torch.where(shares_Q1 > 0, shares_Q1, 1.0)


def full_mixture_contributions(captions: CaptionEmbeddings, videos: VideoEmbeddings) -> Tensor:
    """(Q, M) the same for the mixture in which missing experts keep their weight."""
    pairs = zip(captions.by_expert, videos.by_expert, strict=True)
    cosines = [(caption.float() * video.float()).sum(dim=1) for caption, video in pairs]
    return captions.weights_QM.float() * torch.stack(cosines, dim=1)


def _weighted_sums(captions: CaptionEmbeddings, videos: Sequence[Tensor]) -> Tensor:
    """(Q, G) one matrix product, because the weights go into the captions."""
    weighted = [
        caption * weight[:, None]
        for caption, weight in zip(captions.by_expert, captions.weights_QM.T, strict=True)
    ]
    with _exactly(weighted[0]):
        return torch.cat(weighted, dim=1).float() @ torch.cat(list(videos), dim=1).float().T


def _exactly(like: Tensor) -> torch.autocast:
    """Neighbours in a ranking differ by less than bfloat16 can tell."""
    return torch.autocast(like.device.type, enabled=False)
