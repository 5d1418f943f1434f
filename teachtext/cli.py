"""The command line: ``teachtext <verb-noun>`` finds the stage of that name and runs it."""

import argparse
import importlib
import logging
import pkgutil
import sys

from teachtext import __version__, stages
from teachtext.errors import TeachTextError


def stage_names() -> list[str]:
    """Names of all stages, as typed: one for each module in ``teachtext.stages``."""
    modules = (module.name for module in pkgutil.iter_modules(stages.__path__))
    return sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))


def main(argv: list[str] | None = None) -> None:
    """Run a stage; what a user can mend is one line on stderr and exit status 1."""
    parser = argparse.ArgumentParser(
        prog="teachtext",
        description="Train text-to-video search models by generalised distillation.",
        epilog="Snakemake runs the stages in order; `teachtext STAGE --help` explains one.",
    )
    parser.add_argument("--version", action="version", version=f"teachtext {__version__}")
    parser.add_argument("stage", choices=stage_names(), metavar="STAGE", help="%(choices)s")
    arguments = sys.argv[1:] if argv is None else argv
    stage = parser.parse_args(arguments[:1]).stage
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    module = importlib.import_module(f"teachtext.stages.{stage.replace('-', '_')}")
    try:
        module.main(arguments[1:])
    except TeachTextError as error:
        sys.exit(f"teachtext {stage}: {error}")
