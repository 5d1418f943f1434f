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
from teachtext.interop.features.layout import Content
from teachtext.interop.features.matching import Matcher
from teachtext.interop.features.sources import Sources, named
from teachtext.interop.features.teachers import import_teacher
from teachtext.interop.features.tokens import import_tokens
from teachtext.store.library import expert_path, similarities_path, tokens_path
from teachtext.store.tokens import read_foreign_tokens
from teachtext.tables.dataset import Caption, read_captions, write_captions

log = logging.getLogger(__name__)

IMPORTERS = {
    "expert": (import_features, expert_path),
    "tokens": (import_tokens, tokens_path),
    "teacher": (import_teacher, similarities_path),
}
"""Kind -> what imports it, and where to; in the order in which they are told of."""
Outcomes = dict[Content, Outcome]
"""What became of each."""


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    if not (args.archives or args.experts or args.text):
        raise ConfigError("There is nothing to import. Give --archives, --experts or --text.")
    captions = read_captions(args.captions)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    # all is made beside what is there, and moved when none of it was refused
    with tempfile.TemporaryDirectory(dir=args.output.parent, prefix=".import-") as scratch:
        sources = _sources(args, Path(scratch))
        captions = Matcher(captions, sources.words, sources.translated).in_order()
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
    matcher = Matcher(captions, sources.words, sources.translated)
    by_name = sorted(sources.found.items(), key=lambda item: item[0].name)
    outcomes: Outcomes = {}
    for kind, (importer, place) in IMPORTERS.items():
        for content, source in by_name:
            if content.kind == kind:
                output = place(made, content.name)
                outcomes[content] = importer(source, output, matcher, name=content.name)
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
    for content, outcome in outcomes.items():
        lines.append(f"{content.kind:8}{content.name:30}{outcome.dim:7}{outcome.videos:10}")
        lines += [f"        {remark}" for remark in outcome.remarks.lines()]
    lines.append(f"captions.csv: {len(spoken)} of {len(captions)} captions")
    return "".join(f"{line}\n" for line in lines)
