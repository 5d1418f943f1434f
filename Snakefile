import os
import shlex
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.20")

# --use-conda strips PYTHONPATH; current_basedir also holds under --directory and as a module
sys.path.insert(0, str(workflow.current_basedir))
shell.prefix(
    "set -euo pipefail; " f"export PYTHONPATH={shlex.quote(str(workflow.current_basedir))}; "
)
# for the pip: sections of envs/*.yaml, which name all that is needed: aisfx asks for NumPy 1.23
os.environ.update(PIP_NO_DEPS="1")


CHECKOUT = Path(str(workflow.current_basedir))


configfile: str(CHECKOUT / "config.yaml")


include: "workflow/rules/common.smk"
include: "workflow/rules/demo.smk"
include: "workflow/rules/video.smk"
include: "workflow/rules/experts.smk"
include: "workflow/rules/text.smk"
include: "workflow/rules/teachers.smk"
include: "workflow/rules/denoise.smk"
include: "workflow/rules/students.smk"
include: "workflow/rules/pruned.smk"
include: "workflow/rules/zero_shot.smk"
include: "workflow/rules/released.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/search.smk"
include: "workflow/rules/report.smk"


onstart:
    RUN.begin()


onsuccess:
    RUN.end(RULES.context.config, well=True)


onerror:
    RUN.end(RULES.context.config, well=False)


rule all:
    default_target: True
    input:
        RULES.targets(),
