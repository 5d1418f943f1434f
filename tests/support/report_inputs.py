"""Inputs of the report, of exactly the shapes that the other stages write."""

import hashlib
import json

import numpy as np
import pyarrow as pa
import pyarrow.csv
import yaml

from teachtext.config.checks import load_config
from teachtext.evaluation.records import EVALUATION_SHA256, Evaluation
from teachtext.store import tables
from teachtext.store.json_files import read_json, write_json
from teachtext.store.versions import MADE_BY, stamp
from teachtext.store.weights import model_sha256
from teachtext.video.manifest import VideoRecord, manifest_table
from tests.support.running import ROOT

SHIPPED = load_config(yaml.safe_load((ROOT / "config.yaml").read_text()))
_EXPERTS = ["appearance", "audio", "motion"]
MODELS = {
    "teacher-glove": {"section": "teachers", "text_encoder": "glove"},
    "baseline": {"section": "students"},
    "teachtext": {"section": "students", "teachers": ["teacher-glove"]},
}
CAPTIONS_PER_VIDEO = 2
PROBED = {"content_sha256": "5e" * 32, "decoder": "decord", "decoder_reason": "plain"}


def evaluation(model="baseline", seed=0, geometric_mean=40.0, **changes):
    """One evaluation in memory; every metric has the value of the geometric mean."""
    names = ("R@1", "R@5", "R@10", "R@50", "MdR", "MnR", "geometric_mean")
    metrics = {**dict.fromkeys(names, geometric_mean), "queries": 2, "gallery": 2}
    values = {
        "model_sha256": "0",
        "settings": {},
        "section": "students",
        "models": {"architecture": "CollaborativeExperts"},
        "training": {"epochs": 3, "distillation_weight": 1, "threads": 1},
        "text_encoder": "minilm",
        "experts": ("appearance", "audio"),
        "teachers": (),
        "opinions": (),
        "captions": "all",
        "parameters": 1000,
        "best_epoch": 1,
        "val": {"t2v": metrics, "v2t": metrics},
        "test": {"t2v": metrics, "v2t": metrics},
        "normalized": {},
        "weights": {},
        "versions": {},
        "ranks": {"t2v": np.array([0.0, 1.0]), "v2t": np.array([0.0, 1.0])},
        "text_queries": pa.table({"query_id": ["a#0", "b#0"], "video_id": ["a", "b"]}),
        "own_captions": np.array([1, 1]),
        "ranks_path": None,
    }
    return Evaluation(model=model, seed=seed, **{**values, **changes})


def evaluations_of(model, means, **changes):
    """One evaluation for each geometric mean, seeds counting from 0."""
    return [evaluation(model, seed, mean, **changes) for seed, mean in enumerate(means)]


def change_evaluation(path, **changes):
    """Write other values, to which the ranks beside them belong."""
    write_json(path, read_json(path) | changes)
    ranks = path.with_suffix(".parquet")
    table = tables.read_table(ranks)
    sha256 = {EVALUATION_SHA256: hashlib.sha256(path.read_bytes()).hexdigest()}
    tables.write_table(ranks, table, tables.table_metadata(table) | sha256)


def three(video):
    """Video id -> path, of three videos that are the same file."""
    return dict.fromkeys(("first", "second", "third"), video)


class Corpus:
    """A folder with the inputs of one report, and the arguments to write it.

    Args:
        folder: everything is written below it.
        videos: video id -> path of its file.
        spoken: caption of each caption id, ``{video_id}#{number}``; others get a plain sentence.
    """

    def __init__(self, folder, videos, *, models=MODELS, seeds=(0, 1), spoken=None, skill=None):
        self.folder, self.videos, self.models, self.seeds = folder, videos, models, seeds
        self.captions = {
            f"{video}#{number}": (spoken or {}).get(f"{video}#{number}", f"somebody shows {video}")
            for video in videos
            for number in range(CAPTIONS_PER_VIDEO)
        }
        self.skill = skill or {}
        untrained = {name for name, row in models.items() if row["section"] == "zero_shot"}
        self.config = self._configure()
        runs = [(m, seed) for m in models for seed in ((0,) if m in untrained else seeds)]
        self.models_of_runs = [self._describe(*run) for run in runs]
        self.histories = [self._train(*run) for run in runs if run[0] not in untrained]
        self.evaluations = [self._evaluate(*run) for run in runs]
        self.manifest = self._probe()
        self.ledger = self._extract()
        self.table = self._tabulate()

    def arguments(
        self,
        output,
        denoise=(),
        reviews=(),
        searches=(),
        published=None,
        queries=4,
        results_per_query=2,
    ):
        numbers = {"queries": queries, "results-per-query": results_per_query, "seed": 0}
        numbers |= {"heat-map": 3, "config": json.dumps(self.config)}
        numbers |= {"bootstrap-samples": 200, "bootstrap-seed": 0}
        files = {"manifest": self.manifest, "ledger": self.ledger, "captions": self.table}
        return [
            "--title=A run",
            *("--evaluations", *map(str, self.evaluations)),
            *("--models", *map(str, self.models_of_runs)),
            *("--denoise", *map(str, denoise)),
            *("--reviews", *map(str, reviews)),
            *("--searches", *map(str, searches)),
            *([f"--published={json.dumps(published)}"] if published else []),
            *(f"--{name}={value}" for name, value in {**numbers, **files}.items()),
            f"--output={output}",
        ]

    def evaluate_again(self):
        """Let the evaluations be of the models as they are now."""
        for path, folder in zip(self.evaluations, self.models_of_runs, strict=True):
            change_evaluation(path, model_sha256=model_sha256(folder))

    def denoise(self, seed, dropped_every=4):
        path = self.folder / f"denoise/clean/{seed}.parquet"
        rows = []
        for place, (caption_id, caption) in enumerate(self.captions.items()):
            dropped = place % dropped_every == 0
            rows.append(
                {
                    "caption_id": caption_id,
                    "video_id": caption_id.split("#")[0],
                    "caption": caption,
                    "rank": 100.0 + place if dropped else float(place),
                    "kept": not dropped,
                    "reason": "its video is not among the first 100" if dropped else "",
                }
            )
        keeps = "its video is among the first 100"
        settings = SHIPPED.denoise["clean"]
        teachers = " ".join(f"{teacher.model}/{seed}" for teacher in settings.teachers)
        made = {MADE_BY: stamp("denoise_captions"), "settings": settings.model_dump_json()}
        made |= {"teachers": teachers}
        named = {"captions": "clean", "seed": str(seed), "keeps": keeps}
        return write_report_table(path, rows, made | named)

    def review(self, first="third", kept=0):
        """Every caption is taken for one of the same video; the ranks fall from 100."""
        rows = [
            {
                "caption_id": caption_id,
                "video_id": caption_id.split("#")[0],
                "caption": caption,
                "rank": 100.0 - place,
                "own_similarity": 0.25,
                "margin": -0.25,
                "first_video_id": first,
                "first_similarity": 0.5,
                "first_caption": self.captions.get(f"{first}#0", ""),
                "kept": kept,
                "seeds": 2,
                "reason": "its video is not among the first 10",
            }
            for place, (caption_id, caption) in enumerate(self.captions.items())
        ]
        path = self.folder / "denoise/clean/review.parquet"
        return write_report_table(path, rows, {"captions": "clean"})

    def _configure(self):
        """The shipped configuration with the models of the corpus."""
        config = SHIPPED.model_dump(by_alias=True, mode="json")
        config |= {"seeds": list(self.seeds), "pruned": {}}
        config["training"]["epochs"] = 3
        config |= {section: {} for section in ("teachers", "students", "zero_shot")}
        for model, facts in self.models.items():
            entry = {"text_encoder": facts.get("text_encoder", "minilm"), "experts": _EXPERTS}
            if facts.get("teachers"):
                entry["teachers"] = facts["teachers"]
            config[facts["section"]][model] = entry
        return config

    def _describe(self, model, seed):
        """The directory of a model."""
        folder = self.folder / f"models/{model}/{seed}"
        folder.mkdir(parents=True)
        requests = {name: SHIPPED.request(name) for name in _EXPERTS}
        facts = self.models[model]
        values = {
            MADE_BY: stamp("train_student"),
            "model": model,
            "seed": seed,
            "training": facts.get("training", {}),
            "captions": facts.get("captions", "all"),
            "text_encoder": facts.get("text_encoder", "minilm"),
            "experts": {
                name: {"network": one.settings.network, "sampling": one.sampling()}
                for name, one in requests.items()
            },
            "made_from": {
                "tokens": "0",
                "features": dict.fromkeys(_EXPERTS, "0"),
                "captions": None,
                "teachers": {},
            },
        }
        (folder / "config.json").write_text(json.dumps(values))
        (folder / "model.safetensors").write_bytes(f"{model} {seed}".encode())
        return folder

    def _evaluate(self, model, seed):
        generator = np.random.default_rng([seed, len(model), sum(model.encode())])
        path = self.folder / f"evaluate/{model}/{seed}.json"
        skill = self.skill.get(model, 0.5)
        texts = [
            self._rank(generator, skill, "t2v", caption_id, caption)
            for caption_id, caption in self.captions.items()
        ]
        videos = [self._rank(generator, skill, "v2t", video, "") for video in self.videos]
        drawn = [f"{video}#0" for video in self.videos]
        for place, row in enumerate(texts):
            row |= self._details(generator, place, sampled=row["query_id"] in drawn)
        named = {"experts": json.dumps(_EXPERTS), "sample": json.dumps(drawn)}
        write_report_table(path.with_suffix(".parquet"), texts + videos, named)
        scores = {
            "t2v": metrics_of([row["rank"] for row in texts], len(self.videos)),
            "v2t": metrics_of([row["rank"] for row in videos], len(self.captions)),
        }
        values = {
            "model": model,
            "seed": seed,
            MADE_BY: stamp("evaluate_model"),
            "model_sha256": model_sha256(self.folder / f"models/{model}/{seed}"),
            "settings": SHIPPED.evaluate.model_dump(),
            "models": SHIPPED.models.model_dump(),
            "training": SHIPPED.training.model_dump() | {"epochs": 3},
            "text_encoder": "minilm",
            "experts": _EXPERTS,
            "captions": "all",
            "parameters": 1_234_567 + 1000 * len(model),
            "best_epoch": 1,
            "weights": {
                "text": {"name": "words 1.0", "sha256": "f0" * 32},
                "experts": {
                    name: {"name": f"{name} net", "sha256": "0a" * 32} for name in _EXPERTS
                },
            },
            "versions": {"torch": "2.99.0"},
            **self.models[model],
            "teachers": [f"{name}/{seed}" for name in self.models[model].get("teachers", ())],
            "val": scores,
            "test": scores,
            "test_normalized": {"qb-norm": {"t2v": scores["t2v"]}, "dual-softmax": scores},
        }
        write_json(path, values)
        change_evaluation(path)
        return path

    def _rank(self, generator, skill, direction, query_id, query):
        video = query_id.split("#")[0]
        gallery = list(self.videos if direction == "t2v" else self.captions)
        own = video if direction == "t2v" else f"{video}#0"
        rank = min(int(generator.exponential(len(gallery) * (1 - skill) / 3)), len(gallery) - 1)
        others = [item for item in generator.permutation(gallery).tolist() if item != own]
        top = [*others[:rank], own, *others[rank:]][:50]
        return {
            "direction": direction,
            "query_id": query_id,
            "query": query,
            "video_id": video,
            "rank": float(rank),
            "top": top,
            "top_similarities": [0.9 - 0.01 * place for place in range(len(top))],
        }

    def _details(self, generator, place, *, sampled):
        """What decides for the own video is always the first expert, against the next video."""
        videos = list(self.videos)
        own = place // CAPTIONS_PER_VIDEO
        similarities = generator.random(len(videos)).tolist()
        return {
            "weights": [0.5, 0.3, 0.2],
            "own_parts": [0.3, 0.1, 0.1],
            "rival": videos[(own + 1) % len(videos)],
            "rival_parts": [0.1, 0.2, 0.1],
            "sampled": similarities if sampled else None,
        }

    def _train(self, model, seed):
        path = self.folder / f"models/{model}/{seed}/history.parquet"
        distilled = bool(self.models[model].get("teachers"))
        skill = 100 * self.skill.get(model, 0.5)
        generator = np.random.default_rng([seed, len(model)])
        rows = []
        for epoch in range(3):
            learned = skill * (1 - np.exp(-(epoch + 1) / 6)) + generator.normal(0, 0.6)
            ranking = 0.2 * np.exp(-epoch / 5) + 0.02
            distillation = 0.05 * np.exp(-epoch / 8) if distilled else None
            rows.append(
                {
                    "epoch": epoch,
                    "learning_rate": 0.001 * 0.95**epoch,
                    "loss": ranking + (distillation or 0.0),
                    "ranking_loss": ranking,
                    "distillation_loss": distillation,
                    "seconds": 1.5 + generator.random(),
                    "peak_memory_bytes": 400 * 2**20,
                    "val_t2v_geometric_mean": max(learned, 1.0),
                    "val_v2t_geometric_mean": max(learned - 2, 1.0),
                }
            )
        return write_report_table(path, rows, {"model": model, "seed": str(seed)})

    def _probe(self):
        records = [
            VideoRecord(video, str(path), 0.0, None, duration_seconds=3.0, **PROBED)
            if path is not None
            else VideoRecord(video, "", 0.0, None, status="failed", reason="moov atom not found")
            for video, path in self.videos.items()
        ]
        path = self.folder / "manifest.parquet"
        tables.write_table(path, manifest_table(records))
        return path

    def _extract(self):
        statuses = {"audio": ["ok", "ok", "absent"], "motion": ["ok", "partial", "ok", "failed"]}
        reasons = {"absent": "no audio track", "partial": "3 of 12 frames", "failed": "bit rot"}
        rows = []
        for expert in _EXPERTS:
            choices = statuses.get(expert, ["ok"])
            for place, video in enumerate(self.videos):
                status = choices[place % len(choices)]
                rows.append(
                    {
                        "video_id": video,
                        "expert": expert,
                        "status": status,
                        "reason": reasons.get(status, ""),
                        "rows": 0 if status in {"absent", "failed"} else 12,
                        "seconds": 0.1,
                        "key": "k",
                    }
                )
        return write_report_table(self.folder / "ledger.parquet", rows)

    def _tabulate(self):
        path = self.folder / "captions.csv"
        rows = [
            {"video_id": key.split("#")[0], "caption": caption, "split": "test", "caption_id": key}
            for key, caption in self.captions.items()
        ]
        pa.csv.write_csv(pa.Table.from_pylist(rows), path)
        return path


def metrics_of(ranks, gallery):
    ranks = np.array(ranks)
    recalls = {f"R@{k}": 100 * float(np.mean(ranks < k)) for k in (1, 5, 10, 50)}
    product = recalls["R@1"] * recalls["R@5"] * recalls["R@10"]
    return {
        **recalls,
        "MdR": float(np.median(ranks)) + 1,
        "MnR": float(np.mean(ranks)) + 1,
        "geometric_mean": product ** (1 / 3),
        "queries": len(ranks),
        "gallery": gallery,
    }


def write_report_table(path, rows, metadata=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    tables.write_table(path, pa.Table.from_pylist(rows), metadata)
    return path
