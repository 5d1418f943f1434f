import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from teachtext.errors import DatasetError
from teachtext.models.inputs import RetrievalSet, epoch_batches, load_set, pad
from teachtext.store.features import StoreIdentity, write_features
from teachtext.store.ragged import join
from teachtext.store.records import Features
from teachtext.store.tokens import read_tokens, write_tokens
from teachtext.tables.dataset import Caption
from tests.support.toy_sets import TOY_WEIGHTS, toy_architecture, toy_features, toy_set


@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.data())
def test_padding_equals_a_loop(lengths, data):
    random = np.random.default_rng(0)
    sequences = [random.standard_normal((length, 3)).astype(np.float16) for length in lengths]
    seconds = [random.random((length, 1)).astype(np.float32) for length in lengths]
    chosen = data.draw(st.lists(st.sampled_from(range(len(lengths))), min_size=1))
    batch = pad(
        join(sequences, np.empty((0, 3), np.float16)),
        np.array(chosen),
        seconds=join(seconds, np.empty((0, 1), np.float32)),
    )
    longest = max(1, *(lengths[index] for index in chosen))
    assert batch.values_BND.shape == (len(chosen), longest, 3)
    assert batch.values_BND.dtype == torch.float32
    for row, index in enumerate(chosen):
        size = lengths[index]
        assert batch.valid_BN[row].tolist() == [place < size for place in range(longest)]
        assert batch.values_BND[row, :size].tolist() == sequences[index].tolist()
        assert batch.seconds_BN[row, :size].tolist() == seconds[index][:, 0].tolist()
        assert not batch.values_BND[row, size:].any()
        assert not batch.seconds_BN[row, size:].any()


def test_padding_marks_what_is_data():
    two, none = np.ones((2, 3), np.float16), np.ones((0, 3), np.float16)
    item = pad(join([two, none], none), np.array([1, 0]))
    assert item.valid_BN.tolist() == [[False, False], [True, True]]
    assert item.available_B.tolist() == [False, True]
    assert item.seconds_BN is None


def test_a_set_knows_its_widths():
    data = toy_set(per_video=2)
    assert (data.token_dim, data.max_tokens) == (6, 2)
    assert data.expert_dims == {"appearance": 6, "audio": 6}
    assert data.identities["audio"].expert == "audio"


def test_batches_are_padded_to_their_own_longest():
    data = toy_set(per_video=3)
    assert data.caption_batch(np.array([0, 3])).values_BND.shape == (2, 1, 6)
    assert data.caption_batch(np.array([0, 5])).values_BND.shape == (2, 3, 6)
    assert data.video_batch(np.array([0, 1]))["audio"].valid_BN.tolist() == [[False], [True]]


def test_dropping_captions_drops_emptied_videos():
    data = toy_set()
    left = data.keep_captions({"3#0", "5#1"})
    assert left.video_ids == ["v3", "v5"]
    assert left.video_of_caption.tolist() == [0, 1]
    batch, whole = left.video_batch(np.array([1])), data.video_batch(np.array([5]))
    assert (batch["appearance"].values_BND == whole["appearance"].values_BND).all()
    with pytest.raises(DatasetError, match="keep_rank_below"):
        data.keep_captions(set())


def test_videos_without_features_are_dropped():
    data = toy_set(videos=3)
    nothing = np.empty((0, 6), np.float16)
    audio = toy_features("audio", [nothing, np.ones((1, 6), np.float16), nothing])
    left = RetrievalSet(
        data.captions, data.tokens, 2, data.video_ids, {"audio": audio}, data.video_of_caption
    ).keep_available()
    assert left.video_ids == ["v1"]
    assert [caption.caption_id for caption in left.captions] == ["1#0", "1#1"]
    with pytest.raises(DatasetError, match="No video has features"):
        RetrievalSet(
            left.captions, left.tokens, 2, ["v1"],
            {"audio": toy_features("audio", [nothing])}, left.video_of_caption,
        ).keep_available()  # fmt: skip


def test_first_captions_are_one_of_each_video():
    first = toy_set(videos=4, per_video=3).first_captions()
    assert [caption.caption_id for caption in first.captions] == ["0#0", "1#0", "2#0", "3#0"]
    assert first.tokens.lengths.tolist() == [1] * 4
    assert first.video_of_caption.tolist() == [0, 1, 2, 3]


@pytest.fixture
def written(tmp_path):
    """Six videos in two shards, captions of two splits; video 4 has no audio."""
    random = np.random.default_rng(0)
    rows = {f"v{i}": random.standard_normal((i + 1, 3)).astype(np.float16) for i in range(6)}
    for expert in ("appearance", "audio"):
        for shard in range(2):
            found = {
                video: None if (expert, video) == ("audio", "v4") else Features(
                    part.astype(np.float32), np.arange(len(part)) / 2, np.arange(len(part)) / 2 + 1
                )
                for video, part in list(rows.items())[shard::2]
            }  # fmt: skip
            identity = StoreIdentity(expert, "toy", 3, TOY_WEIGHTS, {})
            write_features(tmp_path / expert / str(shard), identity, found)
    captions = [
        Caption(f"{video}#{number}", video, "val" if video == "v0" else "train", "words")
        for number in range(2)
        for video in ("v5", "v0", "v4", "v3")
    ]
    vectors = [random.standard_normal((1 + i % 3, 5)).astype(np.float32) for i in range(8)]
    path = tmp_path / "tokens"
    write_tokens(
        path, [(captions, vectors)], encoder="toy", weights=TOY_WEIGHTS, dim=5, max_tokens=7
    )  # fmt: skip
    stores = {
        name: [tmp_path / name / "1", tmp_path / name / "0"] for name in ("appearance", "audio")
    }
    return read_tokens(path), stores, rows


def test_a_split_is_opened_as_its_model_sees_it(written):
    tokens, stores, rows = written
    data = load_set(tokens, stores, "train", architecture=toy_architecture(max_rows={"audio": 2}))
    assert data.video_ids == ["v5", "v4", "v3"]
    assert data.video_of_caption.tolist() == [0, 1, 2, 0, 1, 2]
    assert (data.token_dim, data.max_tokens) == (5, 7)
    batch = data.video_batch(np.array([2, 1]))
    mean = rows["v3"].astype(np.float32).mean(axis=0)
    np.testing.assert_allclose(batch["appearance"].values_BND[0, 0], mean, atol=1e-6)
    assert batch["appearance"].valid_BN.tolist() == [[True], [True]]
    assert batch["audio"].values_BND[0].tolist() == rows["v3"][:2].tolist()
    assert batch["audio"].available_B.tolist() == [True, False]
    assert batch["audio"].seconds_BN is None


def test_a_transformer_gets_all_rows_with_their_times(written):
    tokens, stores, rows = written
    architecture = toy_architecture("MultiModalTransformer", max_rows={"audio": 2})
    data = load_set(tokens, stores, "train", architecture=architecture)
    batch = data.video_batch(np.array([0, 2]))
    assert batch["appearance"].values_BND[0].tolist() == rows["v5"].tolist()
    assert batch["appearance"].seconds_BN[1].tolist() == [0, 0.5, 1, 1.5, 0, 0]
    assert batch["audio"].seconds_BN.tolist() == [[0, 0.5], [0, 0.5]]


def test_choosing_and_releasing_change_no_value(written):
    tokens, stores, _ = written
    data = load_set(tokens, stores, "train", architecture=toy_architecture())
    kept = data.keep_captions({"v5#1", "v3#0"})
    assert kept.tokens.file is data.tokens.file
    before = data.caption_batch(np.array([2, 3])).values_BND
    data.release()
    kept.release()
    assert (kept.caption_batch(np.array([0, 1])).values_BND == before).all()


def test_an_epoch_sees_every_video_once_with_a_caption_of_its_own():
    data = toy_set()
    batches = list(epoch_batches(data, batch_size=5, generator=np.random.default_rng(0)))
    captions, videos = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    assert len(set(videos)) == len(videos) == 15  # the sixteenth would be alone in a batch
    assert (data.video_of_caption[captions] == videos).all()


@settings(max_examples=20)
@given(st.integers(0, 100))
def test_every_caption_is_drawn_sooner_or_later(seed):
    data, generator = toy_set(videos=4, per_video=3), np.random.default_rng(seed)
    drawn = set()
    for _ in range(100):
        for captions, _ in epoch_batches(data, batch_size=4, generator=generator):
            drawn |= set(captions.tolist())
    assert drawn == set(range(12))
