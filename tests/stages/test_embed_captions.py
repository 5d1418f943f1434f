"""Captions that were embedded before are not embedded again, by their text."""

import json
import logging

import numpy as np
import pytest

from teachtext.cli import main
from teachtext.stages import embed_captions
from teachtext.store.tokens import read_tokens
from teachtext.store.weights import WeightsIdentity

HEADER = "video_id,caption,split\n"
ROWS = "a,Sits.,train\nb,Runs.,val\na,Stands up.,train\nc,Eats.,test\n"


class Words:
    """A vector per word: its length; it remembers what it was asked."""

    dim = 1

    def __init__(self, weights="0"):
        self.weights = WeightsIdentity("words", weights)
        self.asked = []

    def encode(self, captions):
        self.asked += captions
        return [np.array([[len(word)] for word in text.split()], np.float32) for text in captions]


@pytest.fixture
def embed(tmp_path, monkeypatch):
    def embed(rows=ROWS, *, portion="trainval", weights="0", max_tokens=9):
        words = Words(weights)
        monkeypatch.setattr(embed_captions, "load_text_encoder", lambda **settings: words)
        (tmp_path / "captions.csv").write_text(HEADER + rows)
        output = tmp_path / portion
        output.unlink(missing_ok=True)  # as Snakemake does
        main([
            "embed-captions", "--captions", str(tmp_path / "captions.csv"), "--name", "words",
            "--portion", portion, "--kept", str(tmp_path / f"kept-{portion}"), "--threads", "1",
            "--settings", json.dumps({"encoder": "glove", "max_tokens": max_tokens}),
            "--output", str(output),
        ])  # fmt: skip
        return words.asked, read_tokens(output)

    return embed


def lengths(table):
    everything = np.arange(len(table.captions))
    taken = table.tokens.select(everything).take(everything)
    return {one.caption: taken[i][:, 0].tolist() for i, one in enumerate(table.captions)}


def test_a_portion_has_its_own_captions(embed):
    assert lengths(embed()[1]) == {"Sits.": [5], "Runs.": [5], "Stands up.": [6, 3]}
    assert lengths(embed(portion="test")[1]) == {"Eats.": [5]}


def test_an_edited_caption_is_the_only_one_that_is_embedded(embed):
    before = embed()[1]
    asked, table = embed(ROWS.replace("Runs.", "Runs away."))
    assert asked == ["Runs away."]
    assert lengths(table) == {"Sits.": [5], "Runs away.": [4, 5], "Stands up.": [6, 3]}
    assert before.sha256 != table.sha256


def test_nothing_is_embedded_of_the_same_captions_in_another_order(embed):
    before = embed()[1]
    asked, table = embed("b,Runs.,val\na,Stands up.,train\na,Sits.,train\n")
    assert asked == []
    assert lengths(table) == lengths(before)


def test_the_same_run_again_writes_the_same_bytes(embed):
    assert embed()[1].sha256 == embed()[1].sha256


@pytest.mark.parametrize("change", [{"weights": "1"}, {"max_tokens": 8}])
def test_with_another_encoder_all_are_embedded_again(embed, change):
    embed()
    assert embed(**change)[0] == ["Sits.", "Runs.", "Stands up."]


def test_a_damaged_second_name_is_said_and_not_used(embed, tmp_path, caplog):
    embed()
    (tmp_path / "kept-trainval").write_bytes(b"torn")
    with caplog.at_level(logging.WARNING):
        assert embed()[0] == ["Sits.", "Runs.", "Stands up."]
    assert "all captions are embedded again" in caplog.text


def test_equal_captions_are_embedded_once(embed):
    asked, table = embed("a,Sits.,train\nb,Sits.,train\n")
    assert asked == ["Sits."]
    assert table.tokens.lengths.tolist() == [1, 1]
