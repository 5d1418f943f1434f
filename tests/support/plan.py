"""What Snakemake would run in a folder, job by job, from its own graph; nothing is run."""

import atexit
import functools
import json
import subprocess
import sys
from dataclasses import dataclass

from tests.support.running import ENVIRONMENT, ROOT


@dataclass(frozen=True)
class Plan:
    """Jobs by name: the rule and the values of its wildcards, such as ``extract_expert motion 0``.

    Attributes:
        needs: Job -> jobs whose outputs it reads.
        runs: Jobs that would run.
        new: Jobs that have not run yet.
    """

    needs: dict[str, list[str]]
    runs: set[str]
    new: set[str]

    def below(self, first):
        """These jobs, and all that is made from their outputs."""
        found = set(first)
        while True:
            more = {job for job, needs in self.needs.items() if found & set(needs)} - found
            if not more:
                return found
            found |= more

    def named(self, words):
        """Jobs of a rule that have these values among their wildcards."""
        rule, *values = words.split(" ") if isinstance(words, str) else words
        return {
            job
            for job in self.needs
            if job.split(" ")[0] == rule and set(values) <= set(job.split(" ")[1:])
        }


@functools.cache
def planner():
    """The process that answers; it has imported Snakemake once."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.planner"],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.kill)
    return process


def plan(folder, *configfiles, packages="", versions=()):
    """Ask for everything.

    Args:
        folder: Folder of the run.
        configfiles: Files laid over its own config.yaml.
        packages: Folder of distributions that stand before those that are installed.
        versions: Rule -> its version, where it is another one.
    """
    process = planner()
    question = [str(folder), list(map(str, configfiles)), str(packages), dict(versions)]
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    assert "error" not in answer, answer["error"]
    return Plan(answer["needs"], set(answer["runs"]), set(answer["new"]))


def write_distribution(folder, name, version):
    """Another version of a package, as pip would have left it."""
    facts = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    facts.mkdir(parents=True)
    lines = {"Metadata-Version": "2.1", "Name": name, "Version": version}.items()
    (facts / "METADATA").write_text("".join(f"{key}: {value}\n" for key, value in lines))


if __name__ == "__main__":
    from pathlib import Path

    told = plan(Path(sys.argv[1]), *sys.argv[2:])
    sys.stdout.write("\n".join(sorted(told.runs)) + f"\n{len(told.runs)} of {len(told.needs)}\n")
