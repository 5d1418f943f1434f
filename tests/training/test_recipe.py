import pytest
import torch

from teachtext.runtime.distributed import Processes
from teachtext.training.recipe import learning_rate, make_loss, make_optimizer, make_trainer
from tests.support.toy_sets import toy_set
from tests.support.toy_training import training


def rates(steps, **changes):
    return [learning_rate(s, steps_per_epoch=2, training=training(**changes)) for s in range(steps)]


def test_learning_rates_by_hand():
    assert rates(6) == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert rates(9, schedule="cosine")[::4] == pytest.approx([1, 0.5, 0])
    assert rates(4, warmup_steps=3, learning_rate_decay=1) == [0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("name", ["radam", "ranger", "adamw"])
def test_every_optimizer_goes_downhill(name):
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 1)
    optimizer = make_optimizer([layer], training(optimizer=name, learning_rate=0.05))
    inputs = torch.eye(3)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = ((layer(inputs) - 1) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize(("name", "temperature"), [("max-margin", None), ("info-nce", 0.25)])
def test_the_temperature_is_of_info_nce_alone(name, temperature):
    loss = make_loss(training(ranking_loss=name, temperature=0.25, margin=0.5), teachers=[])
    assert loss.margin == 0.5
    assert loss.temperature == temperature
    assert len(list(loss.parameters())) == (temperature is not None)


def test_a_trainer_steps_as_the_settings_say():
    settings = training(batch_size=8, learning_rate_decay=0.5, keep_epoch="last")
    alone = Processes(0, 1, torch.device("cpu"))
    trainer = make_trainer(toy_set(videos=16), {}, settings, seed=0, processes=alone)
    assert (trainer.epochs, trainer.steps_per_epoch, trainer.keep_epoch) == (4, 2, "last")
    rates = [trainer.learning_rate(step, steps_per_epoch=2) for step in range(4)]
    assert rates == [1, 1, 0.5, 0.5]
