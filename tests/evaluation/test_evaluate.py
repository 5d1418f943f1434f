import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from teachtext.errors import TrainingError
from teachtext.evaluation.evaluate import (
    draw_bank,
    evaluate,
    evaluate_normalized,
    rank_set,
    shown,
    similarity_blocks,
)
from teachtext.evaluation.metrics import summarize_ranks, text_to_video_ranks, video_to_text_ranks
from teachtext.evaluation.normalization import dual_softmax_ranks, query_bank_ranks, read_bank
from teachtext.store.tokens import TokenTable
from teachtext.tables.dataset import Caption
from tests.support.running import ROOT
from tests.support.toy_sets import (
    LARGE,
    MODEL_FAMILIES,
    TOY_WEIGHTS,
    similarities,
    toy_model,
    toy_set,
)


def whole_matrix(model, data):
    """The same, at once."""
    model.eval()
    everything = np.arange(len(data.captions)), np.arange(len(data.video_ids))
    with torch.inference_mode():
        return model(data.caption_batch(everything[0]), data.video_batch(everything[1])).numpy()


@pytest.mark.parametrize("family", MODEL_FAMILIES)
def test_blocks_equal_the_whole_forward_pass(family):
    data = toy_set(**LARGE, timed=family == "MultiModalTransformer")
    model = toy_model(family)
    whole = whole_matrix(model, data)
    blocks = list(similarity_blocks(model, data))
    assert np.concatenate([indices for indices, _ in blocks]).tolist() == list(range(350))
    assert len(blocks) == 2
    np.testing.assert_allclose(similarities(model, data), whole, atol=1e-5)


def test_ranks_of_a_stream_are_those_of_the_matrix():
    data, model = toy_set(**LARGE), toy_model()
    matrix, ranks = similarities(model, data), rank_set(model, data)
    assert ranks.t2v.tolist() == text_to_video_ranks(matrix, data.video_of_caption).tolist()
    assert ranks.v2t.tolist() == video_to_text_ranks(matrix, data.video_of_caption).tolist()
    assert ranks.summary()["t2v"]["queries"] == ranks.summary()["v2t"]["gallery"] == 350


def test_evaluation_keeps_the_best_results_of_both_directions():
    data, model = toy_set(**LARGE), toy_model()
    evaluation = evaluate(model, data, top=3)
    matrix = similarities(model, data)
    rows = evaluation.ranks.to_pylist()
    captions = [caption.caption_id for caption in data.captions]
    for row, scores in zip(rows, [*matrix, *matrix.T], strict=True):
        gallery = data.video_ids if row["direction"] == "t2v" else captions
        best = np.argsort(-scores, kind="stable")[:3]
        assert row["top"] == [gallery[index] for index in best]
        assert row["top_similarities"] == scores[best].tolist()
    assert [row["query_id"] for row in rows] == [*captions, *data.video_ids]
    assert [row["rank"] for row in rows[:350]] == rank_set(model, data).t2v.tolist()
    assert evaluation.metrics == rank_set(model, data).summary()


def test_fewer_results_than_asked_for_are_all():
    rows = evaluate(toy_model(), toy_set(videos=3, per_video=1), top=5).ranks.to_pylist()
    assert [len(row["top"]) for row in rows] == [3] * 6


def test_a_model_that_came_to_nothing_is_refused():
    model = toy_model()
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match="not numbers"):
        rank_set(model, toy_set())


def test_blocks_that_are_shown_are_the_same(caplog):
    data, model = toy_set(), toy_model()
    with caplog.at_level("INFO"):
        ((indices, _),) = shown(similarity_blocks(model, data), "evaluate", data)
    assert len(indices) == 32
    assert "evaluate: 32 of 32 captions" in caplog.text


def normalized(model, data, bank, names=("qb-norm", "dual-softmax")):
    plain = evaluate(model, data, top=1)
    numbers = {"inverse_temperature": 20.0, "bank_top": 1}
    return evaluate_normalized(model, data, plain, bank, normalizations=names, **numbers)


def test_normalized_metrics_are_those_of_the_matrix():
    data, model = toy_set(**LARGE), toy_model()
    other = toy_set(videos=60, per_video=5, seed=1)
    found = normalized(model, data, other.tokens)
    matrix, owners = similarities(model, data), data.video_of_caption
    searched = whole_matrix(model, replace(data, captions=other.captions, tokens=other.tokens))
    bank = read_bank([searched], videos=70, inverse_temperature=20.0, top=1)
    ranks = query_bank_ranks(lambda: [matrix], owners, bank)
    assert found["qb-norm"]["t2v"] == pytest.approx(summarize_ranks(ranks, gallery=70))
    both = dual_softmax_ranks(lambda: [matrix], owners, videos=70, inverse_temperature=20.0)
    assert found["dual-softmax"]["t2v"] == pytest.approx(summarize_ranks(both[0], gallery=70))
    assert found["dual-softmax"]["v2t"] == pytest.approx(summarize_ranks(both[1], gallery=350))


def test_qb_norm_is_for_text_to_video_only():
    data, model = toy_set(), toy_model()
    assert list(normalized(model, data, data.tokens)["qb-norm"]) == ["t2v"]
    assert normalized(model, data, data.tokens, names=()) == {}


def test_a_bank_is_drawn_from_the_training_captions():
    data = toy_set(videos=10, per_video=1)
    splits = ["train"] * 6 + ["val", "val", "test", "test"]
    captions = [Caption(str(n), "v", split, "words") for n, split in enumerate(splits)]
    table = TokenTable(captions, data.tokens, "toy", TOY_WEIGHTS, 9, "", ("0",))

    def drawn(count):
        bank = draw_bank(table, captions=count, generator=np.random.default_rng(0))
        return bank.take(np.arange(len(bank.lengths))).values

    assert drawn(100).tolist() == data.tokens.take(np.arange(6)).values.tolist()
    assert len(drawn(3)) == 3
    assert drawn(3).tolist() == drawn(3).tolist()


EVALUATE_MANY = """
import resource
import numpy as np
import torch
from tests.evaluation.test_evaluate import evaluate, normalized
from tests.support.toy_sets import toy_model, toy_set

torch.set_num_threads(1)
data, model = toy_set(videos=2000, per_video=15), toy_model()
small = toy_set(videos=2000, per_video=1)
evaluate(model, small, top=10)
normalized(model, small, small.tokens)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
evaluate(model, data, top=10)
normalized(model, data, small.tokens)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) * 1024 / (len(data.captions) * len(data.video_ids) * 4))
"""


@pytest.mark.slow
def test_evaluation_never_holds_the_matrix():
    """Here 30,000 captions and 2,000 videos make 240 MB."""
    run = subprocess.run(
        [sys.executable, "-c", EVALUATE_MANY], check=True, cwd=ROOT, capture_output=True, text=True
    )
    assert float(run.stdout) < 0.25
