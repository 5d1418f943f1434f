import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from teachtext.tables.dataset import Caption
from teachtext.text.encoders.caption_tokens import CaptionTokens, TokenBatch
from teachtext.text.tuning.objectives import (
    IGNORED,
    Contrastive,
    LanguageModelling,
    MaskedTokens,
    next_tokens,
    sentence_vectors,
)
from tests.support.toy_training import ALONE

MASK, WORDS = 4, np.arange(5, 105)
BATCH = TokenBatch(torch.tensor([[7, 8, 9], [7, 0, 0]]), torch.tensor([[1, 1, 1], [1, 0, 0]]))


class Padding:
    """Pads as a tokeniser without further wishes does."""

    def pad(self, rows):
        longest = max(map(len, rows))
        ids = [[*row, *[0] * (longest - len(row))] for row in rows]
        mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
        return TokenBatch(torch.tensor(ids), torch.tensor(mask))


def tokens_of(**videos):
    """Captions as rows of token ids, by video."""
    captions = [Caption(f"{v}#{n}", v, "train", "") for v, rows in videos.items()
                for n in range(len(rows))]  # fmt: skip
    return CaptionTokens(captions, [row for rows in videos.values() for row in rows], Padding())


class Directions(nn.Module):
    """Every token's vector is that of its id; logits likewise."""

    def __init__(self, vectors):
        super().__init__()
        self.vectors = nn.Parameter(torch.tensor(vectors))

    def forward(self, input_ids, attention_mask):
        states = self.vectors[input_ids]
        return type("Output", (), {"last_hidden_state": states, "logits": states})


def test_every_token_but_the_first_is_guessed_and_no_padding():
    shown, targets = next_tokens(BATCH, np.random.default_rng(0))
    assert torch.equal(shown, BATCH.ids_BN)
    assert targets.tolist() == [[8, 9, IGNORED], [IGNORED, IGNORED, IGNORED]]


def masked(captions, tokens, fraction=0.15, seed=0):
    """What MaskedTokens shows and asks of captions of random words between two special tokens."""
    random = np.random.default_rng(seed)
    ids = torch.from_numpy(random.choice(WORDS, (captions, tokens)))
    ids[:, 0], ids[:, -1] = 2, 3
    attention = torch.ones_like(ids)
    attention[0, 1:] = 0
    riddler = MaskedTokens(MASK, WORDS, fraction)
    return ids, attention, *riddler(TokenBatch(ids, attention), random)


@given(st.integers(1, 9), st.integers(2, 9), st.floats(0.01, 0.99), st.integers(0, 99))
def test_only_words_are_guessed_and_only_guessed_tokens_change(captions, tokens, fraction, seed):
    ids, attention, shown, targets = masked(captions, tokens, fraction, seed)
    guessed = targets != IGNORED
    assert torch.equal(targets[guessed], ids[guessed])
    assert torch.equal(shown[~guessed], ids[~guessed])
    assert not guessed[:, [0, -1]].any()
    assert not guessed[attention == 0].any()
    assert set(shown[guessed].tolist()) <= {MASK, *WORDS.tolist()}


def test_of_fifteen_percent_eighty_are_masked_ten_swapped_and_ten_left():
    ids, _, shown, targets = masked(3000, 42)
    guessed = targets != IGNORED
    assert guessed[:, 1:-1].float().mean().item() == pytest.approx(0.15, abs=0.005)
    found = shown[guessed]
    assert (found == MASK).float().mean().item() == pytest.approx(0.8, abs=0.02)
    # one word of a hundred is swapped for itself
    assert (found == ids[guessed]).float().mean().item() == pytest.approx(0.1, abs=0.02)


def test_the_loss_of_a_uniform_guess_is_the_log_of_the_vocabulary():
    tokens = tokens_of(a=[[5, 6, 7], [8]], b=[[9, 5]])
    modelling = LanguageModelling(
        tokens, tokens, next_tokens, batch_size=2, processes=ALONE, seed=0
    )
    uniform = Directions(np.zeros((10, 10), np.float32))
    loss = modelling.loss(uniform, np.array([0, 2]), np.random.default_rng(0))
    assert loss.item() == pytest.approx(np.log(10))
    assert modelling.held_out(uniform) == pytest.approx(np.log(10))
    assert modelling.items == 3


def test_captions_of_one_token_have_nothing_to_guess():
    tokens = tokens_of(a=[[5]], b=[[6]])
    modelling = LanguageModelling(
        tokens, tokens, next_tokens, batch_size=2, processes=ALONE, seed=0
    )
    model = Directions(np.zeros((10, 10), np.float32))
    assert modelling.loss(model, np.array([0, 1]), np.random.default_rng(0)).item() == 0
    assert modelling.held_out(model) is None


def test_masks_of_val_are_the_same_in_every_epoch():
    tokens = tokens_of(a=[[5, 6, 7]] * 20)
    riddler = MaskedTokens(MASK, np.arange(5, 8), 0.5)
    modelling = LanguageModelling(tokens, tokens, riddler, batch_size=3, processes=ALONE, seed=0)
    model = Directions(np.random.default_rng(0).normal(size=(8, 8)).astype(np.float32))
    assert modelling.held_out(model) == modelling.held_out(model)


def test_a_sentence_is_the_mean_of_its_tokens_without_padding():
    model = Directions(np.eye(10, dtype=np.float32))
    first, second = sentence_vectors(model, BATCH, torch.device("cpu"))
    assert first[[7, 8, 9]].tolist() == pytest.approx([3**-0.5] * 3)
    assert second.tolist() == [0] * 7 + [1, 0, 0]


def contrastive(train, val=None):
    return Contrastive(train, val or train, batch_size=2, processes=ALONE, temperature=0.1)


def test_contrastive_loss_by_hand():
    """Own captions agree and foreign ones are at right angles: log(1 + exp(-10))."""
    tokens = tokens_of(a=[[5], [5]], b=[[6], [6]])
    model = Directions(np.eye(10, dtype=np.float32))
    objective = contrastive(tokens)
    loss = objective.loss(model, np.array([0, 1]), np.random.default_rng(0))
    assert loss.item() == pytest.approx(np.log1p(np.exp(-10.0)), rel=1e-2)
    assert objective.held_out(model) == pytest.approx(np.log1p(np.exp(-10.0)), rel=1e-2)
    assert objective.items == 2


def test_pairs_are_two_different_captions_of_one_video_or_its_only_one_twice():
    seen = []

    class Noting(Directions):
        def forward(self, input_ids, attention_mask):
            seen.append(input_ids[:, 0].tolist())
            return super().forward(input_ids, attention_mask)

    objective = contrastive(tokens_of(a=[[5], [6], [7]], b=[[9]]))
    model = Noting(np.eye(10, dtype=np.float32))
    for seed in range(20):
        objective.loss(model, np.array([0, 1]), np.random.default_rng(seed))
    assert {first[1] for first in seen} == {first[3] for first in seen} == {9}
    assert {frozenset((first, third)) for first, _, third, _ in seen} == {
        frozenset(pair) for pair in ((5, 6), (5, 7), (6, 7))
    }


def test_videos_of_one_caption_do_not_measure():
    objective = contrastive(tokens_of(a=[[5]]), tokens_of(a=[[5]], b=[[6]], c=[[7], [8]]))
    assert objective.held_out(Directions(np.eye(10, dtype=np.float32))) is None
