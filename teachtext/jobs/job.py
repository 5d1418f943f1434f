"""A job of the workflow: what it reads, and what of the configuration decides about it."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from teachtext.jobs.context import Context
from teachtext.store.versions import STAGE_VERSIONS

Inputs = Mapping[str, Sequence[str]]
"""Name of an input in the rule -> its files."""
Option = str | int | float | Sequence[str] | None
"""True is a flag; None and False leave an option out."""


class Job:
    """One job of a rule; each rule is a subclass.

    Snakemake runs a job again when its inputs or what ``follows`` says change. Of the command
    line it is told nothing, so that options in ``uncounted`` may change without consequence.

    Args:
        context: Configuration, and what is known beside it.
        wildcards: Values of the wildcards of the rule.

    Attributes:
        stage: Stage, as in the name of its file in workflow/rules.
        rule: Name of the rule.
        patterns: Patterns of the files and folders that a job writes.
        uncounted: Options that decide nothing about the outputs.
        ageless: Inputs whose content ``follows`` tells, unless a job makes them.
        is_temporary: Whether the outputs go once they have been read.
    """

    stage: ClassVar[str]
    rule: ClassVar[str]
    patterns: ClassVar[tuple[str, ...]]
    uncounted: ClassVar[frozenset[str]] = frozenset()
    ageless: ClassVar[frozenset[str]] = frozenset()
    is_temporary: ClassVar[bool] = False

    def __init__(self, context: Context, wildcards: Mapping[str, str]) -> None:
        self.context, self.config, self.wildcards = context, context.config, wildcards

    def __getattr__(self, name: str) -> str:
        """The value of a wildcard."""
        if name not in self.wildcards:
            raise AttributeError(f"{self.rule} has no wildcard {name}")
        return self.wildcards[name]

    @staticmethod
    def values(context: Context) -> Mapping[str, Iterable[str]]:  # noqa: ARG004 - for subclasses
        """Wildcard -> regular expressions of its values, where the rule takes not all of them."""
        return {}

    def inputs(self) -> Inputs:
        """The files that the job reads."""
        return {}

    def ages(self, name: str, file: str) -> bool:
        """Whether the job runs again when an input is younger than its outputs.

        Args:
            name: Name of the input in the rule.
            file: File of the input.
        """
        return name not in self.ageless or self.context.is_made(file)

    def marked_inputs(self, mark: Callable[[str], str]) -> Inputs:
        """The inputs, of which those whose age does not count are marked.

        Args:
            mark: Function that marks a file.
        """
        return {
            name: [file if self.ages(name, file) else mark(file) for file in files]
            for name, files in self.inputs().items()
        }

    def options(self) -> Mapping[str, Option]:
        """Options of the command that follow from the configuration."""
        return {}

    def input_options(self, inputs: Inputs) -> Mapping[str, Option]:  # noqa: ARG002 - for subclasses
        """Options that name inputs.

        Args:
            inputs: Inputs where they lie for the job: storage plugins copy them.
        """
        return {}

    def facts(self) -> Sequence[object]:
        """What decides about the outputs and is neither input nor option, as JSON takes it."""
        return []

    def threads(self) -> int:
        """Threads that the job computes with."""
        return 1

    def gpus(self) -> int:
        """GPUs that the job occupies."""
        return 0

    def outputs(self) -> tuple[str, ...]:
        """Files and folders that the job writes."""
        return tuple(pattern.format_map(self.wildcards) for pattern in self.patterns)

    def item(self) -> str:
        """Its name among the jobs of the rule, such as ``appearance/3``; empty if there is one."""
        return "/".join(self.wildcards[name] for name in wildcards_in(self.patterns[0]))

    def follows(self) -> str:
        """All that decides about the outputs beside the inputs, as JSON."""
        options = self.options().items()
        counted = {option: value for option, value in options if option not in self.uncounted}
        return json.dumps([self.rule, STAGE_VERSIONS[self.rule], counted, *self.facts()])

    def words(self, inputs: Inputs) -> list[str]:
        """All options as words of a command line, the record of its progress among them."""
        progress = {"--progress": told_in(self.rule, self.item(), "jsonl")}
        options = {**self.options(), **self.input_options(inputs), **progress}
        return [word for option, value in options.items() for word in _words(option, value)]


def told_in(rule: str, item: str, kind: str) -> str:
    """The file in which a job tells what it does: its ``log``, or ``jsonl``, how far it is."""
    return f"logs/{rule}/{item or rule}.{kind}"


def wildcards_in(pattern: str) -> list[str]:
    """Names of the wildcards of a pattern, in their order.

    >>> wildcards_in("results/models/{model}/{seed}")
    ['model', 'seed']
    """
    return re.findall(r"{(\w+)}", pattern)


def _words(option: str, value: Option) -> list[str]:
    if value is None or value is False:
        return []
    if value is True:
        return [option]
    if isinstance(value, str | int | float):
        return [option, str(value)]
    return [option, *value]
