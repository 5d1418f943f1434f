from dataclasses import replace

import numpy as np
import pytest

from teachtext.evaluation.details import details_metadata, draw_sample, explain, with_details
from teachtext.evaluation.evaluate import evaluate
from teachtext.evaluation.records import read_details, read_found
from teachtext.store.tables import write_table
from tests.support.toy_sets import LARGE, MODEL_FAMILIES, similarities, toy_model, toy_set


def evaluated(family="CollaborativeExperts", **size):
    data = toy_set(**size, timed=family == "MultiModalTransformer")
    model = toy_model(family)
    return model, data, evaluate(model, data, top=3)


@pytest.mark.parametrize("family", MODEL_FAMILIES)
def test_parts_sum_to_the_similarities_of_the_own_video_and_of_the_rival(family):
    model, data, evaluation = evaluated(family, **LARGE)
    found, matrix = explain(model, data, evaluation), similarities(model, data)
    captions = np.arange(len(matrix))
    own = matrix[captions, data.video_of_caption]
    np.testing.assert_allclose(found.own_QM.sum(axis=1), own, atol=1e-5)
    np.testing.assert_allclose(
        found.rival_QM.sum(axis=1), matrix[captions, found.rival_Q], atol=1e-5
    )
    matrix[captions, data.video_of_caption] = -np.inf
    assert found.rival_Q.tolist() == matrix.argmax(axis=1).tolist()
    np.testing.assert_allclose(found.weights_QM.sum(axis=1), 1, atol=1e-5)


def test_an_expert_that_a_video_lacks_adds_nothing():
    model, data, evaluation = evaluated()
    found = explain(model, data, evaluation)
    silent = data.video_of_caption == 0
    assert found.own_QM[silent, 1].tolist() == [0, 0]
    assert (found.own_QM[~silent, 1] != 0).all()


def test_a_gallery_of_one_video_has_no_rival():
    model, data, evaluation = evaluated(videos=1)
    found = explain(model, data, evaluation)
    assert found.rival_Q.tolist() == [0, 0]
    assert found.rival_QM.tolist() == found.own_QM.tolist()


def test_a_sample_has_one_caption_of_each_drawn_video_whatever_their_order():
    data = toy_set(videos=5, per_video=3)
    sample = draw_sample(data, videos=3, generator=np.random.default_rng(0))
    drawn = [data.captions[index].caption_id for index in sample.captions_S]
    assert sorted(drawn) != drawn
    assert len({name.split("#")[0] for name in drawn}) == 3
    assert [name.split("#")[1] for name in drawn] == ["0"] * 3
    assert sample.videos_S.tolist() == [int(name.split("#")[0]) for name in drawn]
    reversed_data = replace(
        data,
        captions=data.captions[::-1],
        video_of_caption=data.video_of_caption[::-1].copy(),
    )
    again = draw_sample(reversed_data, videos=3, generator=np.random.default_rng(0))
    assert [reversed_data.captions[index].caption_id for index in again.captions_S] == drawn


def test_a_sample_larger_than_the_set_is_the_set():
    sample = draw_sample(toy_set(videos=4), videos=9, generator=np.random.default_rng(0))
    assert sorted(sample.videos_S.tolist()) == [0, 1, 2, 3]


def test_details_are_read_as_they_were_kept(tmp_path):
    model, data, evaluation = evaluated()
    decisions = explain(model, data, evaluation)
    sample = draw_sample(data, videos=4, generator=np.random.default_rng(0))
    table = with_details(evaluation, data, decisions, sample)
    path = tmp_path / "0.parquet"
    write_table(path, table, details_metadata(model, data, sample))
    details = read_details(path)
    assert details.experts == ("appearance", "audio")
    by_id = np.argsort([caption.caption_id for caption in data.captions])
    np.testing.assert_array_equal(details.weights_QM, decisions.weights_QM[by_id])
    matrix = similarities(model, data)
    np.testing.assert_allclose(
        details.sampled_SS, matrix[np.ix_(sample.captions_S, sample.videos_S)], atol=1e-6
    )
    (found,) = read_found(path, ["3#1"]).values()
    place = [caption.caption_id for caption in data.captions].index("3#1")
    assert found.rival == data.video_ids[decisions.rival_Q[place]]
    assert list(found.own_parts.values()) == decisions.own_QM[place].tolist()
