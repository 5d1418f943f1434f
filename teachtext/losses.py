"""Losses on a batch's similarity matrix. Tensors in, scalars out.

Shape suffixes: B = batch, T = teachers. Row = caption, column = video, own pairs on the diagonal.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def max_margin_ranking_loss(sims_BB: Tensor, *, margin: float) -> Tensor:
    """Bidirectional max-margin ranking loss over all pairs off the diagonal (Miech et al., 2018).

    Args:
        sims_BB: similarities of B captions and their B videos.
        margin: by how much an own pair shall beat a foreign one.
    """
    own_B1 = sims_BB.diagonal()[:, None]
    by_caption = F.relu(margin + sims_BB - own_B1)
    by_video = F.relu(margin + sims_BB.T - own_B1)
    foreign = ~torch.eye(len(sims_BB), dtype=torch.bool, device=sims_BB.device)
    return (by_caption[foreign].mean() + by_video[foreign].mean()) / 2


def distillation_loss(student_BB: Tensor, teachers_TBB: Tensor) -> Tensor:
    """Huber distance from the student's similarity matrix to the teachers' mean (TeachText).

    Args:
        student_BB: the student's similarities.
        teachers_TBB: each teacher's similarities of the same captions and videos.
    """
    return F.smooth_l1_loss(student_BB, teachers_TBB.mean(dim=0))
