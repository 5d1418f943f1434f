import numpy as np
import pytest

from teachtext.errors import ConfigError, DatasetError, StoreError
from teachtext.evaluation.evaluate import encode_gallery
from teachtext.models.checkpoint import load_model
from teachtext.search.loading import load
from teachtext.store.weights import WeightsIdentity
from tests.support.toy_indexes import WITH_ZERO_SHOT, LookUp, gallery, write_index
from tests.support.toy_sets import similarities


@pytest.mark.parametrize("family", WITH_ZERO_SHOT)
def test_a_search_is_the_models_own_similarities_in_order(tmp_path, reading, family):
    data = gallery(family)
    reading(data)
    path = write_index(tmp_path, data, family)
    searcher = load(path)
    sims_QG = similarities(load_model(path)[0], data)
    for caption, sims_G in zip(data.captions, sims_QG, strict=True):
        hits = searcher.search(caption.caption_id, top=16)
        scores = {hit.clip.video_id: hit.score for hit in hits}
        expected = dict(zip(data.video_ids, sims_G.tolist(), strict=True))
        assert scores == pytest.approx(expected, abs=1e-5)
        assert [hit.score for hit in hits] == sorted(scores.values(), reverse=True)
        assert [hit.clip.video_id for hit in searcher.search(caption.caption_id, top=3)] == [
            hit.clip.video_id for hit in hits[:3]
        ]


@pytest.mark.parametrize("family", WITH_ZERO_SHOT)
def test_summands_are_of_the_experts_that_count_and_sum_to_the_score(tmp_path, reading, family):
    data = gallery(family)
    reading(data)
    searcher = load(write_index(tmp_path, data, family))
    hits = {hit.clip.video_id: hit for hit in searcher.search("3#0", top=16)}
    for video, hit in hits.items():
        if video != "v15":
            assert sum(hit.summands.values()) == pytest.approx(hit.score, abs=1e-5)
    everything = {"appearance", "audio"}
    all_count = family == "MultiModalTransformer"
    assert set(hits["v0"].summands) == (everything if all_count else {"appearance"})
    assert set(hits["v4"].summands) == (everything if all_count else {"audio"})
    assert hits["v15"].summands == {}
    assert hits["v15"].score == -1


def test_only_what_is_asked_for_is_found(found):
    searcher, _ = found
    hits = searcher.search("3#0", top=16, split="test")
    assert {hit.clip.video_id for hit in hits} == {f"v{n}" for n in range(1, 16, 2)}
    hits = searcher.search("3#0", top=16, split="test", contains="v1")
    assert {hit.clip.video_id for hit in hits} == {"v1", "v11", "v13", "v15"}
    assert searcher.search("3#0", contains="%") == []
    whole = {hit.clip.video_id: hit.score for hit in searcher.search("3#0", top=16)}
    assert {hit.clip.video_id: hit.score for hit in hits} == pytest.approx(
        {video: whole[video] for video in ("v1", "v11", "v13", "v15")}
    )


def test_clips_say_where_they_are(found, tmp_path):
    searcher, _ = found
    clip = searcher.clips["v3"]
    assert clip.path == str(tmp_path / "data/v3.mp4")
    assert (clip.split, clip.start_seconds, clip.end_seconds) == ("test", 0.0, 2.5)
    assert len(searcher.clips) == 16


def test_similar_videos_are_those_of_the_highest_mean_cosine(found, tmp_path):
    searcher, data = found
    model, _ = load_model(tmp_path / "results/models/student/0")
    videos = encode_gallery(model, data)
    seen, heard = (part.numpy() for part in videos.by_expert)
    hits = searcher.similar("v3", top=15)
    assert "v3" not in {hit.clip.video_id for hit in hits}
    scores = {hit.clip.video_id: hit.score for hit in hits}
    assert scores["v7"] == pytest.approx((seen[3] @ seen[7] + heard[3] @ heard[7]) / 2, abs=1e-5)
    assert scores["v0"] == pytest.approx(seen[3] @ seen[0], abs=1e-5)
    assert scores["v15"] == -1
    assert list(scores.values()) == sorted(scores.values(), reverse=True)
    tests = searcher.similar("v3", top=15, split="test")
    assert {hit.clip.video_id for hit in tests} == {f"v{n}" for n in (1, 5, 7, 9, 11, 13, 15)}


def test_nothing_is_like_a_video_of_which_nothing_is_known(found):
    searcher, _ = found
    assert {hit.score for hit in searcher.similar("v15")} == {-1}
    assert searcher.captions_of("v15") == []


def test_captions_of_a_video_are_ranked_by_the_models_similarities(found, tmp_path):
    searcher, data = found
    model, _ = load_model(tmp_path / "results/models/student/0")
    sims_Q = similarities(model, data)[:, 4]
    hits = searcher.captions_of("v4", top=5)
    best = np.argsort(-sims_Q, kind="stable")[:5]
    assert [hit.caption_id for hit in hits] == [data.captions[index].caption_id for index in best]
    # captions are kept in half precision
    assert [hit.score for hit in hits] == pytest.approx(sims_Q[best].tolist(), abs=2e-3)
    assert hits[0].video_id == data.captions[best[0]].video_id


def test_an_unknown_video_is_named(found):
    searcher, _ = found
    with pytest.raises(DatasetError, match=r"no video '\.\./v3' in the index"):
        searcher.similar("../v3")


def test_words_need_a_text_encoder(tmp_path):
    searcher = load(write_index(tmp_path, gallery(), encoder=None))
    with pytest.raises(ConfigError, match="made elsewhere"):
        searcher.search("words")
    assert searcher.captions_of("v3")  # nothing is read for it


def test_words_need_the_text_encoder_of_the_training(found, monkeypatch):
    searcher, _ = found
    monkeypatch.setattr(LookUp, "weights", WeightsIdentity("toy 2.0", "f" * 64))
    with pytest.raises(
        StoreError, match=r"toy 2\.0 has weights ffffffffffff, the model was trained"
    ):
        searcher.search("3#0")
