# Config validation, wildcards and input functions; no rules.
import functools
import json
from pathlib import Path

from teachtext.attempts import read_attempts
from teachtext.config_loading import load_config
from teachtext.dataset import read_videos, shard_digests
from teachtext.errors import TeachTextError
from teachtext.pruning import curves, subset_model, subset_pattern, without_each
from teachtext.urls import is_url
from teachtext.zero_shot import SEED

try:
    CONFIG = load_config(config)
except TeachTextError as error:
    sys.exit(f"teachtext: {error}")

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


def videos_table():
    """A new row concerns its own shard alone (`shard_rows`), so the table's age does not count."""
    videos = CONFIG.dataset.videos
    if videos is None:
        return []
    return videos if CONFIG.dataset.name == "demo" else ancient(videos)


@functools.cache
def row_digests():
    return shard_digests(
        read_videos(Path(CONFIG.dataset.videos)), CONFIG.dataset.shards
    )


def shard_rows(wildcards):
    """Changes with the rows of a shard; the demo's follow from its settings."""
    if CONFIG.dataset.name == "demo":
        return CONFIG.demo.model_dump_json()
    try:
        return row_digests()[int(wildcards.shard)]
    except TeachTextError as error:
        sys.exit(f"teachtext: {error}")


def videos_argument(wildcards, input):
    return ["--videos", input.videos] if CONFIG.dataset.videos else []


def needs_val_argument(wildcards):
    user = CONFIG.first_val_user()
    return [] if user is None else ["--needs-val", user.entry, user.setting]


def manifest_of_videos(wildcards):
    return "results/video/manifest.parquet" if CONFIG.dataset.videos else []


def manifest_argument(wildcards, input):
    return ["--manifest", input.manifest] if CONFIG.dataset.videos else []


def manifest_folder(wildcards, input):
    return Path(input[0]).parent


@functools.cache
def attempts():
    return read_attempts(Path("results"))


def probe_attempt(wildcards):
    return attempts().get(f":{wildcards.shard}", 0)


def expert_attempt(wildcards):
    return attempts().get(f"{wildcards.expert}:{wildcards.shard}", 0)


def expert_request(wildcards):
    return CONFIG.request(wildcards.expert).model_dump_json(exclude_none=True)


def expert_gpus(wildcards):
    return CONFIG.request(wildcards.expert).gpus


def expert_requests():
    """Of all experts that look at videos and that a model looks through."""
    return [
        CONFIG.request(name).model_dump_json(exclude_none=True) for name in EXTRACTED
    ]


def imported_features(wildcards):
    """A URL is read in place; Snakemake does not look whether it has changed."""
    file = IMPORTED[wildcards.expert]
    return [] if is_url(file) else file


def imported_from(wildcards, input):
    return input.features or IMPORTED[wildcards.expert]


def imported_similarities(wildcards):
    return IMPORTED_TEACHERS[wildcards.model]


def paragraphs_argument(wildcards):
    return "--paragraphs" if CONFIG.dataset.paragraphs else ""


def imported_tokens(wildcards):
    return IMPORTED_TOKENS[wildcards.text_encoder].file


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


def tuned_settings(wildcards):
    return ENCODERS[wildcards.text_encoder].model_dump_json()


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


def released_architecture(wildcards):
    return CONFIG.models.model_dump_json()


def model_training(wildcards):
    return CONFIG.training_of(wildcards.model).model_dump_json()


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
    return json.loads(Path(decided).read_text())["experts"]


def search_levels(search):
    return range(len(CONFIG.experts_of(search)) - SEARCHES[search].keep + 1)


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
