# Config validation, wildcards and input functions; no rules.
import functools
import json
import os

from teachtext.config.catalog import EXPERTS as NETWORKS
from teachtext.config.catalog import TEXT_ENCODERS
from teachtext.config.checks import load_config
from teachtext.config.pruning import curves, subset_model, subset_pattern
from teachtext.config.zero_shot import SEED
from teachtext.errors import TeachTextError
from teachtext.files.atomic import remove_leftovers
from teachtext.files.given import GivenFiles, package_versions
from teachtext.files.urls import is_url
from teachtext.jobs.retries import read_attempts
from teachtext.pruning.search import without_each
from teachtext.store.json_files import read_json
from teachtext.store.versions import STAGE_VERSIONS
from teachtext.tables.checks import check_tables
from teachtext.tables.dataset import read_videos, shard_digests
from teachtext.video.ffmpeg import CHOICE

GIVEN = GivenFiles(Path(".snakemake/teachtext"))
try:
    CONFIG = load_config(config)
    # before anything is computed from them
    TOLD = check_tables(
        CONFIG.dataset.videos, CONFIG.dataset.captions, CONFIG.first_val_user(), GIVEN
    )
except TeachTextError as error:
    sys.exit(f"teachtext: {error}")
if TOLD:
    sys.stderr.write(f"{TOLD}\n")

SHARDS = range(CONFIG.dataset.shards)
EXPERTS = CONFIG.used_experts()
EXTRACTED = CONFIG.extracted_experts()
IMPORTED = CONFIG.imported_experts()
MODELS = list(CONFIG.rows())
SEARCHES = CONFIG.searches()
# models that the searches train: which ones is known when the levels before are decided
SEARCHED = [subset_pattern(curve, EXPERTS) for curve in curves(SEARCHES)]
PRUNED = [model for model in MODELS if CONFIG.section(model) == "pruned"] + SEARCHED
IMPORTED_TEACHERS = CONFIG.imported_teachers()
UNTRAINED = CONFIG.untrained()
EVALUATED = [f"{m}/{seed}" for m, seeds in CONFIG.evaluated().items() for seed in seeds]
ENCODERS = CONFIG.encoders()
IMPORTED_TOKENS = CONFIG.imported_tokens()
TUNED = [name for name, entry in ENCODERS.items() if entry.finetune is not None]


wildcard_constraints:
    shard=r"\d+",
    seed=r"-?\d+",
    expert="|".join(EXPERTS),
    text_encoder="|".join(CONFIG.text),
    model="|".join([*MODELS, *UNTRAINED, *SEARCHED]),
    captions="|".join(CONFIG.denoise) or "none",
    search="|".join(SEARCHES) or "none",
    level=r"[1-9]\d*",


# What Snakemake looks at to see that an output is outdated: ages and names of inputs, and parameters
# of builtin types that depend on nothing or on wildcards. It leaves out any other parameter. An
# input that is ancient() hides changes of everything below it while its own job runs again.


def follows(rule, *facts):
    """A parameter of every rule: what decides its outputs and is no input or other parameter."""

    def counted(wildcards):
        values = [fact(wildcards) if callable(fact) else fact for fact in facts]
        return json.dumps([rule, STAGE_VERSIONS[rule], *values])

    return counted


def uncounted(value):
    """A parameter that may change without making outputs outdated."""
    return lambda wildcards, input: value(wildcards) if callable(value) else value


def is_made(file):
    """Whether a job makes it, so that what it holds is not known before."""
    return any(rule.is_producer(file) for rule in workflow.rules)


def content(file):
    """Digest of what the user gives."""
    return "" if is_url(file) or is_made(file) else GIVEN.sha256(file)


def captions_content(wildcards):
    return content(CONFIG.dataset.captions)


def made_by(checkpoint, packages):
    """What a network or a text encoder consists of."""
    return [*package_versions(packages), content(checkpoint) if checkpoint else ""]


CHOSEN = os.environ.get(CHOICE, "")
FFMPEG = [CHOSEN, *made_by(CHOSEN, ["imageio-ffmpeg"])]
"""What decodes sound, and encodes the demo."""


def encoder_made_by(entry):
    return made_by(entry.checkpoint, TEXT_ENCODERS[entry.encoder].packages)


def expert_made_by(settings, text_encoder):
    network = NETWORKS[settings.network]
    own = made_by(settings.checkpoint, network.packages)
    detector = content(settings.detector) if settings.detector else ""
    heard = FFMPEG if network.signal == "audio" else []
    embedded = encoder_made_by(text_encoder) if text_encoder else []
    return [*own, detector, *heard, *embedded]


def videos_table(wildcards):
    """A row concerns its own shard alone (`shard_rows`), so a table that is given is no input."""
    videos = CONFIG.dataset.videos
    return videos if is_made(videos) else []


def in_one_line(read, path):
    """What is read; what a user can mend is no traceback."""
    try:
        return read(path)
    except TeachTextError as error:
        sys.exit(f"teachtext: {error}")


@functools.cache
def table_of_videos():
    return in_one_line(read_videos, Path(CONFIG.dataset.videos))


@functools.cache
def row_digests():
    return shard_digests(table_of_videos(), CONFIG.dataset.shards)


def shard_rows(wildcards):
    """Changes with the rows of a shard, and with the files that they name."""
    if is_made(CONFIG.dataset.videos):
        return ""
    return row_digests()[int(wildcards.shard)]


def number_of_videos(wildcards):
    """Of the table; of one that is made, as many as will be rendered."""
    if is_made(CONFIG.dataset.videos):
        return CONFIG.demo.train + CONFIG.demo.val + CONFIG.demo.test
    return len(table_of_videos())


def manifest_of_videos(wildcards):
    return "results/video/manifest.parquet" if CONFIG.dataset.videos else []


def manifest_argument(wildcards, input):
    return ["--manifest", input.manifest] if CONFIG.dataset.videos else []


def manifest_folder(wildcards, input):
    return Path(input[0]).parent


@functools.cache
def attempts():
    return in_one_line(read_attempts, Path("results"))


def probe_attempt(wildcards):
    return attempts().get(f":{wildcards.shard}", 0)


def expert_attempt(wildcards):
    return attempts().get(f"{wildcards.expert}:{wildcards.shard}", 0)


@functools.cache
def request(expert):
    asked = CONFIG.request(expert)
    weights = json.dumps(expert_made_by(asked.settings, asked.text_encoder))
    return asked.model_copy(update={"weights": weights})


def expert_request(wildcards):
    return request(wildcards.expert).model_dump_json(exclude_none=True)


def expert_gpus(wildcards):
    return CONFIG.request(wildcards.expert).gpus


def expert_requests(wildcards):
    """Of all experts that look at videos and that a model looks through."""
    return [request(name).model_dump_json(exclude_none=True) for name in EXTRACTED]


def imported_features(wildcards):
    """A URL is read in place; Snakemake does not look whether it has changed."""
    file = IMPORTED[wildcards.expert]
    return [] if is_url(file) else file


def imported_from(wildcards, input):
    return input.features or IMPORTED[wildcards.expert]


def imported_content(wildcards):
    file = IMPORTED[wildcards.expert]
    names = CONFIG.dataset.videos or CONFIG.dataset.captions
    return [file, content(file), content(names)]


def imported_similarities(wildcards):
    return IMPORTED_TEACHERS[wildcards.model]


def imported_similarities_content(wildcards):
    return content(imported_similarities(wildcards))


def paragraphs_argument(wildcards):
    return "--paragraphs" if CONFIG.dataset.paragraphs else ""


def imported_tokens(wildcards):
    return IMPORTED_TOKENS[wildcards.text_encoder].file


def imported_tokens_content(wildcards):
    return content(imported_tokens(wildcards))


def imported_max_tokens(wildcards):
    return IMPORTED_TOKENS[wildcards.text_encoder].max_tokens


def tuned_weights(wildcards):
    """The folder that a text encoder is loaded from, where it is tuned first."""
    tuned = wildcards.text_encoder in TUNED
    return f"results/text/finetuned/{wildcards.text_encoder}" if tuned else []


def encoder_gpus(wildcards):
    return ENCODERS[wildcards.text_encoder].gpus


def encoder_settings(wildcards, input):
    entry = ENCODERS[wildcards.text_encoder]
    tuned = str(input.tuned) if input.tuned else ""
    return entry.embeds_from(tuned).model_dump_json(exclude_none=True)


def encoder_content(wildcards):
    entry = ENCODERS[wildcards.text_encoder]
    return [entry.embeds_from("").model_dump(), encoder_made_by(entry)]


def tuned_settings(wildcards):
    return ENCODERS[wildcards.text_encoder].model_dump_json()


def tuned_content(wildcards):
    """How often a state is kept decides nothing."""
    entry = ENCODERS[wildcards.text_encoder]
    settings = entry.model_dump(exclude={"finetune": {"state_minutes"}})
    return [settings, encoder_made_by(entry)]


def tuning_threads(wildcards):
    return ENCODERS[wildcards.text_encoder].finetune.threads


def tuning_gpus(wildcards):
    return ENCODERS[wildcards.text_encoder].finetune.gpus


def model_tokens(wildcards):
    return f"results/text/{CONFIG.text_encoder_of(wildcards.model)}.parquet"


def model_features(wildcards):
    return expand(
        "results/experts/{expert}/{shard}.zarr",
        expert=CONFIG.experts_of(wildcards.model),
        shard=SHARDS,
    )


def feature_arguments(wildcards, input):
    """A list of all stores would be longer than a command line can be."""
    folders = dict.fromkeys(Path(store).parent for store in input.features)
    named = [f"{folder.name}={folder}" for folder in folders]
    return ["--features", *named, "--shards", CONFIG.dataset.shards]


def imported_folder(wildcards, output):
    return Path(output.ledgers[0]).parent


def demo_folder(wildcards, output):
    return Path(output.videos).parent


def similarities_of(teachers, wildcards):
    """Of all seeds of all teachers; seeds that only teach are trained for it."""
    return [
        f"results/similarities/{teacher.model}/{seed}.parquet"
        for teacher in teachers
        for seed in CONFIG.seeds_of(teacher, wildcards.seed)
    ]


def teacher_similarities(wildcards):
    return similarities_of(CONFIG.row(wildcards.model).teachers, wildcards)


def model_ledgers(wildcards):
    """Beside the features: what failed of them."""
    return [
        str(Path(store).with_suffix(".parquet")) for store in model_features(wildcards)
    ]


def model_captions(wildcards):
    """The denoised set a model trains on; none for all captions."""
    captions = CONFIG.row(wildcards.model).captions
    return (
        []
        if captions is None
        else f"results/denoise/{captions}/{wildcards.seed}.parquet"
    )


def model_captions_argument(wildcards, input):
    return ["--captions", input.captions] if input.captions else []


def model_architecture(wildcards):
    return CONFIG.architecture_of(wildcards.model).model_dump_json()


def released_checkpoint(wildcards):
    return CONFIG.released[wildcards.model].checkpoint


def released_content(wildcards):
    return content(released_checkpoint(wildcards))


def released_architecture(wildcards):
    return CONFIG.models.model_dump_json()


def model_training(wildcards):
    return CONFIG.training_of(wildcards.model).model_dump_json()


def model_content(wildcards):
    """The order of teachers decides who has which weight; event files decide nothing."""
    training = CONFIG.training_of(wildcards.model).content()
    teachers = [
        teacher.model_dump() for teacher in CONFIG.row(wildcards.model).teachers
    ]
    return [training, teachers]


def model_threads(wildcards):
    if wildcards.model in UNTRAINED:
        return CONFIG.training.threads
    return CONFIG.training_of(wildcards.model).threads


def model_gpus(wildcards):
    """None for what is not trained: it only compares vectors."""
    if wildcards.model in UNTRAINED:
        return 0
    return CONFIG.training_of(wildcards.model).gpus


def model_gpu(wildcards):
    """One is enough to use a model."""
    return min(1, model_gpus(wildcards))


def evaluate_settings(wildcards):
    return CONFIG.evaluate.model_dump_json()


def index_settings(wildcards):
    return CONFIG.search.model_dump_json()


def index_content(wildcards):
    """Which other models have an index decides nothing."""
    return CONFIG.search.model_dump(exclude={"models"})


def search_encoder_argument(wildcards):
    """None where the token vectors are made elsewhere: nothing embeds a query then."""
    name = CONFIG.text_encoder_of(wildcards.model)
    if name not in ENCODERS:
        return []
    tuned = f"results/text/finetuned/{name}" if name in TUNED else ""
    entry = ENCODERS[name].embeds_from(tuned)
    return ["--text-encoder", entry.model_dump_json(exclude_none=True)]


def denoise_similarities(wildcards):
    return similarities_of(CONFIG.denoise[wildcards.captions].teachers, wildcards)


def denoise_settings(wildcards):
    return CONFIG.denoise[wildcards.captions].model_dump_json()


def experts_after(search, level):
    """Those that a level of a search leaves; level 0 has dropped none."""
    if level == 0:
        return CONFIG.experts_of(search)
    decided = checkpoints.prune_expert.get(search=search, level=level).output[0]
    return in_one_line(read_json, Path(decided))["experts"]


def search_levels(search):
    return range(len(CONFIG.experts_of(search)) - SEARCHES[search].keep + 1)


def search_decisions(wildcards):
    return [
        f"results/pruned/{wildcards.search}/{level}.json"
        for level in search_levels(wildcards.search)[1:]
    ]


def level_candidates(wildcards):
    """A model without each expert that the level before leaves."""
    left = experts_after(wildcards.search, int(wildcards.level) - 1)
    return expand(
        "results/models/{model}/{seed}",
        model=[subset_model(wildcards.search, kept) for kept in without_each(left)],
        seed=CONFIG.seeds,
    )


def search_ranks(wildcards):
    """They lie beside the evaluations."""
    return [
        str(Path(path).with_suffix(".parquet"))
        for path in search_evaluations(wildcards)
    ]


def search_evaluations(wildcards):
    """Of what each level leaves, with teachers and without."""
    search = wildcards.search
    subsets = [experts_after(search, level) for level in search_levels(search)]
    return expand(
        "results/evaluate/{model}/{seed}.json",
        model=[
            subset_model(curve, subset)
            for curve in curves({search: SEARCHES[search]})
            for subset in subsets
        ],
        seed=CONFIG.seeds,
    )
