"""Random inputs of real sizes, and what a small model takes with them."""

import numpy as np
import pytest

from teachtext.training.planning import (
    ModelShape,
    Sequenced,
    read_random_set,
    time_model,
    write_random_set,
)
from tests.support.configurations import tiny_config
from tests.support.toy_sets import MODEL_FAMILIES, toy_architecture


def shape_of(family="CollaborativeExperts", **changes):
    values = {
        "architecture": toy_architecture(family),
        "training": tiny_config({}).training,
        "max_tokens": 9,
        "tokens": Sequenced((2, 5), 6),
        "experts": {"appearance": Sequenced((4, 0), 8), "audio": Sequenced((9,), 6)},
        "teachers": 2,
    }
    return ModelShape(**values | changes)


def random_set(folder, shape, videos):
    write_random_set(shape, videos, folder)
    return read_random_set(shape, folder)


def test_random_sets_have_the_lengths_of_real_ones(tmp_path):
    data = random_set(tmp_path, shape_of(), 4)
    assert data.tokens.lengths.tolist() == [2, 5, 2, 5]
    assert data.token_dim == 6
    assert data.expert_dims == {"appearance": 8, "audio": 6}
    assert data.experts["appearance"].rows.lengths.tolist() == [1, 0, 1, 0]  # means
    assert data.experts["audio"].rows.lengths.tolist() == [3] * 4  # max_rows


def test_times_of_rows_come_with_a_transformer(tmp_path):
    audio = random_set(tmp_path, shape_of("MultiModalTransformer"), 2).experts["audio"]
    times = audio.start_seconds.take(np.array([1])).values
    assert times[:, 0].tolist() == [0, 1, 2]


def test_an_expert_that_found_nothing_in_the_sample_has_a_row_all_the_same(tmp_path):
    data = random_set(tmp_path, shape_of(experts={"ocr": Sequenced((0, 0), 3)}), 3)
    assert data.experts["ocr"].rows.lengths.tolist() == [1, 0, 0]


@pytest.mark.parametrize("family", MODEL_FAMILIES)
def test_every_family_is_timed(family):
    cost = time_model(shape_of(family))
    assert cost.step_seconds > 0
    assert cost.caption_seconds >= 0
    assert cost.video_seconds > 0
    assert cost.pair_seconds >= 0
    assert cost.start_seconds > cost.step_seconds
    assert cost.read_seconds > 0
    assert cost.parameters > 0
    assert cost.video_bytes >= 2 * 16 * 4  # two experts, 16 wide
    assert cost.peak_bytes > 50 << 20
