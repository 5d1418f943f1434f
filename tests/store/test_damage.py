"""Every kind of file that is written and read again, with a bit flipped or its end cut off.

Reading it is refused in a line that says what to delete, or it counts as not there; nothing of it
is used. Where neither happens, what was read is what was written.
"""

import json
import random
import shutil

import faiss
import numpy as np
import pyarrow as pa
import pytest
import torch
from torch import nn

from teachtext.config.text import TextEncoderSettings
from teachtext.errors import StoreError
from teachtext.interop.hub.hub import HubModel
from teachtext.jobs.retries import count_attempts, read_attempts
from teachtext.models.checkpoint import load_model
from teachtext.store.checksums import folder_sha256, write_checksums
from teachtext.store.features import FeatureStore, StoreIdentity, write_features
from teachtext.store.journal import Journal
from teachtext.store.json_files import read_json, write_json
from teachtext.store.records import Features
from teachtext.store.search_index import open_index
from teachtext.store.similarities import open_similarities, write_similarities
from teachtext.store.tables import read_table, table_metadata, write_table
from teachtext.store.tokens import read_tokens, write_tokens
from teachtext.store.weights import WeightsIdentity
from teachtext.store.workdir import WorkDirectory
from teachtext.tables.dataset import Caption
from teachtext.text.encoders.transformer import TransformerEncoder
from teachtext.training.optimizers import AdamW
from teachtext.training.resuming import EpochStates
from teachtext.training.states import LatestState
from teachtext.video.media_folder import MediaFolder, MediaItem
from tests.support.toy_indexes import SETTINGS, gallery, write_index
from tests.support.tunable_checkpoints import tiny_checkpoint

WEIGHTS = WeightsIdentity("toy 1.0", "abc")
ROWS = np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)
MEDIA = MediaItem("v", "k", False, 2.0, (0.0, 1.0), height=8, width=8, samples=40)
TIMES = 20
"""Damages of each kind."""


class Table:
    """Reading gives plain values; None: it counts as not there."""

    def write(self, folder):
        table = pa.table({"caption": ["a dog", "a cat"] * 20, "rank": ROWS[:, 0]})
        write_table(folder / "t.parquet", table, {"model": "m"})

    def read(self, folder):
        table = read_table(folder / "t.parquet")
        return table.to_pylist(), table_metadata(table)


class Tokens:
    def write(self, folder):
        captions = [Caption(f"c{n}", f"v{n}", "train", f"says {n}") for n in range(5)]
        blocks = [(captions, [ROWS[:n] for n in range(5)])]
        write_tokens(
            folder / "t.parquet", blocks, encoder="e", weights=WEIGHTS, dim=8, max_tokens=9
        )

    def read(self, folder):
        table = read_tokens(folder / "t.parquet")
        rows = table.tokens.select(np.arange(5)).take(np.arange(5)).values.tolist()
        return rows, table.captions, table.weights, table.max_tokens, table.sha256


class Similarities:
    def write(self, folder):
        blocks = [([f"c{n}" for n in range(40)], ROWS)]
        videos = [f"v{n}" for n in range(8)]
        write_similarities(folder / "s.parquet", blocks, model="m/0", video_ids=videos)

    def read(self, folder):
        store = open_similarities(folder / "s.parquet")
        values = [block.tolist() for block in store.blocks()]
        return values, store.caption_ids, store.video_ids, store.model, store.sha256


class Facts:
    def write(self, folder):
        write_json(folder / "0.json", {"test": {"R@1": 12.5}, "name": "«ü» teachtext-sha256:"})

    def read(self, folder):
        return read_json(folder / "0.json")


class Attempts:
    def write(self, folder):
        count_attempts(folder, [("audio", "0"), ("", "1")])

    def read(self, folder):
        return read_attempts(folder)


class FeaturesOfAShard:
    def write(self, folder):
        times = np.arange(40, dtype=np.float64)
        found = {"a": Features(ROWS, times, times + 1), "b": None}
        write_features(
            folder / "s.zarr", StoreIdentity("e", "toy", 8, WEIGHTS, {"fps": 2.0}), found
        )

    def read(self, folder):
        store = FeatureStore(folder / "s.zarr")
        rows, (starts, ends) = store.rows(), store.times
        return (
            rows.values.tolist(),
            starts.tolist(),
            ends.tolist(),
            [found and found.recognised for found in map(store.features_of, store.video_ids)],
            store.sha256,
        )


class Model:
    def write(self, folder):
        write_index(folder, gallery())
        shutil.rmtree(folder / "results/search")

    def read(self, folder):
        return plain(*load_model(folder / "results/models/student/0"))


class Index:
    def write(self, folder):
        write_index(folder, gallery(), settings=SETTINGS.model_copy(update={"exact_below": 2}))
        shutil.rmtree(folder / "results/models")

    def read(self, folder):
        index = open_index(folder / "results/search/student/0")
        arrays = [index.videos_GE, index.captions_CE, index.weights_CM]
        files = [faiss.serialize_index(one).tolist() for one in index.inverted.values()]
        assert files
        return (
            [a.tolist() for a in arrays],
            files,
            index.clips,
            index.texts.to_pylist(),
            index.facts,
        )


class Exported:
    def write(self, folder):
        Model().write(folder)
        network, card = load_model(folder / "results/models/student/0")
        shutil.rmtree(folder / "results")
        reader = TextEncoderSettings(encoder="glove", max_tokens=8)
        hub = HubModel(network, card, text_settings=reader, page="")
        hub.save_pretrained(folder / "out")
        (folder / "out/README.md").unlink()  # for people; it may be edited

    def read(self, folder):
        loaded = HubModel.from_pretrained(folder / "out")
        return *plain(loaded.network, loaded.card), loaded.text_settings


class TunedTextEncoder:
    def write(self, folder):
        write_checksums(tiny_checkpoint(folder / "tuned", "bert"))

    def read(self, folder):
        encoder = TransformerEncoder(checkpoint=str(folder / "tuned"), max_tokens=8)
        return encoder.encode(["a red cat runs"])[0].tolist()


class TrainingState:
    def write(self, folder):
        network = self.network()
        optimizer = AdamW(network.parameters(), lr=0.1, weight_decay=0.1)
        network(torch.ones(1, 4)).sum().backward()
        optimizer.step()
        LatestState(folder, "a").save({"model": network}, optimizer, {"history": [{"loss": 0.5}]})

    def read(self, folder):
        network, state = self.network(), LatestState(folder, "a")
        optimizer, facts = AdamW(network.parameters(), lr=0.1, weight_decay=0.1), state.facts()
        if facts is None:
            return None
        state.load({"model": network}, optimizer, facts)
        moments = [one["exp_avg"].tolist() for one in optimizer.state.values()]
        return facts, moments, [one.tolist() for one in network.parameters()]

    def network(self):
        torch.manual_seed(0)
        return nn.Linear(4, 4)


class BestWeights:
    def write(self, folder):
        EpochStates(folder, "a").save_best(TrainingState().network().state_dict(), 3)

    def read(self, folder):
        weights = EpochStates(folder, "a").load_best(3)
        return {name: weight.tolist() for name, weight in weights.items()}


class Finished:
    def write(self, folder):
        LatestState(folder, "ab" * 32).finish()

    def read(self, folder):
        return LatestState(folder, "ab" * 32).is_finished or None


class WorkItem:
    def write(self, folder):
        WorkDirectory(folder).save("k", {"features": ROWS, "seconds": np.array(0.5)})

    def read(self, folder):
        found = WorkDirectory(folder).find("k")
        return found and {name: array.tolist() for name, array in found.items()}


class DecodedMedia:
    def write(self, folder):
        work = MediaFolder(folder / "work")
        work.path.mkdir()
        pixels = np.random.default_rng(0).integers(0, 255, 2 * 8 * 8 * 3, np.uint8)
        work.pixels_path("k").write_bytes(pixels.tobytes())
        work.samples_path("k").write_bytes(ROWS[:, 0].tobytes())
        work.keep(MEDIA)
        work.finish(["k"], folder / "media", ffmpeg="9.0")

    def read(self, folder):
        media = MediaFolder(folder / "media")
        items = media.items()
        frames, sound = media.frames(items["v"], np.arange(2)), media.audio(items["v"])
        return frames.pixels_THWC[:].tolist(), sound.samples_S.tolist(), items


class DecodedItem:
    """Of a shard that is being decoded."""

    def write(self, folder):
        MediaFolder(folder).keep(MediaItem("v", "k", True, 2.0, problem="torn"))

    def read(self, folder):
        media = MediaFolder(folder)
        return media.item("k") if media.has("k") else None


KINDS = [
    Table, Tokens, Similarities, Facts, Attempts, FeaturesOfAShard, Model, Index, Exported,
    TunedTextEncoder, TrainingState, BestWeights, Finished, WorkItem, DecodedMedia, DecodedItem,
]  # fmt: skip


def plain(network, card):
    weights = {name: weight.tolist() for name, weight in network.state_dict().items()}
    return weights, json.dumps(card.to_json())


def damage(folder, seed):
    """Flip a bit of one of the files, or cut its end off; anywhere, or near an end."""
    chance = random.Random(seed)
    file = chance.choice(sorted(path for path in folder.rglob("*") if path.is_file()))
    content = bytearray(file.read_bytes())
    last = len(content) - 1
    ranges = [(0, min(100, last)), (0, last), (max(0, last - 300), last)]
    place = chance.randint(*chance.choice(ranges))
    if chance.random() < 0.25:
        del content[place:]
    else:
        content[place] ^= 1 << chance.randrange(8)
    file.write_bytes(content)
    return f"{file.relative_to(folder)}, byte {place} of {last + 1}"


@pytest.fixture(autouse=True)
def parts_are_large(monkeypatch):
    monkeypatch.setattr("teachtext.search.building.SMALL_PART", 2)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_is_what_was_written(kind, tmp_path):
    intact, copy = tmp_path / "intact", tmp_path / "copy"
    intact.mkdir()
    kind().write(intact)
    whole = kind().read(intact)
    assert whole is not None
    for seed in range(TIMES):
        shutil.copytree(intact, copy)
        what = damage(copy, seed)
        try:
            found = kind().read(copy)
        except StoreError as error:
            line = str(error)
            assert str(copy) in line, line
            assert "elete" in line, line
            assert "\n" not in line
        else:
            assert found in (None, whole), what
        shutil.rmtree(copy)


def test_of_a_damaged_journal_whole_records_are_read(tmp_path):
    journal, records = Journal(tmp_path / "j.jsonl"), {f"k{n}": {"fps": n} for n in range(9)}
    journal.rewrite(records)
    content = journal.path.read_bytes()
    for seed in range(TIMES):
        journal.path.write_bytes(content)
        what = damage(tmp_path, seed)
        assert journal.read().items() <= records.items(), what


def test_folders_and_files_have_digests_that_tell_them_apart(tmp_path):
    for name, text in (("one", "a"), ("same", "a"), ("other", "b")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(text)
        write_checksums(tmp_path / name)
    one, same, other = (folder_sha256(tmp_path / name) for name in ("one", "same", "other"))
    assert one == same != other
