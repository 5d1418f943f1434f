"""Captions shuffled between videos: how many the teachers' ranks find, and what that is worth.

    python benchmarks/planted_noise.py data/vatex WORK [--percent 5 10 20] [--seeds 0 1 2]

The first folder holds what tests/support/configs/vatex.yaml names: captions.csv and videomae.npz.
The model and the training are that file's, on the CPU; val and test stay clean. For each share of
planted captions and each seed, captions are ranked by teachers that trained on all of them
(in-sample), and by teachers that did not train on those that they rank, but on the other folds of
the captions, or of the videos with all their captions (cross-fitted).

precision: of the captions that are dropped, the planted ones, where as many are dropped as were
planted; recall is then the same number, ties are dropped by lot. AP: average precision, over all
thresholds. The floor is chance, the share of planted captions; the alternatives are a teacher
alone, the margin (own similarity minus the best other), and the ranking loss of each caption.
Students: geometric mean of text-to-video R@1, 5, 10 on test, trained on all captions, without those
that rank worst (as many as were planted), and without the planted ones, which nobody knows.
"""

import argparse
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import yaml

from teachtext.cli import main as teachtext
from teachtext.config.models import ArchitectureSettings
from teachtext.config.text import TextEncoderSettings
from teachtext.config.training import TrainingSettings
from teachtext.denoising.ranks import place_captions
from teachtext.evaluation.evaluate import rank_set, similarity_blocks
from teachtext.models.inputs import RetrievalSet, load_set
from teachtext.runtime.distributed import Processes
from teachtext.store.tokens import read_tokens
from teachtext.tables.shards import CAPTIONED
from teachtext.training.recipe import train_model
from teachtext.training.resuming import EpochStates

ROOT = Path(__file__).parent.parent
TEACHERS = ("glove", "wordllama", "minilm")
STUDENT = "minilm"
MAX_TOKENS = 32
THRESHOLDS = (1, 5, 10, 50, 100)
BLOCK = 256


@dataclass(frozen=True)
class Recipe:
    """How every model here is trained, and with how many folds captions are held out."""

    architecture: ArchitectureSettings
    training: TrainingSettings
    folds: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path, help="token vectors and features are kept here")
    parser.add_argument("--percent", type=int, nargs="+", default=[5, 10, 20])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    given = recipe(epochs=args.epochs, threads=args.threads, folds=args.folds)
    sets = open_sets(args.data, args.work, given.architecture)
    for percent in args.percent:
        found = defaultdict(list)
        for seed in args.seeds:
            for name, value in measure(sets, percent / 100, seed, given).items():
                found[name].append(value)
            print(f"{percent} %, seed {seed}: done", flush=True)
        show(percent, found)


def recipe(*, epochs, threads, folds):
    """Of tests/support/configs/vatex.yaml, laid over config.yaml."""
    texts = [ROOT / "config.yaml", ROOT / "tests/support/configs/vatex.yaml"]
    shipped, overlay = (yaml.safe_load(path.read_text()) for path in texts)
    models = shipped["models"] | overlay["models"] | {"video_clusters": {}, "max_rows": {}}
    training = shipped["training"] | overlay["training"] | {"epochs": epochs, "threads": threads}
    return Recipe(ArchitectureSettings(**models), TrainingSettings(**training), folds)


def tokens_of(work, name) -> dict[str, Path]:
    """Portion -> its token vectors."""
    return {portion: work / f"{name}-{portion}.parquet" for portion in CAPTIONED}


def open_sets(data, work, architecture) -> dict[str, dict[str, RetrievalSet]]:
    """Text encoder -> split -> captions and videos; what is not in ``work`` is made."""
    captions, features = data / "captions.csv", work / "videomae"
    if not features.exists():
        for portion in CAPTIONED:
            arguments = {"expert": "videomae", "features": data / "videomae.npz"}
            shard = features / f"{portion}-0"
            stage(
                "import-expert",
                **arguments,
                **{"captions": captions, "shards": ["trainval=1", "test=1"], "shard": shard.name},
                ledger=shard.with_suffix(".parquet"),
                output=shard.with_suffix(".zarr"),
            )
    for name in TEACHERS:
        settings = TextEncoderSettings(encoder=name, max_tokens=MAX_TOKENS).model_dump_json()
        for portion, file in tokens_of(work, name).items():
            if not file.exists():
                arguments = {"captions": captions, "name": name, "settings": settings}
                kept = {"portion": portion, "kept": work / "kept" / file.name}
                stage("embed-captions", **arguments, **kept, threads=1, output=file)
    stores = {"videomae": [features / f"{portion}-0.zarr" for portion in CAPTIONED]}
    return {
        name: {
            split: load_set(
                read_tokens(*tokens_of(work, name).values()),
                stores,
                split,
                architecture=architecture,
            )
            for split in ("train", "val", "test")
        }
        for name in TEACHERS
    }


def stage(verb, /, **arguments):
    words = [verb]
    for key, value in arguments.items():
        words += [f"--{key}", *map(str, value if isinstance(value, list) else [value])]
    teachtext(words)


def measure(sets, share, seed, given) -> dict[tuple[str, ...], float]:
    """Everything that is printed, of one share of planted captions and one seed."""
    video = sets[STUDENT]["train"].video_of_caption
    generator = np.random.default_rng(seed)
    noisy = planted(video, share, generator)
    is_planted = noisy != video
    fold_of_video = generator.permutation(video.max() + 1) % given.folds
    folds = {
        "in-sample": None,
        "folds of captions": generator.permutation(len(video)) % given.folds,
        "folds of videos": fold_of_video[noisy],
    }
    sets = {
        name: splits | {"train": replace(splits["train"], video_of_caption=noisy)}
        for name, splits in sets.items()
    }
    found = {}
    worst = {"all": np.zeros(len(video), dtype=bool), "without the planted ones": is_planted}
    for fitted, fold_of_caption in folds.items():
        opinions = {name: opinion(sets[name], fold_of_caption, seed, given) for name in TEACHERS}
        scores = suspicions(opinions, noisy, given.training.margin)
        for name, score in scores.items():
            found["precision", fitted, name] = precision(score, is_planted)
            found["AP", fitted, name] = average_precision(score, is_planted)
        for rank in THRESHOLDS:
            dropped = scores["rank, mean of teachers"] >= rank
            found["dropped", fitted, f"rank {rank} or worse"] = dropped.mean()
            hits = (dropped & is_planted).sum()
            found["precision", fitted, f"rank {rank} or worse"] = hits / max(dropped.sum(), 1)
            found["recall", fitted, f"rank {rank} or worse"] = hits / is_planted.sum()
        order = np.lexsort((scores["margin, mean of teachers"], scores["rank, mean of teachers"]))
        dropped = np.zeros(len(video), dtype=bool)
        dropped[order[::-1][: is_planted.sum()]] = True
        worst[f"without the worst, {fitted}"] = dropped
    for name, dropped in worst.items():
        found["student", name] = student(sets[STUDENT], ~dropped, seed, given)
    return found


def planted(video, share, generator):
    """(captions,) as given, but some captions have exchanged their videos with each other."""
    chosen = generator.choice(len(video), round(share * len(video)), replace=False)
    owners = video[chosen]
    given = generator.permutation(owners)
    while len(same := np.flatnonzero(given == owners)):
        for place, other in zip(same, generator.integers(len(given), size=len(same)), strict=True):
            given[[place, other]] = given[[other, place]]
    noisy = video.copy()
    noisy[chosen] = given
    return noisy


def opinion(splits, fold_of_caption, seed, given):
    """(captions, videos) similarities by a teacher that trained on all, or on the other folds."""
    train = splits["train"]
    if fold_of_caption is None:
        return similarities(trained(train, splits["val"], seed, given), train)
    rows = np.empty((len(train.captions), len(train.video_ids)), np.float32)
    for fold in range(given.folds):
        of_fold = fold_of_caption == fold
        model = trained(chosen(train, ~of_fold), splits["val"], seed, given)
        rows[of_fold] = similarities(model, train)[of_fold]
    return rows


def trained(train, val, seed, given):
    with tempfile.TemporaryDirectory(prefix="teachtext-benchmark-") as folder:
        made = train_model(
            train, val, {}, architecture=given.architecture, training=given.training, seed=seed,
            states=EpochStates(Path(folder), ""), processes=Processes(0, 1, torch.device("cpu")),
        )  # fmt: skip
    return made.model


def similarities(model, data):
    return np.concatenate([sims for _, sims in similarity_blocks(model, data)])


def chosen(data, kept):
    ids = {caption.caption_id for caption, keep in zip(data.captions, kept, strict=True) if keep}
    return data.keep_captions(ids)


def suspicions(opinions, own, margin):
    """(captions,) by each way to suspect them; higher is more suspect."""
    mean = np.mean(list(opinions.values()), axis=0)
    named = {"mean of teachers": mean} | {f"{name} alone": sims for name, sims in opinions.items()}
    scores = {}
    for name, sims in named.items():
        placement = place_captions([sims], own)
        scores[f"rank, {name}"] = placement.ranks
        scores[f"margin, {name}"] = -placement.margins
    own_similarity = mean[np.arange(len(own)), own][:, None]
    scores["loss, mean of teachers"] = np.maximum(margin + mean - own_similarity, 0).mean(axis=1)
    scores["own similarity, mean of teachers"] = -own_similarity[:, 0]
    return scores


def precision(score, is_planted):
    """Where as many are dropped as were planted; of equal scores any may be dropped."""
    count = is_planted.sum()
    last = np.sort(score)[-count]
    surely, perhaps = score > last, score == last
    by_lot = (count - surely.sum()) * is_planted[perhaps].mean()
    return (is_planted[surely].sum() + by_lot) / count


def average_precision(score, is_planted):
    """Mean over the planted captions of the precision where they are found, ties together."""
    _, place = np.unique(-score, return_inverse=True)
    hits, all_ = np.bincount(place, is_planted), np.bincount(place)
    return float((hits * hits.cumsum() / all_.cumsum()).sum() / is_planted.sum())


def student(splits, kept, seed, given):
    model = trained(chosen(splits["train"], kept), splits["val"], seed, given)
    return rank_set(model, splits["test"]).summary()["t2v"]["geometric_mean"] / 100


def show(percent, found):
    """Mean ± standard deviation over seeds, in percent."""
    print(f"\n{percent} % planted; chance finds {percent} %")
    for kind in ("precision", "AP", "dropped", "recall", "student"):
        for (first, *names), values in found.items():
            if first == kind:
                spread = f"{100 * np.mean(values):6.1f} ± {100 * np.std(values):4.1f}"
                print(f"{kind:10}{', '.join(names):50}{spread}", flush=True)


if __name__ == "__main__":
    main()
