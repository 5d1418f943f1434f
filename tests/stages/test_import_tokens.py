import numpy as np
import pytest

from teachtext.cli import main
from teachtext.store.tokens import read_tokens, write_tokens
from teachtext.store.weights import WeightsIdentity
from teachtext.tables.dataset import Caption, write_captions

CAPTIONS = [
    Caption("a#0", "a", "train", "one"),
    Caption("b#0", "b", "val", "two"),
    Caption("a#1", "a", "train", "three"),
]


@pytest.fixture
def run(tmp_path):
    """Captions have 2, 3 and 4 tokens of values 0, 1 and 2 in the file."""
    vectors = [np.full((n + 2, 3), n, np.float32) for n in range(len(CAPTIONS))]
    write_tokens(
        tmp_path / "given.parquet",
        [(CAPTIONS, vectors)],
        encoder="elsewhere",
        weights=WeightsIdentity("archive", "hash"),
        dim=3,
        max_tokens=4,
    )

    def run(captions, *options, max_tokens=9, portion="trainval"):
        write_captions(tmp_path / "captions.csv", captions)
        arguments = {
            "--captions": tmp_path / "captions.csv",
            "--tokens": tmp_path / "given.parquet",
            "--name": "gpt2",
            "--max-tokens": max_tokens,
            "--portion": portion,
            "--output": tmp_path / "t.parquet",
        }
        flat = [str(part) for pair in arguments.items() for part in pair]
        main(["import-tokens", *options, *flat])
        return read_tokens(tmp_path / "t.parquet")

    return run


def values(table):
    everything = np.arange(len(table.captions))
    taken = table.tokens.select(everything).take(everything)
    return {c.caption_id: taken[i][:, 0].tolist() for i, c in enumerate(table.captions)}


def test_captions_are_taken_in_the_order_of_their_table(run):
    table = run(CAPTIONS[::-1])
    assert list(values(table).items()) == [("a#1", [2] * 4), ("b#0", [1] * 3), ("a#0", [0] * 2)]
    assert (table.encoder, table.weights.name) == ("gpt2", "archive")


def test_long_captions_are_cut(run):
    table = run(CAPTIONS, max_tokens=3)
    assert values(table) == {"a#0": [0] * 2, "b#0": [1] * 3, "a#1": [2] * 3}
    assert table.max_tokens == 3


def test_a_paragraph_is_the_vectors_of_its_captions_one_after_another(run):
    assert values(run(CAPTIONS, "--paragraphs")) == {"a": [0] * 2 + [2] * 4, "b": [1] * 3}
    assert values(run(CAPTIONS, "--paragraphs", max_tokens=4)) == {"a": [0, 0, 2, 2], "b": [1] * 3}


@pytest.mark.parametrize(
    "other", [Caption("c#0", "c", "val", "new"), Caption("a#0", "a", "train", "changed")]
)
def test_a_caption_without_vectors_stops_with_one_line(run, other):
    with pytest.raises(SystemExit, match=f"of 1 captions .* first '{other.caption_id}'"):
        run([*CAPTIONS[1:], other])
