"""Take over features and token vectors of other programs, such as the authors' archives."""

import argparse
import logging
import shutil
import sys
import tempfile
from pathlib import Path

from teachtext.errors import ConfigError
from teachtext.files.atomic import replacing
from teachtext.interop.features.features import Outcome, import_features
from teachtext.interop.features.layout import Content, Kind
from teachtext.interop.features.placing import in_order
from teachtext.interop.features.sources import Sources, named
from teachtext.interop.features.teachers import import_teacher
from teachtext.interop.features.tokens import import_tokens
from teachtext.store.library import expert_path, similarities_path, tokens_path
from teachtext.store.tokens import read_foreign_tokens
from teachtext.tables.dataset import Caption, by_video, read_captions, write_captions

log = logging.getLogger(__name__)

Outcomes = dict[tuple[Kind, str], Outcome]
"""Kind and name -> what became of it."""


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    if not (args.archives or args.experts or args.text):
        raise ConfigError("There is nothing to import. Give --archives, --experts or --text.")
    captions = read_captions(args.captions)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    # all is made beside what is there, and moved when none of it was refused
    with tempfile.TemporaryDirectory(dir=args.output.parent, prefix=".import-") as scratch:
        sources = _sources(args, Path(scratch))
        captions = in_order(captions, sources.words, sources.translated)
        made = Path(scratch) / "made"
        outcomes = _import(sources, captions, made)
        _move(made, args.output)
    spoken = _spoken(captions, args.output)
    write_captions(args.output / "captions.csv", spoken)
    sys.stdout.write(_describe(outcomes, captions, spoken))


def _sources(args: argparse.Namespace, scratch: Path) -> Sources:
    sources = Sources()
    for number, archive in enumerate(args.archives):
        folder = scratch / f"archive-{number}"
        folder.mkdir()
        sources.add_all(archive, folder)
    sources.lay_over(
        named(
            [
                *((Content("ids"), path) for path in args.ids),
                *((Content("captions"), path) for path in args.words),
                *((Content("expert", name), path) for name, path in args.experts),
                *((Content("tokens", name), path) for name, path in args.text),
            ]
        )
    )
    return sources


def _import(sources: Sources, captions: list[Caption], made: Path) -> Outcomes:
    video_ids = list(by_video(captions))
    outcomes: Outcomes = {}
    for expert, source in sorted(sources.experts.items()):
        outcomes["expert", expert] = import_features(
            source.paths[0],
            expert_path(made, expert),
            expert=expert,
            name=source.name,
            video_ids=video_ids,
            translated=sources.translated,
        )
    for encoder, source in sorted(sources.tokens.items()):
        outcomes["tokens", encoder] = import_tokens(
            source.paths,
            tokens_path(made, encoder),
            encoder=encoder,
            name=source.name,
            captions=captions,
            words=sources.words,
            translated=sources.translated,
        )
    for teacher, source in sorted(sources.teachers.items()):
        outcomes["teacher", teacher] = import_teacher(
            source.paths[0],
            similarities_path(made, teacher),
            teacher=teacher,
            captions=captions,
            words=sources.words,
            translated=sources.translated,
        )
    return outcomes


def _move(made: Path, output: Path) -> None:
    """Put what was made where it belongs, in the place of what was there."""
    for path in [*made.glob("*.zarr"), *made.glob("*/*.parquet")]:
        target = output / path.relative_to(made)
        with replacing(target) as temporary:
            shutil.move(path, temporary)


def _spoken(captions: list[Caption], output: Path) -> list[Caption]:
    """The captions that all text encoders of the folder have token vectors of."""
    for path in sorted(output.glob("text/*.parquet")):
        known = {caption.caption_id for caption in read_foreign_tokens(path).captions}
        captions = [caption for caption in captions if caption.caption_id in known]
    return captions


def _describe(outcomes: Outcomes, captions: list[Caption], spoken: list[Caption]) -> str:
    lines = [f"{'':38}{'width':>7}{'videos':>10}"]
    for (kind, name), outcome in outcomes.items():
        lines.append(f"{kind:8}{name:30}{outcome.dim:7}{outcome.videos:10}")
        lines += [f"        {remark}" for remark in outcome.remarks.lines()]
    lines.append(f"captions.csv: {len(spoken)} of {len(captions)} captions")
    return "".join(f"{line}\n" for line in lines)
