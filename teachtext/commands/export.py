"""Export a model for others: weights, config.json and a page, as model hubs expect them."""

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

from teachtext.config.home import home_at
from teachtext.config.imported import ImportedTokens
from teachtext.config.text import TextEncoderSettings
from teachtext.config.whole import Config
from teachtext.errors import ConfigError, StoreError
from teachtext.files.atomic import replacing
from teachtext.interop.hub import UNKNOWN
from teachtext.interop.hub.hub import HubModel
from teachtext.interop.hub.page import Release, render_readme
from teachtext.models.checkpoint import ModelCard, load_model
from teachtext.store.json_files import read_json
from teachtext.store.versions import MADE_BY, check_stamp
from teachtext.store.weights import model_sha256

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    if args.output.exists():
        raise ConfigError(f"{args.output} is there already. Name a new folder, or delete it.")
    home = home_at(args.directory)
    config = home.config_of_last_run()
    model = _trained(home.results / "models", args.model, args.seed)
    network, card = load_model(model)
    text_settings = _text_settings(config, card, args.text_checkpoint, home.folder)
    if args.license == UNKNOWN:
        log.warning("without a licence nobody may use the model; name one with --license")
    page = render_readme(
        card,
        Release(
            args.name or args.output.resolve().name,
            config.dataset.name,
            args.license,
            args.data_license,
            args.description,
        ),
        text_settings=text_settings,
        evaluation=_evaluation(args.evaluation, model, card),
    )
    with replacing(args.output) as temporary:
        HubModel(network, card, text_settings=text_settings, page=page).save_pretrained(temporary)
    sys.stdout.write(f"{args.output}\n")


def _trained(models: Path, name: str, seed: int | None) -> Path:
    """The folder of a trained model."""
    known: dict[str, list[int]] = {}
    for card in models.glob("*/*/config.json"):
        known.setdefault(card.parents[1].name, []).append(int(card.parent.name))
    seeds = sorted(known.get(name, []))
    if not seeds or (seed is not None and seed not in seeds):
        raise StoreError(
            f"{models} has no {name if seed is None else f'{name}/{seed}'}. It has: "
            f"{', '.join(sorted(known)) or 'none'}. Name one of them, or run snakemake."
        )
    return models / name / str(seeds[0] if seed is None else seed)


def _text_settings(
    config: Config, card: ModelCard, checkpoint: str | None, folder: Path
) -> TextEncoderSettings | None:
    """How others load the text encoder; None: its token vectors were made elsewhere."""
    if card.text_encoder not in config.text:
        raise ConfigError(
            f"The model reads with {card.text_encoder!r}, which is not among the text encoders of "
            f"the last run: {', '.join(config.text)}. Run snakemake with it."
        )
    entry = config.text[card.text_encoder]
    if isinstance(entry, ImportedTokens):
        return None
    settings = entry.embeds_from(f"results/text/finetuned/{card.text_encoder}")
    if settings.checkpoint is None:
        return settings
    if checkpoint is not None:
        return settings.model_copy(update={"checkpoint": checkpoint})
    if entry.finetune or (folder / settings.checkpoint).exists():
        raise ConfigError(
            f"The text encoder {card.text_encoder!r} is in {settings.checkpoint}, which others do "
            "not have. Publish it too, and name where with --text-checkpoint ORG/NAME."
        )
    return settings


def _evaluation(path: Path | None, model: Path, card: ModelCard) -> dict[str, Any] | None:
    """Metrics of the very model, from the file that was named or lies in the same results."""
    beside = model.resolve().parents[2] / f"evaluate/{card.model}/{card.seed}.json"
    if path is None and not beside.exists():
        log.warning("%s is not there: the page will have no metrics", beside)
        return None
    path = path or beside
    found = read_json(path)
    try:
        its = (found["model"], found["seed"])
    except KeyError as error:
        raise StoreError(f"{path} is no evaluation: it has no {error}. Name another.") from None
    if its != (card.model, card.seed):
        raise StoreError(
            f"{path} is of {its[0]}, seed {its[1]}, the model is {card.model}, seed {card.seed}. "
            "Name the evaluation of this model."
        )
    check_stamp(found.get(MADE_BY), path)
    if found.get("model_sha256") != model_sha256(model):
        raise StoreError(
            f"{path} is of other weights than {model} has now. Delete it and run snakemake again."
        )
    return found
