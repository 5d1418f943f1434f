"""How models weigh their experts: of all test captions, and of one query that is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from teachtext.config.teachers import ModelSeed
from teachtext.evaluation.records import Details, Found
from teachtext.report.curves import Plot
from teachtext.report.plots import Box, draw_boxes
from teachtext.report.summary import ModelSummary

PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class Share:
    """One expert's part in one ranking.

    Attributes:
        weight: Mixture weight of the caption.
        own: Contribution to the similarity of the caption's own video.
        rival: Contribution to the similarity of the most similar other video.
    """

    expert: str
    weight: float
    own: float
    rival: float

    @property
    def lead(self) -> float:
        """Lead that the expert gives the own video over the other, in points of similarity."""
        return self.own - self.rival


@dataclass(frozen=True)
class Decision:
    """Why a caption's own video ranks before or after its strongest rival.

    Attributes:
        rival: Most similar other video.
        shares: Share of every expert, the most decisive first.
        expert: Expert that contributed most to the lead of the video ahead; None if nothing set the
            two apart.
        own_ahead: True if the own video is ahead.
    """

    rival: str
    shares: tuple[Share, ...]
    expert: str | None
    own_ahead: bool


def decide(found: Found) -> Decision | None:
    """Which expert decided between a caption's own video and its rival; None: there is no rival.

    The difference of the two similarities is a sum over experts, so each has its part in it.
    """
    if found.rival == found.video_id:
        return None
    shares = [
        Share(expert, weight, found.own_parts[expert], found.rival_parts[expert])
        for expert, weight in found.weights.items()
    ]
    own_ahead = sum(share.lead for share in shares) > 0
    sign = 1 if own_ahead else -1
    shares.sort(key=lambda share: -sign * share.lead)
    decisive = shares[0].expert if sign * shares[0].lead > 0 else None
    return Decision(found.rival, tuple(shares), decisive, own_ahead)


def plot_weights(
    models: Sequence[ModelSummary], details: Mapping[ModelSeed, Details]
) -> list[Plot]:
    """Mixture weights of all test captions and seeds, for models with more than one expert.

    Args:
        models: All models.
        details: Details of every model and seed.
    """
    weighing = [model for model in models if len(model.experts) > 1]
    experts = list(dict.fromkeys(name for model in weighing for name in sorted(model.experts)))
    boxes = [
        _boxes(model, experts, details, (place + 1) / (len(weighing) + 1))
        for place, model in enumerate(weighing)
    ]
    drawn = [box for row in boxes for box in row]
    if not drawn:
        return []
    return [Plot("Mixture weights", draw_boxes("weights", drawn, experts, y_label="weight"))]


def _boxes(
    model: ModelSummary,
    experts: Sequence[str],
    details: Mapping[ModelSeed, Details],
    offset: float,
) -> list[Box]:
    runs = [details[ModelSeed(model.model, seed)] for seed in model.seeds]
    boxes = []
    for name in runs[0].experts:
        columns = [run.weights_QM[:, run.experts.index(name)] for run in runs]
        values = np.percentile(np.concatenate(columns), PERCENTILES)
        x = experts.index(name) + 0.8 * (offset - 0.5)
        boxes.append(Box(model.key, model.color, x, *map(float, values)))
    return boxes
