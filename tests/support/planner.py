"""Answers ``tests.support.plan``: a line of JSON in, one out; a fork of its own for each."""

import json
import os
import sys
import traceback
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.io import is_flagged
from snakemake.settings.enums import Quietness
from snakemake.settings.types import ConfigSettings, OutputSettings, ResourceSettings

from teachtext.store.versions import STAGE_VERSIONS

SNAKEFILE = Path(__file__).parents[2] / "Snakefile"


def answer(folder, configfiles, packages, versions):
    os.chdir(folder)
    if packages:
        sys.path.insert(0, packages)
    STAGE_VERSIONS.update(versions)
    with SnakemakeApi(OutputSettings(dryrun=True, quiet={Quietness.ALL})) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=2),
            config_settings=ConfigSettings(configfiles=[Path(file) for file in configfiles]),
            snakefile=SNAKEFILE,
            workdir=Path(folder),
        )
        workflow.dag().execute_workflow(executor="dryrun")
        graph = workflow._workflow.dag
    names = {job: " ".join([job.rule.name, *job.wildcards]) for job in graph.jobs}
    needs = {name: [names[one] for one in graph.dependencies[job]] for job, name in names.items()}
    runs = [name for job, name in names.items() if graph.needrun(job)]
    return {"needs": needs, "runs": runs, "new": [names[job] for job in names if lacks_output(job)]}


def lacks_output(job):
    """Whether a file is not there that should stay."""
    return any(not is_flagged(file, "temp") and not os.path.lexists(file) for file in job.output)


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever is printed is no answer
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            try:
                told = answer(*json.loads(line))
            except BaseException:  # noqa: BLE001 - whoever asks waits for an answer
                told = {"error": traceback.format_exc()}
            answers.write(json.dumps(told) + "\n")
            answers.flush()
            os._exit(0)
        os.waitpid(process, 0)


if __name__ == "__main__":
    main()
