"""Run one expert over the decoded videos of one shard and store its features."""

import argparse
import logging
from dataclasses import asdict
from pathlib import Path

import torch

from teachtext.experts.extraction import extract_shard
from teachtext.experts.registry import load_expert, network
from teachtext.settings import ExpertSettings, TextEncoderSettings
from teachtext.stages._arguments import settings_json
from teachtext.store.features import StoreIdentity, write_features
from teachtext.store.tables import write_table
from teachtext.store.workdir import WorkDirectory
from teachtext.text.encoders import load_text_encoder
from teachtext.video.ledger import ledger_table

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext extract-expert", description=__doc__)
    parser.add_argument("--expert", required=True, help="name in config.yaml")
    parser.add_argument(
        "--settings",
        type=settings_json(ExpertSettings),
        required=True,
        help="the expert's entry in config.yaml, as JSON",
    )
    parser.add_argument(
        "--text-encoder",
        type=settings_json(TextEncoderSettings),
        help="entry of the text encoder, as JSON; for networks that read or listen",
    )
    parser.add_argument("--media", type=Path, required=True, help="frames or sound (Zarr)")
    parser.add_argument("--work", type=Path, required=True, help="folder of finished videos")
    parser.add_argument("--threads", type=int, required=True, help="of the network")
    parser.add_argument("--ledger", type=Path, required=True, help="ledger to write (Parquet)")
    parser.add_argument("--output", type=Path, required=True, help="features to write (Zarr)")
    args = parser.parse_args(argv)

    torch.set_num_threads(args.threads)
    settings: ExpertSettings = args.settings
    sampling = settings.model_dump(exclude={"network"}, exclude_none=True)
    arguments: dict[str, object] = dict(sampling)
    if network(settings.network).picks_device:
        arguments["device"] = "cuda" if torch.cuda.is_available() else "cpu"
        arguments.setdefault("precision", "float32")
    if args.text_encoder is not None:
        sampling["text_encoder"] = args.text_encoder.model_dump()
        arguments["text_encoder"] = load_text_encoder(**args.text_encoder.model_dump())
    expert = load_expert(settings.network, **arguments)
    identity = StoreIdentity(args.expert, settings.network, expert.dim, expert.weights, sampling)
    work = WorkDirectory(args.work, asdict(identity))
    log.info("extracting %s with %s", args.expert, expert.weights.name)
    found = extract_shard(
        expert,
        args.media,
        work,
        name=args.expert,
        signal=network(settings.network).signal,
        fps=settings.fps,
    )
    write_features(args.output, identity, found.features)
    write_table(args.ledger, ledger_table(found.ledger))
    work.remove()
    rows = sum(entry.rows for entry in found.ledger)
    log.info("extracted %d rows of %s from %d videos", rows, args.expert, len(found.ledger))
