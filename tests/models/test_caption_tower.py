import pytest
import torch

from teachtext.models.caption_tower import CaptionTower, GatedEmbeddings, LearnedWeights
from teachtext.models.gating import GatedEmbeddingUnit
from teachtext.models.pooling import MeanPooling
from tests.support.toy_batches import toy_batch


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dims", [[4, 4, 4], [3, 7]])
def test_all_units_at_once_are_the_units_one_by_one(dims, training):
    together = GatedEmbeddings(6, dims).train(training)
    begin, inputs, everyone = 0, torch.randn(9, 6), torch.ones(9, dtype=torch.bool)
    for dim, context, embedded in zip(dims, together.contexts, together(inputs), strict=True):
        alone = GatedEmbeddingUnit(6, dim).train(training)
        with torch.no_grad():
            alone.project.weight.copy_(together.project.weight[begin : begin + dim])
            alone.project.bias.copy_(together.project.bias[begin : begin + dim])
        alone.context.load_state_dict(context.state_dict())
        torch.testing.assert_close(embedded, alone(inputs, everyone), rtol=1e-4, atol=1e-6)
        begin += dim


def test_dropout_reaches_the_weights_in_training_alone():
    tower = CaptionTower(MeanPooling(8), [3, 4], LearnedWeights(8, 2, dropout=0.5))
    tokens, _ = toy_batch()
    first, second = (tower.train()(tokens).weights_QM for _ in range(2))
    assert not torch.equal(first, second)
    first, second = (tower.eval()(tokens).weights_QM for _ in range(2))
    assert torch.equal(first, second)
