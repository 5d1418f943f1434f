"""The command line: ``teachtext <verb-noun>`` runs the stage or command of that name."""

import argparse
import ast
import errno
import importlib
import importlib.util
import logging
import pkgutil
import sys
from collections.abc import Sequence
from pathlib import Path

from teachtext import __version__, commands, stages
from teachtext.errors import TeachTextError


def stage_names() -> list[str]:
    """Names of all stages, as typed: one for each module in ``teachtext.stages``."""
    return _names(stages.__path__)


def command_names() -> list[str]:
    """Names of what is no stage but typed by people, in ``teachtext.commands``."""
    return _names(commands.__path__)


def _names(path: list[str]) -> list[str]:
    modules = (module.name for module in pkgutil.iter_modules(path))
    return sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))


def main(argv: list[str] | None = None) -> None:
    """Run a stage; what a user can mend is one line on stderr and exit status 1."""
    parser = argparse.ArgumentParser(
        prog="teachtext",
        description="Train text-to-video search models by generalised distillation.",
        epilog=f"Commands: {', '.join(command_names())}. Stages, which snakemake runs in order: "
        f"{', '.join(stage_names())}. `teachtext COMMAND --help` explains one.",
    )
    parser.add_argument("--version", action="version", version=f"teachtext {__version__}")
    names = [*command_names(), *stage_names()]
    parser.add_argument("command", choices=names, metavar="COMMAND", help="one of those below")
    arguments = sys.argv[1:] if argv is None else argv
    name = parser.parse_args(arguments[:1]).command
    shown = logging.StreamHandler()
    shown.setLevel(logging.INFO)  # a record of progress asks loggers for more
    message = "%(asctime)s %(levelname)s %(message)s"
    logging.basicConfig(level=logging.INFO, format=message, handlers=[shown])
    logging.getLogger("faiss").setLevel(logging.WARNING)  # it tells what it does not find
    args = parse(name, arguments[1:])
    try:
        _start(name, args)
    except TeachTextError as error:
        sys.exit(f"teachtext {name}: {_told(error, args)}")
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        sys.exit(f"teachtext {name}: {error.strerror}: {error.filename}. Make room and run again.")


def run(name: str, argv: Sequence[str]) -> None:
    """Parse the arguments of a stage or command; only then import it, and run it.

    Args:
        name: Of the stage or command, as typed.
        argv: What follows the name.
    """
    _start(name, parse(name, argv))


def _start(name: str, args: argparse.Namespace) -> None:
    if getattr(args, "progress", None) is not None:
        from teachtext.runtime.progress import Record

        ours = logging.getLogger("teachtext")
        ours.addHandler(Record(args.progress))
        ours.setLevel(logging.DEBUG)
    importlib.import_module(_module(name)).main(args)


def _told(error: TeachTextError, args: argparse.Namespace) -> str:
    """What the user reads; commands in it work where the user is."""
    from teachtext.config.home import Home, home_of_job

    if "directory" in args:
        return Home(args.directory, Path.cwd()).complete(str(error))
    try:
        return home_of_job().complete(str(error))
    except TeachTextError:  # what is remembered of the run is damaged
        return str(error)


def parse(name: str, argv: Sequence[str]) -> argparse.Namespace:
    """The arguments of a stage or command, without what it imports: that takes seconds.

    Args:
        name: Of the stage or command, as typed.
        argv: What follows the name. ``command_line`` holds both: training by several processes
            starts each of them with it.
    """
    parser = argparse.ArgumentParser(
        prog=f"teachtext {name}", description=_docstring(_module(name))
    )
    package, _, unit = _module(name).rpartition(".")
    importlib.import_module(f"teachtext.arguments.{unit}").add_arguments(parser)
    if package == stages.__name__:
        parser.add_argument("--progress", type=Path, help="JSON lines for `teachtext status`")
    return parser.parse_args(argv, argparse.Namespace(command_line=[name, *argv]))


def _module(name: str) -> str:
    package = "commands" if name in command_names() else "stages"
    return f"teachtext.{package}.{name.replace('-', '_')}"


def _docstring(module: str) -> str | None:
    """What a module says of itself, read from its file: it is not imported yet."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)
    return ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8")))
