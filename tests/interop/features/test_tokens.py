import pickle

import numpy as np
import pytest

from teachtext.errors import DatasetError
from teachtext.interop.features.matching import Matcher
from teachtext.interop.features.sources import Source
from teachtext.interop.features.tokens import import_tokens
from teachtext.store.tokens import read_tokens
from teachtext.tables.dataset import Caption


def caption(video, number, text):
    return Caption(f"{video}#{number}", video, "train", text)


TABLE = [caption("a", 0, "A dog barks."), caption("a", 1, "It's a cat"), caption("b", 0, "b")]


@pytest.fixture
def run(tmp_path):
    def run(*files, words=None, captions=TABLE, translated=None):
        paths = []
        for number, content in enumerate(files):
            paths.append(tmp_path / f"{number}.pkl")
            paths[-1].write_bytes(pickle.dumps(content))
        matcher = Matcher(captions, words or {}, translated or {})
        output = tmp_path / "t.parquet"
        outcome = import_tokens(Source("archive", paths), output, matcher, name="gpt2")
        return outcome, read_tokens(tmp_path / "t.parquet")

    return run


def rows(*values):
    return np.array([[value, value + 0.5] for value in values], np.float32)


def vectors_of(table):
    places = np.arange(len(table.captions))
    taken = table.tokens.select(places).take(np.arange(len(places)))
    return {c.caption_id: taken[i][:, 0].tolist() for i, c in enumerate(table.captions)}


def test_every_caption_gets_its_vectors(run):
    outcome, table = run({"a": [rows(1, 2), rows(3)], "b": [rows(4)], "else": [rows(9)]})
    assert vectors_of(table) == {"a#0": [1, 2], "a#1": [3], "b#0": [4]}
    assert (table.max_tokens, table.tokens.dim, table.encoder) == (2, 2, "gpt2")
    assert (outcome.videos, outcome.dim) == (2, 2)
    assert outcome.remarks == {"not in the dataset": ["else"]}


def test_several_files_are_joined(run):
    _, table = run({"vid1": [rows(1), rows(2)]}, {"b": [rows(3)]}, translated={"vid1": "a"})
    assert vectors_of(table) == {"a#0": [1], "a#1": [2], "b#0": [3]}


def test_captions_without_vectors_are_left_out_and_told(run):
    outcome, table = run({"a": [rows(1), np.zeros((0, 2))], "b": [rows(1), rows(2)]})
    assert vectors_of(table) == {"a#0": [1]}
    assert outcome.remarks == {"without token vectors": ["a#1", "b#0"]}


def test_arrays_of_objects_are_lists(run):
    ragged = np.empty(2, dtype=object)
    ragged[:] = [rows(1, 2), rows(3)]
    _, table = run({"a": ragged, "b": rows(4)})
    assert vectors_of(table) == {"a#0": [1, 2], "a#1": [3], "b#0": [4]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"a": [rows(1), np.zeros((1, 3))]}, r"'a#1' are \(1, 3\) float64, others \(N, 2\)"),
        ({"a": [rows(1), rows(1e9)]}, "'a#1' are not finite"),
        ({"b": [rows(np.nan)]}, "'b#0' are not finite"),
        ({"a": [rows(1), "text"]}, r"'a' has no \(N, D\) array"),
        ({"a": [rows(1), np.zeros(2)]}, r"'a' has no \(N, D\) array"),
        ({"else": [rows(1)]}, "none of the 3 captions"),
        ([rows(1)], "holds a list"),
    ],
)
def test_what_is_no_token_vector_is_one_line(run, content, words):
    with pytest.raises(DatasetError, match=words) as caught:
        run(content)
    assert "\n" not in str(caught.value)


@pytest.fixture
def run_columns(tmp_path):
    def run_columns(**arrays):
        np.savez(tmp_path / "t.npz", **arrays)
        source = Source("mine", [tmp_path / "t.npz"])
        matcher = Matcher(TABLE, {}, {})
        outcome = import_tokens(source, tmp_path / "t.parquet", matcher, name="mine")
        return outcome, read_tokens(tmp_path / "t.parquet")

    return run_columns


def test_columns_are_found_by_caption_id(run_columns):
    ids, offsets = np.array(["b#0", "a#1"]), np.array([0, 1, 3])
    outcome, table = run_columns(caption_id=ids, tokens=rows(1, 2, 3), offsets=offsets)
    assert vectors_of(table) == {"a#1": [2, 3], "b#0": [1]}
    assert outcome.remarks == {"without token vectors": ["a#0"]}


def test_columns_must_fit_together(run_columns):
    ids, tokens = np.array(["a#0"]), rows(1, 2)
    with pytest.raises(DatasetError, match="no array 'offsets'"):
        run_columns(caption_id=ids, tokens=tokens)
    with pytest.raises(DatasetError, match=r"They must be \(2,\) integers.*0 to 2"):
        run_columns(caption_id=ids, tokens=tokens, offsets=np.array([0, 1]))
    with pytest.raises(DatasetError, match=r"tokens must be \(rows, D\)"):
        run_columns(caption_id=ids, tokens=np.zeros(2), offsets=np.array([0, 2]))
