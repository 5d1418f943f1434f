import pytest

from teachtext.interop.benchmarks.records import Annotations
from teachtext.interop.benchmarks.tidying import tidy
from teachtext.interop.remarks import Remarks
from teachtext.tables.dataset import Caption


def tidied(*given):
    said = Annotations()
    for video, split, text, *caption_id in given:
        said.add(video, split, text, *caption_id)
    remarks = Remarks()
    return tidy(said.captions, remarks), remarks


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  a  dog\n\nruns ", "a dog runs"),
        ("tab\there", "tab here"),
        ("Été, Köln 猫!", "Été, Köln 猫!"),
        ("$(touch x) `y`", "$(touch x) `y`"),
        (7, "7"),
    ],
)
def test_only_spaces_change(text, kept):
    (caption,), remarks = tidied(("a", "train", text))
    assert caption == Caption("a#0", "a", "train", kept)
    assert not remarks


@pytest.mark.parametrize("text", ["", " \n\t", None, ["a"], {}])
def test_empty_captions_go_and_the_others_keep_their_numbers(text):
    captions, remarks = tidied(("a", "train", text), ("a", "train", "x"))
    assert [caption.caption_id for caption in captions] == ["a#1"]
    assert remarks == {"empty captions": ["a#0"]}


def test_captions_of_no_video_go():
    captions, remarks = tidied(("", "train", "x"), (None, "train", "y"))
    assert not captions
    assert remarks == {"captions of no video": ["#0", "#1"]}


@pytest.mark.parametrize("given", [("a", "train", "half \ud83d"), ("\udcff", "train", "x")])
def test_halves_of_characters_go(given):
    captions, remarks = tidied(given)
    assert not captions
    assert [len(about) for about in remarks.values()] == [1]


def test_ids_that_are_there_twice_are_told_apart():
    captions, remarks = tidied(
        *(("a", "train", "x", 7) for _ in range(3)), ("a", "train", "y", "7~1")
    )
    assert [caption.caption_id for caption in captions] == ["7", "7~1", "7~2", "7~1~1"]
    assert list(remarks.values()) == [["7", "7", "7~1"]]


@pytest.mark.parametrize(
    ("splits", "kept"),
    [(("train", "val"), "val"), (("test", "train"), "test"), (("val", "test", "train"), "test")],
)
def test_what_is_measured_is_not_trained_on(splits, kept):
    captions, remarks = tidied(*(("a", split, f"in {split}") for split in splits))
    assert captions == [Caption("a#0", "a", kept, f"in {kept}")]
    assert list(remarks.values()) == [["a"]]


def test_the_order_is_kept():
    captions, _ = tidied(("b", "train", "1"), ("a", "val", "2"), ("b", "train", "3"))
    assert [caption.caption for caption in captions] == ["1", "2", "3"]
