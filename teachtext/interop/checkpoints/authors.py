"""Weights of the authors' models as ours: one state dict in, another out; no files.

The authors are those of albanie/collaborative-experts; their CE and MoEE are ours with
``legacy: true``.
"""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from teachtext.models.base import RetrievalModel

DEAD = ("ce.moe_fc_bottleneck1.", "ce.moe_cg.", "ce.moe_fc_proj.")
"""Beginnings of the keys of layers that old checkpoints hold and no forward pass uses."""

RENAMED = (
    (r"caption_tower\.pooling\.assignment", "text_pooling.clusters"),
    (r"caption_tower\.pooling\.centres", "text_pooling.clusters2"),
    (r"caption_tower\.pooling\.norm", "text_pooling.batch_norm"),
    (r"caption_tower\.weights\.weigh", "ce.moe_fc"),
    (r"caption_tower\.embed\.project", "ce.text_GU.*.fc"),
    (r"caption_tower\.embed\.contexts\.(\d+)", r"ce.text_GU.\1.cg.fc"),
    (r"caption_tower\.embed\.norm", "ce.text_GU.*.cg.batch_norm"),
    (r"pooling\.(\d+)\.assignment", r"pooling.<\1>.clusters"),
    (r"pooling\.(\d+)\.centres", r"pooling.<\1>.clusters2"),
    (r"pooling\.(\d+)\.norm", r"pooling.<\1>.batch_norm"),
    (r"embed\.(\d+)\.project", r"ce.video_GU.\1.fc"),
    (r"embed\.(\d+)\.context", r"ce.video_GU.\1.cg.fc"),
    (r"embed\.(\d+)\.norm", r"ce.video_GU.\1.cg.batch_norm"),
    (r"reduce\.(\d+)", r"ce.video_dim_reduce.\1.fc"),
    (r"gating\.messages\.pair", "ce.g_reason_1"),
    (r"gating\.messages\.norms\.0", "ce.g_reason_shared.0"),
    (r"gating\.messages\.middle", "ce.g_reason_shared.2"),
    (r"gating\.messages\.norms\.1", "ce.g_reason_shared.3"),
    (r"gating\.messages\.last", "ce.g_reason_shared.5"),
    (r"gating\.gates\.(\d+)\.context", r"ce.video_GU.\1.cg.fc"),
    (r"gating\.gates\.(\d+)\.norm_others", r"ce.video_GU.\1.cg.batch_norm"),
    (r"gating\.gates\.(\d+)\.norm_context", r"ce.video_GU.\1.cg.batch_norm2"),
)
"""Our name -> theirs. ``*``: every expert, one after another; ``<i>``: the name of the i-th."""


def their_keys(key: str, experts: Sequence[str]) -> list[str]:
    """Keys of the authors' tensors that, joined in this order, make one of ours.

    Args:
        key: Key of our state dict.
        experts: Names of the experts, in the order of the mixture weights.

    Raises:
        ValueError: Their models have nothing like it.
    """
    for ours, theirs in RENAMED:
        renamed, found = re.subn(rf"^{ours}(?=\.|$)", theirs, key)
        if found:
            named = re.sub(r"<(\d+)>", lambda index: experts[int(index[1])], renamed)
            return [named.replace("*", str(i)) for i in range(len(experts) if "*" in named else 1)]
    raise ValueError(f"The authors' models have nothing like {key!r}; they are CE and MoEE.")


def from_authors(theirs: Mapping[str, Tensor], model: RetrievalModel) -> dict[str, Tensor]:
    """A state dict for a model of ours, converted from the authors'.

    Args:
        theirs: State dict of a CE or MoEE of the authors.
        model: Model of the same sizes and with the same expert names, to be given the weights.

    Raises:
        ValueError: The experts are not in alphabetical order, as theirs are; keys are missing, or
            unknown.
    """
    experts = model.experts
    if list(experts) != sorted(experts):
        raise ValueError(
            f"Experts are given as {', '.join(experts)}. The authors' models have them in "
            f"alphabetical order: {', '.join(sorted(experts))}."
        )
    wanted = {key: their_keys(key, experts) for key in model.state_dict()}
    needed = {part for parts in wanted.values() for part in parts}
    _refuse("lacks", needed - set(theirs))
    _refuse("has unknown", {key for key in set(theirs) - needed if not key.startswith(DEAD)})
    return {key: _joined([_shaped(part, theirs[part]) for part in wanted[key]]) for key in wanted}


def _refuse(what: str, keys: set[str]) -> None:
    if keys:
        raise ValueError(
            f"The authors' state dict {what} {', '.join(sorted(keys))}. "
            "Build the model with the experts, clusters and widths that it was trained with."
        )


def _shaped(key: str, values: Tensor) -> Tensor:
    return values.squeeze(0) if key.endswith(".clusters2") else values


def _joined(parts: Sequence[Tensor]) -> Tensor:
    """Counters of batches are equal for all experts; everything else is a row of channels."""
    return torch.cat(list(parts)) if parts[0].ndim else parts[0]
