import pickle

import numpy as np
import pytest

from teachtext.errors import DatasetError
from teachtext.interop.features.matching import Matcher
from teachtext.interop.features.similarities import read_foreign_similarities
from teachtext.interop.features.sources import Source
from teachtext.interop.features.teachers import import_teacher
from teachtext.store.similarities import open_similarities
from teachtext.tables.dataset import Caption

CAPTIONS = [
    Caption(f"{video}#{number}", video, split, f"{video} {number}")
    for video, split in (("a", "train"), ("b", "train"), ("c", "test"))
    for number in range(2)
]


def entry(video, *texts):
    """Two experts of different widths, each a number."""
    return {
        "vid_embds": {"x": np.array([video, 0.0]), "y": np.array([video])},
        "text_embds": {
            "x": [np.array([text, 5.0]) for text in texts],
            "y": np.array([[text / 8] for text in texts]),
        },
    }


CONTENT = {"a": entry(1, 1, 2), "b": entry(2, 3, 4), "c": entry(3, 5, 6)}


@pytest.fixture
def run(tmp_path):
    def run(content, words=None, captions=CAPTIONS, translated=None):
        (tmp_path / "t.pkl").write_bytes(pickle.dumps(content))
        matcher = Matcher(captions, words or {}, translated or {})
        source = Source("archive", [tmp_path / "t.pkl"])
        outcome = import_teacher(source, tmp_path / "t.parquet", matcher, name="w2v")
        return outcome, open_similarities(tmp_path / "t.parquet")

    return run


def rows(store):
    sims = np.concatenate(list(store.blocks()))
    return dict(zip(store.caption_ids, sims.tolist(), strict=True))


def test_a_similarity_is_the_sum_of_the_dot_products_of_all_experts(run):
    outcome, store = run(CONTENT)
    assert store.video_ids == ["a", "b", "c"]
    assert rows(store) == {
        "a#0": [1.125, 2.25, 3.375],
        "a#1": [2.25, 4.5, 6.75],
        "b#0": [3.375, 6.75, 10.125],
        "b#1": [4.5, 9, 13.5],
    }
    assert (outcome.videos, outcome.dim) == (3, 3)


def test_the_pipeline_imports_what_is_written(run, tmp_path):
    run(CONTENT)
    imported = read_foreign_similarities(tmp_path / "t.parquet", ["b#1", "a#0"], ["b", "a"])
    sims = np.concatenate([block for _, block in imported.grid.blocks(2)])
    assert sims.tolist() == [[9, 4.5], [2.25, 1.125]]


def test_texts_are_found_by_the_words_of_the_archive(run):
    _, store = run(CONTENT, words={"a": ["a 1", "a 0"]})
    assert rows(store)["a#0"] == [2.25, 4.5, 6.75]


def test_one_text_for_each_video_of_several_captions_is_a_paragraph(run):
    _, store = run({"a": entry(1, 1), "b": entry(2, 2)}, words={"a": ["a 0", "a 1"]})
    assert rows(store) == {"a": [1.125, 2.25], "b": [2.25, 4.5]}


def test_one_text_for_each_video_of_one_caption_is_a_caption(run):
    _, store = run({"a": entry(1, 1), "b": entry(2, 2)}, captions=CAPTIONS[::2])
    assert list(rows(store)) == ["a#0", "b#0"]


def test_other_ids_are_translated_and_others_told(run):
    content = {"vid1": CONTENT["a"], "b": CONTENT["b"], "else": CONTENT["c"]}
    outcome, store = run(content, translated={"vid1": "a"})
    assert store.video_ids == ["a", "b"]
    assert outcome.remarks == {"not in the dataset": ["else"]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"a": {"vid_embds": {}}}, "no vid_embds and text_embds of every video"),
        ([1], "no vid_embds and text_embds"),
        ({"a": {**entry(1, 1), "text_embds": {"x": [1], "y": [1, 2]}}}, "no vid_embds and text"),
        ({"c": entry(1, 1, 2)}, "of no training caption"),
        ({**CONTENT, "b": {**entry(2, 3, 4), "vid_embds": {"x": np.ones(2)}}},
         "an embedding of y is no"),
        ({**CONTENT, "b": {**entry(2, 3, 4), "vid_embds": {"x": np.full(2, np.nan), "y": 1}}},
         "an embedding of x is no"),
    ],
)  # fmt: skip
def test_what_is_no_teacher_is_one_line(run, content, words):
    with pytest.raises(DatasetError, match=words) as caught:
        run(content)
    assert "\n" not in str(caught.value)
