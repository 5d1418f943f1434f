"""Choose the expert that a level of a pruning drops: the one that val misses least."""

import argparse
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from teachtext.config.teachers import ModelSeed
from teachtext.errors import StoreError
from teachtext.experts.ledger import seconds_of_experts
from teachtext.models.checkpoint import ModelCard, kept_score, load_card
from teachtext.pruning.elimination import Candidate, by_choice
from teachtext.stages._inputs import ledger_of
from teachtext.store.json_files import write_json
from teachtext.store.records import SCORE
from teachtext.store.versions import MADE_BY, stamp
from teachtext.store.weights import model_sha256

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    cards = {folder: load_card(folder) for folder in args.models}
    check_alike(cards)
    scores = _scores(cards)
    every = sorted({expert for subset in scores for expert in subset})
    candidates = by_choice(_candidates(scores, every, seconds_of_experts(ledger_of(args))))
    dropped = candidates[0].dropped
    decision = {
        MADE_BY: stamp("prune_expert"),
        "search": args.search,
        "level": args.level,
        "dropped": dropped,
        "experts": [expert for expert in every if expert != dropped],
        "candidates": [_facts(candidate) for candidate in candidates],
        "models": {
            str(ModelSeed(card.model, card.seed)): model_sha256(at) for at, card in cards.items()
        },
    }
    write_json(args.output, decision)
    log.info("level %d drops %s: %.1f on val", args.level, dropped, candidates[0].score)


def check_alike(cards: Mapping[Path, ModelCard]) -> None:
    """Refuse to choose among models that differ in more than their experts.

    Args:
        cards: Directory of a model -> its description.

    Raises:
        StoreError: Two were trained in different ways, or from different inputs.
    """
    known: dict[str, tuple[object, Path]] = {}
    for folder, card in cards.items():
        made_from = card.made_from
        same = {
            "models": card.architecture,
            "training": None if card.training is None else card.training.content(),
            "text_encoder": card.text_encoder,
            "captions": card.captions,
            f"token vectors of {card.text_encoder}": made_from.tokens,
            **{f"features of {name}": one for name, one in made_from.features.items()},
            **{f"similarities of {name}": one for name, one in made_from.teachers.items()},
        }
        for what, value in same.items():
            first, other = known.setdefault(what, (value, folder))
            if value != first:
                raise StoreError(
                    f"{folder} and {other} were trained with different {what}. Delete both and "
                    "run snakemake again."
                )


def _scores(cards: Mapping[Path, ModelCard]) -> dict[tuple[str, ...], list[float]]:
    """Experts of a candidate -> val score of each seed."""
    scores: dict[tuple[str, ...], list[float]] = {}
    for folder, card in cards.items():
        scores.setdefault(tuple(sorted(card.experts)), []).append(kept_score(folder, card))
    return scores


def _candidates(
    scores: Mapping[tuple[str, ...], list[float]],
    every: list[str],
    seconds: Mapping[str, float | None],
) -> list[Candidate]:
    found = []
    for subset, values in scores.items():
        (dropped,) = set(every) - set(subset)
        found.append(Candidate(dropped, tuple(values), seconds.get(dropped)))
    return found


def _facts(candidate: Candidate) -> dict[str, Any]:
    return {
        "dropped": candidate.dropped,
        SCORE: candidate.score,
        "seeds": candidate.scores,
        "seconds_saved_per_video": candidate.seconds_saved,
    }
