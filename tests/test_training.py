import numpy as np
import pytest
import torch

from teachtext.checkpoint import ModelCard, load_model, save_model
from teachtext.data import RetrievalSet, epoch_batches, pad
from teachtext.dataset import Caption
from teachtext.denoising import judge_captions, kept_captions, verdict_table
from teachtext.errors import StoreError
from teachtext.evaluation import evaluate, similarities, similarity_blocks
from teachtext.settings import ArchitectureSettings, TrainingSettings
from teachtext.store.features import ExpertFeatures, StoreIdentity
from teachtext.store.ragged import join
from teachtext.training import train_model
from teachtext.weights import WeightsIdentity

ARCHITECTURE = ArchitectureSettings(
    architecture="CollaborativeExperts",
    shared_dim=16,
    text_clusters=2,
    text_ghost_clusters=1,
    video_clusters={"audio": 2},
)
TRAINING = TrainingSettings(
    epochs=30,
    batch_size=8,
    learning_rate=0.01,
    learning_rate_decay=0.95,
    weight_decay=0,
    margin=0.2,
    distillation_weight=10,
)
WEIGHTS = WeightsIdentity("toy", "0")


def toy_set(videos=16, per_video=2, seed=0):
    """Videos whose captions are noisy copies of what both experts see; one has no audio."""
    random = np.random.default_rng(seed)
    meaning = random.standard_normal((videos, 6)).astype(np.float16)
    captions, tokens = [], []
    for video in range(videos):
        for number in range(per_video):
            captions.append(Caption(f"{video}#{number}", f"v{video}", "train", "words"))
            tokens.append(meaning[[video] * (1 + number)])
    experts = {}
    for name in ("appearance", "audio"):
        rows = [
            m[None] if name == "appearance" or i else m[None][:0] for i, m in enumerate(meaning)
        ]
        identity = StoreIdentity(name, "toy", 6, WEIGHTS, {})
        experts[name] = ExpertFeatures(identity, join(rows, np.empty((0, 6), np.float16)))
    owner = np.repeat(np.arange(videos), per_video)
    ids = [f"v{video}" for video in range(videos)]
    return RetrievalSet(captions, join(tokens, tokens[0][:0]), ids, experts, owner)


@pytest.fixture(scope="module")
def trained():
    data = toy_set()
    return train_model(data, data, None, architecture=ARCHITECTURE, training=TRAINING, seed=0)


def test_training_learns(trained):
    first, best = trained.history[0], trained.history[trained.best_epoch]
    assert best["val_t2v_R@5"] > 31.25 + 20  # chance is 5 of 16
    assert best["ranking_loss"] < first["ranking_loss"]
    assert first["distillation_loss"] is None


def test_the_best_epoch_is_the_last_of_the_best(trained):
    scores = [row["val_t2v_geometric_mean"] for row in trained.history]
    assert trained.best_epoch == max(i for i, score in enumerate(scores) if score == max(scores))


def test_a_seed_decides_every_bit(trained):
    data = toy_set()
    again = train_model(data, data, None, architecture=ARCHITECTURE, training=TRAINING, seed=0)
    for name, weights in trained.model.state_dict().items():
        assert torch.equal(weights, again.model.state_dict()[name]), name


def test_a_student_moves_towards_its_teachers():
    data = toy_set()
    teachers = np.full((1, 32, 16), 0.5, np.float32)
    only_teachers = TRAINING.model_copy(update={"distillation_weight": 1000.0})
    history = train_model(
        data, data, teachers, architecture=ARCHITECTURE, training=only_teachers, seed=0
    ).history
    assert history[-1]["distillation_loss"] < history[0]["distillation_loss"] / 2


def test_an_epoch_sees_every_video_once_with_a_caption_of_its_own():
    data = toy_set()
    batches = list(epoch_batches(data, batch_size=5, generator=np.random.default_rng(0)))
    captions, videos = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    assert len(set(videos)) == len(videos) == 15  # the sixteenth would be alone in a batch
    assert (data.video_of_caption[captions] == videos).all()


def test_blocks_equal_the_whole_forward_pass(trained):
    data = toy_set(videos=16, per_video=20)  # 320 captions: two blocks
    everything = np.arange(320)
    with torch.inference_mode():
        whole = trained.model(data.caption_batch(everything), data.video_batch(np.arange(16)))
    assert len(list(similarity_blocks(trained.model, data))) == 2
    np.testing.assert_allclose(similarities(trained.model, data), whole.numpy(), atol=1e-5)


def test_evaluation_names_the_best_results(trained):
    data = toy_set()
    evaluation = evaluate(trained.model, data, top=3)
    rows = evaluation.ranks.to_pylist()
    assert [row["direction"] for row in rows].count("v2t") == 16
    hit = next(row for row in rows if row["direction"] == "t2v" and row["rank"] == 0)
    assert hit["top"][0] == hit["video_id"]
    assert evaluation.metrics["t2v"]["queries"] == 32


def test_a_model_directory_round_trip(trained, tmp_path):
    data = toy_set()
    card = ModelCard(
        model="m", seed=0, section="students", architecture=ARCHITECTURE, training=TRAINING,
        text_encoder="toy", text_weights=WEIGHTS, token_dim=6, experts=data.identities,
        teachers=["t/0"], captions="all", train_captions=32, train_videos=16,
        best_epoch=trained.best_epoch, parameters=1,
    )  # fmt: skip
    save_model(tmp_path / "0", trained.model, card, trained.history)
    model, loaded = load_model(tmp_path / "0")
    assert loaded == card
    assert (similarities(model, data) == similarities(trained.model, data)).all()
    with pytest.raises(StoreError, match="no model directory"):
        load_model(tmp_path / "1")


def test_denoising_keeps_good_captions_and_one_of_every_video():
    captions = [Caption(f"c{i}", f"v{i // 2}", "train", "") for i in range(4)]
    sims = np.array([[0.9, 0.1], [0.1, 0.9], [0.9, 0.1], [0.8, 0.2]], np.float32)
    verdicts = judge_captions(sims, captions, np.array([0, 0, 1, 1]), keep_rank_below=1)
    assert [verdict.rank for verdict in verdicts] == [0, 1, 1, 1]
    assert kept_captions(verdict_table(verdicts)) == {"c0", "c2"}
    assert verdicts[2].reason == "the video's best caption"


def test_dropping_captions_drops_emptied_videos():
    data = toy_set()
    left = data.keep_captions({"3#0", "5#1"})
    assert left.video_ids == ["v3", "v5"]
    assert left.video_of_caption.tolist() == [0, 1]
    assert (left.experts["appearance"].rows[1] == data.experts["appearance"].rows[5]).all()


def test_padding_marks_what_is_data():
    two, none = np.ones((2, 3), np.float16), np.ones((0, 3), np.float16)
    item = pad(join([two, none], none), np.array([1, 0]))
    assert item.valid_BN.tolist() == [[False, False], [True, True]]
    assert item.available_B.tolist() == [False, True]
