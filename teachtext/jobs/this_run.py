"""The run of Snakemake that reads the Snakefile: what it tells, and leaves for the commands."""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
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
        values: Configuration as Snakemake has laid it over each other.
        snakefile: Absolute path of the Snakefile.
        listed: Files that it was read from, as Snakemake lists them.
        given: Those among them that were given with ``--configfile``.
        words: Words of the command.

    Attributes:
        home: Folder of the run, as whoever typed the command sees it.
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        *,
        snakefile: Path,
        listed: Sequence[Path],
        given: Sequence[Path],
        words: Sequence[str],
    ) -> None:
        self._values = dict(values)
        # Snakemake lists files that were given first, and lays them over the others
        self._files = [path for path in map(Path, listed) if path not in given] + list(given)
        self._remembered = RememberedRun(
            config=self._values,
            overlays=tuple(map(str, given)),
            snakefile=str(snakefile),
            # paths in messages count from where people type; who names a Snakefile is anywhere
            typed_in="/" if {"-s", "--snakefile"} & {*words} else str(snakefile.parent),
            options=options_to_keep(words),
        )
        self.home = Home(Path.cwd(), Path(self._remembered.typed_in), run=self._remembered)

    def in_one_line(self, ask: Callable[..., T], *given: object) -> T:
        """The answer; what a user can mend is no traceback."""
        try:
            return ask(*given)
        except TeachTextError as error:
            sys.exit(f"teachtext: {self.home.complete(str(error))}")

    def config(self) -> Config:
        """The configuration, checked, for results that are its own.

        Raises:
            ConfigError: It does not fit, or the results here are another data set's.
        """
        paths = [path.absolute() for path in self._files]
        found = check_merged(self._values, {self.home.shown(path): path for path in paths})
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
