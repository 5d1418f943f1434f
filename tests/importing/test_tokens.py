import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachtext.dataset import Caption
from teachtext.errors import DatasetError
from teachtext.importing.tokens import import_tokens, in_order, place_captions, read_words
from teachtext.store.tokens import read_tokens


def caption(video, number, text):
    return Caption(f"{video}#{number}", video, "train", text)


TABLE = [caption("a", 0, "A dog barks."), caption("a", 1, "It's a cat"), caption("b", 0, "b")]


def test_captions_are_placed_by_their_letters():
    words = {"a": ["it 's a cat", "a dog barks ."]}
    assert place_captions(TABLE, words, {"a": 2, "b": 1}) == {"a#0": 1, "a#1": 0, "b#0": 0}


def test_equal_captions_are_placed_one_after_another():
    twice = [caption("a", 0, "same"), caption("a", 1, "Same!"), caption("a", 2, "same")]
    assert place_captions(twice, {"a": ["same", "same"]}, {"a": 2}) == {"a#0": 0, "a#1": 1}


def test_without_words_captions_are_placed_in_order_if_they_are_as_many():
    assert place_captions(TABLE, {}, {"a": 2, "b": 2}) == {"a#0": 0, "a#1": 1}


def test_words_beyond_the_vectors_place_nothing():
    assert place_captions(TABLE, {"b": ["x", "b"]}, {"b": 1}) == {}


def test_captions_are_ordered_by_the_words_of_their_video():
    ordered = in_order(TABLE, {"vid1": ["it is", "its a cat", "a dog barks"]}, {"vid1": "a"})
    assert [c.caption_id for c in ordered] == ["a#1", "a#0", "b#0"]


@given(order=st.permutations(range(5)))
def test_any_order_of_the_words_gives_each_caption_its_own(order):
    own = [caption("a", number, f"caption {number}") for number in range(5)]
    places = place_captions(own, {"a": [f"caption {number}" for number in order]}, {"a": 5})
    assert [order[places[c.caption_id]] for c in own] == [0, 1, 2, 3, 4]


@pytest.fixture
def run(tmp_path):
    def run(*files, words=None, captions=TABLE, translated=None):
        paths = []
        for number, content in enumerate(files):
            paths.append(tmp_path / f"{number}.pkl")
            paths[-1].write_bytes(pickle.dumps(content))
        outcome = import_tokens(
            paths,
            tmp_path / "t.parquet",
            encoder="gpt2",
            name="archive",
            captions=captions,
            words=words or {},
            translated=translated or {},
        )
        return outcome, read_tokens(tmp_path / "t.parquet")

    return run


def rows(*values):
    return np.array([[value, value + 0.5] for value in values], np.float32)


def vectors_of(table):
    places = np.arange(len(table.captions))
    taken = table.tokens.take(places)
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


def test_columns_are_found_by_caption_id(tmp_path):
    np.savez(
        tmp_path / "t.npz",
        caption_id=np.array(["b#0", "a#1"]),
        tokens=rows(1, 2, 3),
        offsets=np.array([0, 1, 3]),
    )
    outcome = import_tokens(
        [tmp_path / "t.npz"],
        tmp_path / "t.parquet",
        encoder="mine",
        name="mine",
        captions=TABLE,
        words={},
        translated={},
    )
    assert vectors_of(read_tokens(tmp_path / "t.parquet")) == {"a#1": [2, 3], "b#0": [1]}
    assert outcome.remarks == {"without token vectors": ["a#0"]}


def test_columns_must_fit_together(tmp_path):
    def run(**arrays):
        np.savez(tmp_path / "t.npz", **arrays)
        import_tokens(
            [tmp_path / "t.npz"],
            tmp_path / "t.parquet",
            encoder="mine",
            name="mine",
            captions=TABLE,
            words={},
            translated={},
        )

    ids, tokens = np.array(["a#0"]), rows(1, 2)
    with pytest.raises(DatasetError, match="no array 'offsets'"):
        run(caption_id=ids, tokens=tokens)
    with pytest.raises(DatasetError, match=r"offsets must be \(2,\) integers.*0 to 2"):
        run(caption_id=ids, tokens=tokens, offsets=np.array([0, 1]))
    with pytest.raises(DatasetError, match=r"tokens must be \(rows, D\)"):
        run(caption_id=ids, tokens=np.zeros(2), offsets=np.array([0, 2]))


def test_words_are_texts_or_lists_of_words(tmp_path):
    (tmp_path / "w.pkl").write_bytes(pickle.dumps({"a": [["a", "dog"], "a cat"]}))
    assert read_words(tmp_path / "w.pkl") == {"a": ["a dog", "a cat"]}
    (tmp_path / "w.pkl").write_bytes(pickle.dumps({"a": [[1, 2]]}))
    with pytest.raises(DatasetError, match="no texts"):
        read_words(tmp_path / "w.pkl")
