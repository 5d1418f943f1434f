"""The folder of a data set: which configuration holds there, whose results, what to type."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from teachtext.config.files import check_merged, read_config, read_sections
from teachtext.config.remembered import REMEMBERED, RememberedRun, recall
from teachtext.config.whole import Config
from teachtext.errors import ConfigError, StoreError

_CODE = Path(__file__).parents[2]
_COMMAND = re.compile(r"`(teachtext|snakemake)\b([^`]*)`")
_PROSE = re.compile(r"\b([Rr]un) snakemake\b")


@dataclass(frozen=True)
class Home:
    """The folder of a data set, as somebody sees it from elsewhere.

    Attributes:
        folder: Folder of the data set; may be the checkout itself.
        here: Folder in which whoever reads a message types commands.
        overlays: Files to lay over the configuration; empty: those of the last run.
        run: Run that begins, for messages of its own; None: the last one.
    """

    folder: Path
    here: Path
    overlays: tuple[Path, ...] = ()
    run: RememberedRun | None = None

    @property
    def results(self) -> Path:
        """Folder of its results."""
        return self.folder / "results"

    def config_of_last_run(self) -> Config:
        """The configuration of the last run; before any, and under overlays, that of the next.

        Raises:
            ConfigError: It does not fit, or the results here are another data set's.
        """
        run = recall(self.results)
        if run is None or self.overlays:
            return self.config_of_next_run()
        path = self.results / REMEMBERED
        return check_merged(run.config, {self.shown(path): path})

    def config_of_next_run(self) -> Config:
        """What the files say now: the checkout's config.yaml, the folder's own, the overlays.

        Raises:
            ConfigError: It does not fit, or the results here are another data set's.
        """
        run = recall(self.results)
        checkout = self._checkout(run)
        if checkout is None:
            raise ConfigError("There is no config.yaml of teachtext here. Run this in a checkout.")
        own = self.own_file(checkout)
        files = [checkout / "config.yaml", *([own] if own else []), *self._overlays(run)]
        config = read_config({self.shown(path): path for path in files})
        self.check_owner(config)
        return config

    def own_file(self, checkout: Path) -> Path | None:
        """The folder's own config.yaml; None: there is none, or nothing in it.

        Args:
            checkout: Folder whose config.yaml it is laid over.

        Raises:
            ConfigError: It is no YAML file with sections.
        """
        path = self.folder / "config.yaml"
        if not path.exists() or path.samefile(checkout / "config.yaml"):
            return None
        return path if read_sections(self.shown(path), path) else None

    def check_owner(self, config: Config) -> None:
        """Refuse a data set whose name and tables are others than those of the results here.

        Under one name the tables may move; with the same tables the name may change.

        Args:
            config: Configuration that somebody wants to compute, or to see the results of.

        Raises:
            ConfigError: The results are of another data set.
        """
        run = recall(self.results)
        owner = run.config.get("dataset", {}) if run else {}
        wanted = config.dataset.model_dump()
        if not owner or owner.get("name") == wanted["name"]:
            return
        if self._tables(owner) == self._tables(wanted):
            return
        memory = shlex.quote(self.shown(self.results / REMEMBERED))
        raise ConfigError(
            f"{self.shown(self.results)} is of the data set {_described(owner)}, the "
            f"configuration of {_described(wanted)}. {self._way_out(owner, wanted)} "
            f"(If it is the same data set under a new name: rm {memory})"
        )

    def complete(self, text: str) -> str:
        """The same text, with commands that work where its reader is.

        Args:
            text: Text in which commands are in backticks, as they would be typed in a checkout
                whose own data set it is; or that only says to run snakemake.
        """
        quoted = _PROSE.sub(r"\1 `snakemake`", text)
        return _COMMAND.sub(lambda found: f"`{self.command(found[1], found[2])}`", quoted)

    def command(self, program: str, words: str = "") -> str:
        """A command that works where the reader is.

        Args:
            program: Either ``teachtext`` or ``snakemake``.
            words: Words that follow, as in a shell.
        """
        where = [] if self._is_here() else ["--directory", self.shown(self.folder)]
        options = [*self._options(), *where] if program == "snakemake" else where
        return " ".join([f"{program} {words.strip()}".strip(), *map(shlex.quote, options)])

    def _options(self) -> list[str]:
        """What every command of snakemake needs."""
        try:
            run = self.run or recall(self.results)
        except StoreError:  # it may be what the message is about
            run = None
        options = list(run.options) if run else ["--cores", "all"]
        checkout, overlays = self._checkout(run), self._overlays(run)
        if checkout is not None and not _is_same(checkout, self.here):
            options += ["--snakefile", self.shown(checkout / "Snakefile")]
        if overlays:
            options += ["--configfile", *map(self.shown, overlays)]
        return options

    def _overlays(self, run: RememberedRun | None) -> tuple[Path, ...]:
        return self.overlays or (tuple(map(Path, run.overlays)) if run else ())

    def _checkout(self, run: RememberedRun | None) -> Path | None:
        """Where the Snakefile is: here, the last run's, where somebody types, or ours."""
        known = [Path(run.snakefile).parent] if run else []
        for folder in (self.folder, *known, self.here, _CODE):
            if all((folder / name).exists() for name in ("Snakefile", "config.yaml", "teachtext")):
                return folder
        return None

    def _way_out(self, owner: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
        home = (self.folder / wanted["captions"]).parent
        if (home / "config.yaml").is_file() and not _is_same(home, self.folder):
            command = Home(home, self.here).command("snakemake")
            return (
                f"That has a folder of its own, in which the paths of its tables count: {command}"
            )
        name = re.sub(r"[^\w.-]", "-", str(owner.get("name")))
        elsewhere = self.results.with_name(f"results-{name}")
        while elsewhere.exists():
            elsewhere = elsewhere.with_name(f"{elsewhere.name}-before")
        move = ["mv", self.shown(self.results), self.shown(elsewhere)]
        way = f"eep them elsewhere and type your command again: {shlex.join(move)}"
        is_locked = any((self.folder / ".snakemake/locks").glob("*"))
        return f"Once no snakemake runs there any more, k{way}" if is_locked else f"K{way}"

    def _tables(self, dataset: Mapping[str, Any]) -> list[Path | None]:
        paths = (dataset.get("videos"), dataset.get("captions"))
        return [path and (self.folder / path).resolve() for path in paths]

    def _is_here(self) -> bool:
        return _is_same(self.folder, self.here)

    def shown(self, path: Path) -> str:
        """A path as the reader types it; from the root of the file system, in full."""
        is_below = path.is_relative_to(self.here) and self.here != Path(self.here.anchor)
        return str(path.relative_to(self.here) if is_below else path)


def home_at(directory: Path, overlays: Sequence[Path] = ()) -> Home:
    """The folder that somebody names in a command.

    Args:
        directory: Folder as it was typed.
        overlays: Files to lay over its configuration.

    Raises:
        ConfigError: It is no folder.
    """
    if not directory.is_dir():
        raise ConfigError(f"{directory} is no folder. Give the one that snakemake runs in.")
    return Home(directory, Path.cwd(), tuple(overlays))


def home_of_job() -> Home:
    """The folder that this process works in, as a job of a run: whoever reads is elsewhere."""
    folder = Path.cwd()
    run = recall(folder / "results")
    return Home(folder, Path(run.typed_in) if run else _CODE)


def _is_same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _described(dataset: Mapping[str, Any]) -> str:
    tables = ", ".join(repr(dataset[key]) for key in ("videos", "captions") if dataset.get(key))
    return f"{dataset.get('name')!r} ({tables})"
