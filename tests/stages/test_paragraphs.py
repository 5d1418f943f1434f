import json

import numpy as np
import pytest

from teachtext.cli import main
from teachtext.stages import embed_captions
from teachtext.store.tokens import read_tokens
from teachtext.store.weights import WeightsIdentity

CAPTIONS = "video_id,caption,split\na,Sits.,train\nb,Runs.,val\na,Stands up.,train\nc,Eats.,test\n"


class Words:
    """A vector per word: its length."""

    dim = 1
    weights = WeightsIdentity("words", "0")

    def encode(self, captions):
        return [np.array([[len(word)] for word in text.split()], np.float32) for text in captions]


@pytest.fixture
def captions(tmp_path):
    (tmp_path / "captions.csv").write_text(CAPTIONS)
    return str(tmp_path / "captions.csv")


@pytest.mark.parametrize(
    ("arguments", "texts", "counts"),
    [
        ([], ["Sits.", "Runs.", "Stands up."], [1, 1, 2]),
        (["--paragraphs"], ["Sits. Stands up.", "Runs."], [3, 1]),
    ],
)
def test_captions_are_embedded_one_by_one_or_as_paragraphs(
    captions, tmp_path, monkeypatch, arguments, texts, counts
):
    monkeypatch.setattr(embed_captions, "load_text_encoder", lambda **settings: Words())
    main([
        "embed-captions", "--captions", captions, "--name", "words", "--threads", "1",
        "--portion", "trainval", "--kept", str(tmp_path / "kept"),
        "--settings", json.dumps({"encoder": "glove", "max_tokens": 9}),
        "--output", str(tmp_path / "tokens"), *arguments,
    ])  # fmt: skip
    table = read_tokens(tmp_path / "tokens")
    assert [caption.caption for caption in table.captions] == texts
    assert table.tokens.lengths.tolist() == counts
    assert (table.encoder, table.max_tokens) == ("words", 9)
