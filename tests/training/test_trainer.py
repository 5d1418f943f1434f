import pytest
import torch

from teachtext.config.teachers import ModelSeed
from teachtext.errors import DatasetError, StoreError, TrainingError
from teachtext.models.checkpoint import ModelCard, load_model, save_model
from teachtext.training.recipe import make_trainer, train_model
from teachtext.training.resuming import EpochStates
from teachtext.training.states import LatestState
from teachtext.training.trainer import Trainer
from tests.support.toy_sets import MADE_FROM, TOY_WEIGHTS, similarities, toy_architecture, toy_set
from tests.support.toy_training import ALONE, TRAINING, Agreed

LAST = TRAINING.model_copy(update={"keep_epoch": "last", "epochs": 5})


def train(
    folder,
    *,
    data=None,
    teachers=(),
    settings=TRAINING,
    architecture=None,
    identity="a",
    val=True,
    share=1,
):
    data = data or toy_set()
    return train_model(
        data,
        data if val else None,
        {ModelSeed.parse(name): teacher for name, teacher in dict(teachers).items()},
        architecture=architecture or toy_architecture(),
        training=settings,
        seed=0,
        states=EpochStates(folder, identity, share=share),
        processes=ALONE,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train(tmp_path_factory.mktemp("states"))


def assert_same_weights(first, second):
    for name, weights in first.model.state_dict().items():
        assert torch.equal(weights, second.model.state_dict()[name]), name


@pytest.mark.parametrize(
    "architecture", ["CollaborativeExperts", "MixtureOfEmbeddingExperts", "MultiModalTransformer"]
)
@pytest.mark.parametrize("ranking_loss", ["max-margin", "info-nce"])
def test_every_model_learns_with_every_loss(architecture, ranking_loss, tmp_path):
    history = train(
        tmp_path,
        data=toy_set(timed=architecture == "MultiModalTransformer"),
        architecture=toy_architecture(architecture),
        settings=TRAINING.model_copy(update={"ranking_loss": ranking_loss}),
    ).history
    best = max(row["val_t2v_R@5"] for row in history)
    assert best > 31.25 + 20  # chance is 5 of 16
    assert history[-1]["ranking_loss"] < history[0]["ranking_loss"]
    assert history[0]["distillation_loss"] is None


def test_training_tells_which_epoch_it_is_in(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("teachtext.runtime.progress.RECORD_EVERY_SECONDS", 0.0)
    with caplog.at_level("DEBUG", "teachtext.training.trainer"):
        train(tmp_path, settings=LAST)
    readings = [str(one.reading) for one in caplog.records if hasattr(one, "reading")]
    assert any(one.startswith("train: epoch 2 of 5, 3 of 10 steps, ") for one in readings)
    assert readings[-1].startswith("train: 10 of 10 steps, ")


def test_the_best_epoch_is_the_last_of_the_best(trained):
    scores = [row["val_t2v_geometric_mean"] for row in trained.history]
    assert trained.best_epoch == max(i for i, score in enumerate(scores) if score == max(scores))


def test_the_last_epoch_may_be_kept_instead(tmp_path):
    result = train(tmp_path, settings=LAST)
    assert result.best_epoch == 4
    assert "val_t2v_geometric_mean" in result.history[4]
    # the latest state has the weights
    assert [path.name for path in tmp_path.iterdir()] == ["latest.safetensors"]


def test_without_val_the_same_weights_are_kept_and_nothing_is_measured(tmp_path):
    measured, result = (train(tmp_path / str(val), settings=LAST, val=val) for val in (True, False))
    assert_same_weights(measured, result)
    assert result.best_epoch == 4
    assert not any(name.startswith("val_") for row in result.history for name in row)


def test_the_best_epoch_needs_val(tmp_path):
    with pytest.raises(DatasetError, match=r"set training\.keep_epoch: last"):
        train(tmp_path, val=False)


def test_a_seed_decides_every_bit(trained, tmp_path):
    assert_same_weights(trained, train(tmp_path))


def test_a_student_moves_towards_its_teachers_and_tells_how_far_each_is(tmp_path):
    settings = TRAINING.model_copy(update={"distillation_weight": 1000.0})
    teachers = {"near/0": Agreed(0.4), "far/0": Agreed(0.6)}
    history = train(tmp_path, teachers=teachers, settings=settings).history
    assert history[-1]["distillation_loss"] < history[0]["distillation_loss"] / 2
    # halfway between the two: (0.1 ** 2) / 2 from each
    assert history[-1]["distillation_loss_near/0"] == pytest.approx(0.005, abs=0.002)
    assert history[-1]["distillation_loss_far/0"] == pytest.approx(0.005, abs=0.002)


def test_the_history_tells_what_a_run_cost(trained):
    row = trained.history[-1]
    assert row["epoch"] == 29
    assert row["learning_rate"] == pytest.approx(0.01 * 0.95**29)
    assert row["seconds"] >= row["train_seconds"] > 0
    assert row["peak_memory_bytes"] > 1 << 20


@pytest.mark.parametrize("name", ["l1", "l2", "kl"])
def test_a_student_comes_near_its_teacher_by_every_distance(name, tmp_path):
    changes = {"distillation_loss": name, "distillation_weight": 100.0}
    history = train(
        tmp_path, teachers={"t/0": Agreed()}, settings=TRAINING.model_copy(update=changes)
    ).history
    assert history[-1]["distillation_loss"] < history[0]["distillation_loss"] / 2
    assert history[-1]["distillation_loss_t/0"] == history[-1]["distillation_loss"]


def test_seeds_of_a_teacher_count_as_their_mean(tmp_path):
    """In whatever order they come: a/0 and a/1 together weigh as much as b/0."""
    seeds = {"a/0": Agreed(0.2), "b/0": Agreed(0.7), "a/1": Agreed(0.4)}
    means = {"a/0": Agreed(0.3), "b/0": Agreed(0.7)}
    settings = TRAINING.model_copy(update={"epochs": 3, "distillation_weight": 100.0})
    several, one = (
        train(tmp_path / str(len(teachers)), teachers=teachers, settings=settings).history[-1]
        for teachers in (seeds, means)
    )
    assert several["distillation_loss"] == pytest.approx(one["distillation_loss"], abs=1e-5)
    assert several["distillation_loss_b/0"] == pytest.approx(one["distillation_loss_b/0"], abs=1e-5)
    assert {"distillation_loss_a/0", "distillation_loss_a/1"} < several.keys()


class PowerCutError(Exception):
    """Ends a run."""


def stop_in_epoch(number, folder, monkeypatch, **changes):
    """Train until an epoch begins."""
    whole = Trainer.train_epoch

    def train_epoch(self, run, *others):
        if run.epoch == number:
            raise PowerCutError
        return whole(self, run, *others)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "train_epoch", train_epoch)
        with pytest.raises(PowerCutError):
            train(folder, **changes)


@pytest.mark.parametrize("optimizer", ["radam", "ranger", "adamw"])
@pytest.mark.parametrize("ranking_loss", ["max-margin", "info-nce"])
def test_a_stopped_run_ends_with_the_same_bits(optimizer, ranking_loss, tmp_path, monkeypatch):
    losses = {"ranking_loss": ranking_loss, "distillation_loss": "kl"}
    settings = TRAINING.model_copy(update={"optimizer": optimizer, "epochs": 6, **losses})
    teachers = {"t/0": Agreed(0.3), "t/1": Agreed(0.4)}
    undisturbed = train(tmp_path / "undisturbed", teachers=teachers, settings=settings)
    for epoch in (0, 2, 5):
        stop_in_epoch(
            epoch, tmp_path / "disturbed", monkeypatch, teachers=teachers, settings=settings
        )
    resumed = train(tmp_path / "disturbed", teachers=teachers, settings=settings)
    assert_same_weights(undisturbed, resumed)
    assert resumed.best_epoch == undisturbed.best_epoch
    losses = [[row["loss"] for row in run.history] for run in (undisturbed, resumed)]
    assert losses[0] == losses[1]


def test_a_run_without_val_goes_on_to_the_same_bits(tmp_path, monkeypatch):
    undisturbed = train(tmp_path / "undisturbed", settings=LAST, val=False)
    stop_in_epoch(3, tmp_path / "disturbed", monkeypatch, settings=LAST, val=False)
    resumed = train(tmp_path / "disturbed", settings=LAST, val=False)
    # nothing is left to train, as if the model had not been written
    ended = train(tmp_path / "disturbed", settings=LAST, val=False)
    for result in (resumed, ended):
        assert_same_weights(undisturbed, result)
        assert [row["epoch"] for row in result.history] == list(range(5))
    assert resumed.history == ended.history


def test_states_that_are_left_out_change_no_bit(trained, tmp_path, monkeypatch):
    """The first is kept, for nobody knows yet what that takes, and the last."""
    stop_in_epoch(9, tmp_path, monkeypatch, share=1e-9)
    facts = LatestState(tmp_path, "a").facts()
    assert [row["epoch"] for row in facts["history"]] == [0]
    seldom = train(tmp_path, share=1e-9)
    assert seldom.best_epoch == trained.best_epoch
    assert_same_weights(trained, seldom)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"best-{trained.best_epoch}.safetensors",
        "latest.safetensors",
    ]


def test_a_torn_state_or_one_of_other_settings_is_not_taken_up(tmp_path):
    first = train(tmp_path, settings=TRAINING.model_copy(update={"epochs": 2}))
    (tmp_path / "latest.safetensors").write_bytes(b"torn")
    again = train(tmp_path, settings=TRAINING.model_copy(update={"epochs": 2}))
    assert_same_weights(first, again)
    other = train(tmp_path, settings=TRAINING.model_copy(update={"epochs": 3}), identity="b")
    assert len(other.history) == 3


@pytest.mark.parametrize("pattern", ["latest", "best-*"])
def test_a_damaged_state_is_named_and_all_is_trained_again(pattern, tmp_path, monkeypatch, caplog):
    settings = TRAINING.model_copy(update={"epochs": 3})
    undisturbed = train(tmp_path / "undisturbed", settings=settings)
    stop_in_epoch(2, tmp_path / "disturbed", monkeypatch, settings=settings)
    (path,) = (tmp_path / "disturbed").glob(f"{pattern}.safetensors")
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)
    again = train(tmp_path / "disturbed", settings=settings)
    assert f"{path} is not used, all is trained again: its bytes are not" in caplog.text
    assert_same_weights(undisturbed, again)


def test_only_the_best_epoch_and_the_latest_state_stay_on_disk(tmp_path):
    result = train(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"best-{result.best_epoch}.safetensors",
        "latest.safetensors",
    ]
    states = EpochStates(tmp_path, "a")
    assert not states.is_finished
    states.finish()
    assert states.is_finished
    assert [path.name for path in tmp_path.iterdir()] == ["finished"]
    assert not EpochStates(tmp_path, "b").is_finished


def test_an_exploding_loss_stops_the_run(tmp_path):
    settings = TRAINING.model_copy(update={"learning_rate": 1e38})
    with pytest.raises(TrainingError, match=r"Lower training\.learning_rate"):
        train(tmp_path, settings=settings)


def test_one_video_is_not_enough(tmp_path):
    with pytest.raises(DatasetError, match="One training video"):
        train(tmp_path, data=toy_set(videos=1))


def test_val_may_count_one_caption_per_video(tmp_path):
    settings = TRAINING.model_copy(update={"val_captions": "first", "epochs": 1})
    recall = train(tmp_path, settings=settings).history[0]["val_t2v_R@5"]
    assert recall * 16 / 100 == pytest.approx(round(recall * 16 / 100))  # of 16 queries, not 32


@pytest.mark.parametrize("batch_size", [2, 5, 7, 8, 15, 16, 40])
def test_steps_per_epoch_counts_the_batches(batch_size):
    settings = TRAINING.model_copy(update={"batch_size": batch_size})
    trainer = make_trainer(toy_set(), {}, settings, seed=0, processes=ALONE)
    assert len(list(trainer.batches(0))) == trainer.steps_per_epoch


def test_epochs_differ_and_repeat():
    trainer = make_trainer(toy_set(), {}, TRAINING, seed=0, processes=ALONE)
    first, again, second = (
        torch.cat([batch.tokens.values_BND[:, 0] for batch in trainer.batches(epoch)])
        for epoch in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, second)


def test_bfloat16_trains_too(tmp_path):
    """On a CPU the settings refuse it: it gains nothing there. The code is the same."""
    settings = TRAINING.model_copy(update={"precision": "bfloat16"})
    history = train(tmp_path, settings=settings).history
    assert history[-1]["ranking_loss"] < history[0]["ranking_loss"]


def card_of(result, data):
    return ModelCard(
        model="m", seed=0, section="students", architecture=toy_architecture(), training=TRAINING,
        text_encoder="toy", text_weights=TOY_WEIGHTS, token_dim=6, max_tokens=data.max_tokens,
        experts=data.identities, teachers=[ModelSeed("t", 0)], captions="all", train_captions=32,
        train_videos=16, best_epoch=result.best_epoch, parameters=1, made_from=MADE_FROM,
    )  # fmt: skip


def test_a_model_directory_round_trip(trained, tmp_path):
    data = toy_set()
    card = card_of(trained, data)
    save_model(tmp_path / "0", trained.model, card, trained.history)
    model, loaded = load_model(tmp_path / "0")
    assert loaded == card
    assert (similarities(model, data) == similarities(trained.model, data)).all()
    with pytest.raises(StoreError, match="no model directory"):
        load_model(tmp_path / "1")


def test_damaged_weights_are_an_error_of_one_line(trained, tmp_path):
    save_model(tmp_path / "0", trained.model, card_of(trained, toy_set()), trained.history)
    (tmp_path / "0/model.safetensors").write_bytes(b"damaged")
    with pytest.raises(StoreError, match=r"is damaged, .* Delete it, then train"):
        load_model(tmp_path / "0")
