"""The run of Snakemake that reads the Snakefile: what it tells, and leaves for the commands."""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from teachtext.config.files import check_merged
from teachtext.config.home import Home
from teachtext.config.remembered import RememberedRun, options_to_keep, remember
from teachtext.config.whole import Config
from teachtext.errors import TeachTextError
from teachtext.files.atomic import remove_leftovers
from teachtext.jobs.records import Records, describe_lock

T = TypeVar("T")


class ThisRun:
    """A run in the folder in which Snakemake works.

    Args:
        snakefile: Absolute path of the Snakefile.
        given: Files that were given with ``--configfile``.
        words: Words of the command.

    Attributes:
        home: Folder of the run, as whoever typed the command sees it.
    """

    def __init__(self, snakefile: Path, given: Sequence[Path], words: Sequence[str]) -> None:
        self._snakefile, self._given, self._words = snakefile, list(given), words
        # paths in messages count from where people type; who names a Snakefile is anywhere
        is_named = bool({"-s", "--snakefile"} & {*words})
        self.home = Home(Path.cwd(), Path("/") if is_named else snakefile.parent)

    def own_file(self) -> Path | None:
        """The configuration of the data set's own folder, if that is another one.

        Raises:
            ConfigError: It cannot be read.
        """
        return self.home.own_file(self._snakefile.parent)

    def in_one_line(self, ask: Callable[..., T], *given: object) -> T:
        """The answer; what a user can mend is no traceback."""
        try:
            return ask(*given)
        except TeachTextError as error:
            sys.exit(f"teachtext: {self.home.complete(str(error))}")

    def config(self, values: Mapping[str, Any], listed: Sequence[str]) -> Config:
        """The configuration, checked, for results that are its own.

        Args:
            values: Configuration as Snakemake has laid it over each other.
            listed: Files that it was read from, as Snakemake lists them.

        Raises:
            ConfigError: It does not fit, or the results here are another data set's.
        """
        self._remembered = RememberedRun(
            config=dict(values),
            overlays=tuple(map(str, self._given)),
            snakefile=str(self._snakefile),
            typed_in=str(self.home.here),
            options=options_to_keep(self._words),
        )
        self.home = replace(self.home, run=self._remembered)
        # Snakemake lists files that were given first, and lays them over the others
        files = [path for path in map(Path, listed) if path not in self._given] + self._given
        paths = [path.absolute() for path in files]
        found = check_merged(dict(values), {self.home.shown(path): path for path in paths})
        self.home.check_owner(found)
        return found

    def tell_lock(self, record: logging.LogRecord) -> bool:
        """What Snakemake says in five lines of a folder that is locked, in one."""
        if "Directory cannot be locked. Please" in str(record.msg):
            last = Records(self.home.folder).last_run()
            record.msg = f"teachtext: {self.home.complete(describe_lock(last))}"
        return True

    def begin(self) -> None:
        """Clear what was killed, and be remembered; nobody else writes here now."""
        remove_leftovers(self.home.results)
        remember(self.home.results, self._remembered)

    def end(self, config: Config, *, well: bool) -> None:
        """Say how it ended."""
        # here: where the Snakefile is read there may be no pyarrow
        from teachtext.jobs.ending import describe_failure, describe_success

        describe = describe_success if well else describe_failure
        sys.stderr.write(describe(config, self.home))
