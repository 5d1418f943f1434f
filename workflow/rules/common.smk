# The configuration, and what `teachtext.jobs` says of each rule under it; no rules.
from snakemake.logging import logger

from teachtext.jobs.job import wildcards_in
from teachtext.jobs.rules import Rules
from teachtext.jobs.this_run import ThisRun
from teachtext.store.json_files import read_json

RUN = ThisRun(CHECKOUT / "Snakefile", workflow.config_settings.configfiles, sys.argv[1:])
in_one_line = RUN.in_one_line
logger.addFilter(RUN.tell_lock)
# that of a data set's own folder (--directory), which holds only what differs
if OWN_FILE := in_one_line(RUN.own_file):

    configfile: str(OWN_FILE)


def decided(search, level):
    """Until that level has ended, Snakemake goes on without whoever asks."""
    file = checkpoints.prune_expert.get(search=search, level=level).output[0]
    return in_one_line(read_json, Path(file))["experts"]


RULES = in_one_line(lambda: Rules(RUN.config(config, workflow.configfiles), decided, Path()))
sys.stderr.write(in_one_line(RULES.check_tables))


wildcard_constraints:
    **RULES.values(),


def job(rule, wildcards):
    return RULES.job(rule, dict(wildcards.items()))


def of(rule, what):
    """What a rule's jobs say of themselves, as a function of their wildcards."""
    return lambda wildcards: in_one_line(getattr(job(rule, wildcards), what))


# Snakemake takes an output for outdated by ages and names of inputs, and parameters of builtin types
# that depend on wildcards alone, such as `follows`. An input that is ancient() hides changes of all
# below it while its own job runs again: so only one is whose content `follows` tells.


def inputs_of(rule):
    return lambda wildcards: in_one_line(job(rule, wildcards).marked_inputs, ancient)


def input_of(rule, name):
    """One input alone, whose name is known before a checkpoint tells its files."""
    return lambda wildcards: inputs_of(rule)(wildcards)[name]


def params_of(rule):
    def options(wildcards, input):
        given = {k: [v] if isinstance(v, str) else list(v) for k, v in input.items()}
        return in_one_line(job(rule, wildcards).words, given)

    command = rule.replace("_", "-")
    return {"command": command, "follows": of(rule, "follows"), "options": options}


def shown(file, caption, category, **labels):
    """An output that `snakemake --report` shows, labelled by its wildcards."""
    rst = f"../report/{caption}.rst"
    labels = {name: f"{{{name}}}" for name in wildcards_in(file)} | labels
    return report(file, caption=rst, category=category, labels=labels)
