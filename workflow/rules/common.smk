# The configuration, and what `teachtext.jobs` says of each rule under it; no rules.
from snakemake.logging import logger

from teachtext.config.files import check_merged
from teachtext.config.home import Home
from teachtext.config.remembered import RememberedRun, options_to_keep, remember
from teachtext.errors import TeachTextError
from teachtext.files.atomic import remove_leftovers
from teachtext.jobs.job import wildcards_in
from teachtext.jobs.records import Records, describe_lock
from teachtext.jobs.rules import Rules
from teachtext.store.json_files import read_json

GIVEN_FILES = list(workflow.config_settings.configfiles)
THIS_RUN = RememberedRun(
    config=config,
    overlays=list(map(str, GIVEN_FILES)),
    snakefile=str(CHECKOUT / "Snakefile"),
    # paths in messages count from where people type; who names a Snakefile is anywhere
    typed_in="/" if {"-s", "--snakefile"} & {*sys.argv} else str(CHECKOUT),
    options=options_to_keep(sys.argv[1:]),
)
HOME = Home(Path.cwd(), Path(THIS_RUN.typed_in), run=THIS_RUN)


def in_one_line(ask, *given):
    """The answer; what a user can mend is no traceback."""
    try:
        return ask(*given)
    except TeachTextError as error:
        sys.exit(f"teachtext: {HOME.complete(str(error))}")


def tell_lock(record):
    """What snakemake says in five lines of a folder that is locked, in one."""
    if "Directory cannot be locked. Please" in str(record.msg):
        last = Records(HOME.folder).last_run()
        record.msg = f"teachtext: {HOME.complete(describe_lock(last))}"
    return True


logger.addFilter(tell_lock)


def configuration():
    # snakemake lists files that were given first, and lays them over the others
    files = [path for path in workflow.configfiles if path not in GIVEN_FILES] + GIVEN_FILES
    paths = [Path(file).absolute() for file in files]
    found = check_merged(config, {HOME.shown(path): path for path in paths})
    HOME.check_owner(found)
    return found


def decided(search, level):
    """Until that level has ended, Snakemake goes on without whoever asks."""
    file = checkpoints.prune_expert.get(search=search, level=level).output[0]
    return in_one_line(read_json, Path(file))["experts"]


RULES = in_one_line(lambda: Rules(configuration(), decided, Path()))
sys.stderr.write(in_one_line(RULES.check_tables))


wildcard_constraints:
    **RULES.values(),


def job(rule, wildcards):
    return RULES.job(rule, dict(wildcards.items()))


def of(rule, what):
    """What a rule's jobs say of themselves, as a function of their wildcards."""
    return lambda wildcards: in_one_line(getattr(job(rule, wildcards), what))


# What Snakemake looks at to see that an output is outdated: ages and names of inputs, and parameters
# of builtin types that depend on nothing or on wildcards, such as `follows`; any other, such as
# `options`, it leaves out. An input that is ancient() hides changes of everything below it while its
# own job runs again: so only one is whose content `follows` tells.


def inputs_of(rule):
    def inputs(wildcards):
        one = job(rule, wildcards)
        given = in_one_line(one.inputs)
        return {k: [f if one.ages(k, f) else ancient(f) for f in given[k]] for k in given}

    return inputs


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
