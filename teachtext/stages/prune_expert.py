"""Choose the expert that a level of a search drops: the one that val misses least."""

import argparse
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from teachtext.checkpoint import kept_score, load_card
from teachtext.experts.ledger import seconds_of_experts
from teachtext.pruning import Candidate, by_choice
from teachtext.store.json_files import write_json
from teachtext.store.tables import read_table

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext prune-expert", description=__doc__)
    parser.add_argument("--search", required=True, help="name in config.yaml")
    parser.add_argument("--level", type=int, required=True, help="experts dropped, with this one")
    parser.add_argument(
        "--models", type=Path, nargs="+", required=True, help="all seeds without each expert"
    )
    parser.add_argument("--ledger", type=Path, required=True, help="of index-experts; breaks ties")
    parser.add_argument("--output", type=Path, required=True, help="the decision (JSON)")
    args = parser.parse_args(argv)

    scores = _scores(args.models)
    every = sorted({expert for subset in scores for expert in subset})
    candidates = by_choice(_candidates(scores, every, seconds_of_experts(read_table(args.ledger))))
    dropped = candidates[0].dropped
    decision = {
        "search": args.search,
        "level": args.level,
        "dropped": dropped,
        "experts": [expert for expert in every if expert != dropped],
        "candidates": [_facts(candidate) for candidate in candidates],
    }
    write_json(args.output, decision)
    log.info("level %d drops %s: %.1f on val", args.level, dropped, candidates[0].score)


def _scores(folders: Iterable[Path]) -> dict[tuple[str, ...], list[float]]:
    """Experts of a candidate -> val score of each seed."""
    scores: dict[tuple[str, ...], list[float]] = {}
    for folder in folders:
        card = load_card(folder)
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
        "val_t2v_geometric_mean": candidate.score,
        "seeds": candidate.scores,
        "seconds_saved_per_video": candidate.seconds_saved,
    }
