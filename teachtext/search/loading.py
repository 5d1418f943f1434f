"""From a model directory to its searcher."""

import shlex
from dataclasses import replace
from pathlib import Path

from teachtext.config.home import Home
from teachtext.errors import StoreError
from teachtext.files.urls import is_url
from teachtext.models.checkpoint import load_model
from teachtext.search.hits import Clip
from teachtext.search.searcher import Searcher
from teachtext.store.search_index import FACTS, IndexFacts, SearchIndex, open_index
from teachtext.store.weights import model_sha256


def load(path: str | Path) -> Searcher:
    """Open a trained model for searching.

    Args:
        path: Directory of the model, ``results/models/{model}/{seed}``; its index is read from
            ``results/search/{model}/{seed}``.

    Raises:
        StoreError: There is no such model, or no index of it as it is now, or one is damaged.
    """
    folder = Path(path).absolute()
    results = folder.parents[2]
    place = results / "search" / folder.parent.name / folder.name
    model, card = load_model(folder)
    command = _making_index(results.parent, f"{card.model}/{card.seed}")
    if not place.is_dir():
        raise StoreError(f"{path} has no search index yet. Run: {command}")
    index = open_index(place)
    facts = _from(results.parent, index.facts)
    if (facts.model, facts.seed) != (card.model, card.seed):
        raise StoreError(f"{place} is of {facts.model}/{facts.seed}. Delete it.")
    if facts.model_sha256 != model_sha256(folder):
        raise StoreError(
            f"{place} was built with another model than {path} is now. Delete it and run: {command}"
        )
    return Searcher(model, card, replace(index, facts=facts), _clips(results.parent, index))


def load_named(results: Path, model: str, seed: int | None = None) -> Searcher:
    """Open a model of a run for searching.

    Args:
        results: Folder of the run's results.
        model: Name of the model.
        seed: Training seed of the model; None for the first that has an index.

    Raises:
        StoreError: There is no index of the model.
    """
    known = indexed_models(results)
    if model not in known or (seed is not None and seed not in known[model]):
        wanted = f"{model}/{0 if seed is None else seed}"
        advice = "run snakemake."
        if (results / "models" / wanted).is_dir():  # it was trained, and search.models lacks it
            advice = f"run: {_making_index(results.absolute().parent, wanted)}"
        raise StoreError(
            f"{results / 'search'} has no index of {wanted}. It has: {_listed(known)}. Name one of "
            f"them, or {advice}"
        )
    chosen = known[model][0] if seed is None else seed
    return load(results / "models" / model / str(chosen))


def indexed_models(results: Path) -> dict[str, list[int]]:
    """Model -> its seeds that have an index, smallest first."""
    seeds: dict[str, list[int]] = {}
    for facts in (results / "search").glob(f"*/*/{FACTS}"):
        seeds.setdefault(facts.parents[1].name, []).append(int(facts.parent.name))
    return {model: sorted(seeds[model]) for model in sorted(seeds)}


def _making_index(run: Path, model: str) -> str:
    """The command that makes the index of a model and seed."""
    target = shlex.quote(f"results/search/{model}")
    return Home(run, Path.cwd()).command("snakemake", target)


def _listed(known: dict[str, list[int]]) -> str:
    named = (f"{model} ({', '.join(map(str, seeds))})" for model, seeds in known.items())
    return ", ".join(named) or "none"


def _from(run: Path, facts: IndexFacts) -> IndexFacts:
    """The same, with a text encoder of one's own where it is; others have names of a hub."""
    encoder = facts.text_encoder
    if encoder is None or not encoder.get("checkpoint"):
        return facts
    own = run / encoder["checkpoint"]
    if not own.exists():
        return facts
    return replace(facts, text_encoder={**encoder, "checkpoint": str(own)})


def _clips(run: Path, index: SearchIndex) -> list[Clip]:
    """Paths count from the folder of the run."""
    return [Clip(**{**row, "path": _place(run, row["path"])}) for row in index.clips]


def _place(run: Path, path: str | None) -> str | None:
    return path if path is None or is_url(path) else str(run / path)
