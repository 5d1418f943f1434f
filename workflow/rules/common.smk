# The configuration, and what `teachtext.jobs` says of each rule under it; no rules.
from dataclasses import replace

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


def in_one_line(ask, *given):
    """The answer; what a user can mend is no traceback."""
    try:
        return ask(*given)
    except TeachTextError as error:
        sys.exit(f"teachtext: {HOME.complete(str(error))}")


# paths in messages count from where people type; who names a Snakefile is anywhere
HOME = Home(Path.cwd(), Path("/") if {"-s", "--snakefile"} & {*sys.argv} else CHECKOUT)
OWN_FILE = in_one_line(HOME.own_file, CHECKOUT)
if OWN_FILE is not None:

    configfile: str(OWN_FILE)


GIVEN_FILES = list(workflow.config_settings.configfiles)
THIS_RUN = RememberedRun(
    config=config,
    overlays=list(map(str, GIVEN_FILES)),
    snakefile=str(CHECKOUT / "Snakefile"),
    typed_in=str(HOME.here),
    options=options_to_keep(sys.argv[1:]),
)
HOME = replace(HOME, run=THIS_RUN)


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


RULES = Rules(in_one_line(configuration), decided, Path())
# before anything is computed from them
sys.stderr.write(in_one_line(RULES.check_tables))
SHARDS = RULES.context.shards


wildcard_constraints:
    **RULES.values(),


def job(rule, wildcards):
    return RULES.job(rule, dict(wildcards.items()))


def of(rule, what):
    """What a rule's jobs say of themselves, as a function of their wildcards."""
    return lambda wildcards: in_one_line(getattr(job(rule, wildcards), what))


def input_of(rule, name):
    """One input alone, whose name is known before a checkpoint tells its files."""
    return lambda wildcards: of(rule, "inputs")(wildcards)[name]


# What Snakemake looks at to see that an output is outdated: ages and names of inputs, and parameters
# of builtin types that depend on nothing or on wildcards, such as `follows`. It leaves out any other
# parameter, such as `options`. An input that is ancient() hides changes of everything below it while
# its own job runs again.


def params_of(rule):
    def options(wildcards, input):
        given = {k: [v] if isinstance(v, str) else list(v) for k, v in input.items()}
        return in_one_line(job(rule, wildcards).words, given)

    return {"follows": of(rule, "follows"), "options": options}


def shown(file, caption, category, **labels):
    """An output that `snakemake --report` shows, labelled by its wildcards."""
    rst = f"../report/{caption}.rst"
    labels = {name: f"{{{name}}}" for name in wildcards_in(file)} | labels
    return report(file, caption=rst, category=category, labels=labels)
