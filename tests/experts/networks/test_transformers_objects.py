import numpy as np
import pytest
import torch
from transformers import AutoImageProcessor, AutoModelForObjectDetection

from teachtext.errors import ConfigError
from teachtext.experts.networks.transformers_objects import TransformersObjects
from teachtext.video.media import Frames
from tests.support.tiny_checkpoints import DETECTORS, build_tiny, tiny_clip

SOFTMAX = {"detr", "yolos"}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    return {family: build_tiny(tmp_path_factory.mktemp(family), family) for family in DETECTORS}


@pytest.fixture(scope="module")
def experts(checkpoints):
    return {
        family: TransformersObjects(fps=2, checkpoint=str(folder))
        for family, folder in checkpoints.items()
    }


def naive(folder, frame_HWC):
    """(score, label, box, vector) that the library finds in a frame, in the order of scores."""
    processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    model = AutoModelForObjectDetection.from_pretrained(folder)
    pixels = torch.tensor(processor([frame_HWC], return_tensors="np")["pixel_values"])
    with torch.inference_mode():
        output = model(pixels)
    sides = [frame_HWC.shape[:2]]
    (found,) = processor.post_process_object_detection(output, threshold=0.5, target_sizes=sides)
    (relative,) = processor.post_process_object_detection(output, threshold=0.5)
    states = output.last_hidden_state[0, -output.logits.shape[1] :]
    x, y, width, height = output.pred_boxes[0].T
    corners = torch.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], dim=1)
    queries = torch.cdist(relative["boxes"], corners).argmin(dim=1)
    order = found["scores"].argsort(descending=True)
    return [
        (
            float(found["scores"][index]),
            model.config.id2label[int(found["labels"][index])],
            found["boxes"][index].numpy(),
            states[queries[index]].numpy(),
        )
        for index in order.tolist()
    ]


@pytest.mark.parametrize("family", DETECTORS)
def test_boxes_labels_scores_and_vectors_are_the_librarys(checkpoints, experts, family):
    video = tiny_clip(2, seed=3)
    (features,) = experts[family].extract_batch([video])
    expected = [one for frame in video.pixels_THWC[:] for one in naive(checkpoints[family], frame)]
    assert len(features.recognised) == len(features.features_TD) == len(expected) > 3
    assert features.features_TD.dtype == np.float32
    for row, found, (score, label, box, vector) in zip(
        features.features_TD, features.recognised, expected, strict=True
    ):
        assert found.text == label
        assert found.score == pytest.approx(score, abs=1e-4)
        np.testing.assert_allclose((*found.box[0], *found.box[2]), box, atol=0.01)
        np.testing.assert_allclose(row, vector, atol=1e-3)


@pytest.mark.parametrize("family", DETECTORS)
def test_scores_are_softmax_or_sigmoid_as_the_network_was_trained(experts, family):
    labels = experts[family].labels
    classes = experts[family].loaded.model(torch.zeros(1, 3, 96, 96)).logits.shape[-1]
    assert labels == ["cat", "face", "tree"]
    assert classes == (4 if family in SOFTMAX else 3)


def test_corners_go_around_the_box_in_pixels_of_the_frame(experts):
    (features,) = experts["rt_detr"].extract_batch([tiny_clip(1, 90, 160)])
    for piece in features.recognised:
        (left, top), (right, upper), (other_right, bottom), (other_left, lower) = piece.box
        assert (left, right, top, bottom) == (other_left, other_right, upper, lower)
        assert left < right
        assert top < bottom
    xs, ys = np.array([piece.box for piece in features.recognised]).mean(axis=1).T
    assert ys.max() < 90 < xs.max() < 160  # their middles


def test_rows_and_pieces_have_the_times_of_their_frame(experts):
    (features,) = experts["rt_detr"].extract_batch([tiny_clip(3)])
    starts = [piece.start_seconds for piece in features.recognised]
    assert starts == features.start_seconds_T.tolist() == sorted(starts)
    assert set(starts) == {0, 0.5, 1}
    assert (features.end_seconds_T == features.start_seconds_T + 0.5).all()
    assert [piece.end_seconds for piece in features.recognised] == features.end_seconds_T.tolist()


@pytest.mark.parametrize("family", DETECTORS)
def test_frames_of_a_batch_have_what_each_has_alone(checkpoints, family, monkeypatch):
    monkeypatch.setattr("teachtext.experts.networks.transformers_objects.CPU_FRAMES", 3)
    expert = TransformersObjects(fps=2, checkpoint=str(checkpoints[family]))
    video = tiny_clip(4)
    (together,) = expert.extract_batch([video])
    frames = [Frames(video.pixels_THWC[i : i + 1], video.seconds_T[i : i + 1], 2) for i in range(4)]
    alone = expert.extract_batch(frames)
    rows = np.concatenate([one.features_TD for one in alone])
    assert len(rows) > 4
    np.testing.assert_allclose(together.features_TD, rows, atol=1e-4)
    texts = [piece.text for one in alone for piece in one.recognised]
    assert [piece.text for piece in together.recognised] == texts


@pytest.mark.parametrize("score", [0.5, 1.0])
def test_nothing_found_gives_no_rows(experts, monkeypatch, score):
    monkeypatch.setattr("teachtext.experts.networks.transformers_objects.MIN_OBJECT_SCORE", score)
    expert = experts["conditional_detr"]
    (features,) = expert.extract_batch([tiny_clip(2)])
    assert bool(len(features.features_TD)) == (score == 0.5)
    assert features.features_TD.shape == (len(features.recognised), expert.dim)


def test_a_frame_has_at_most_so_many_rows_the_surest(experts, monkeypatch):
    (every,) = experts["rt_detr"].extract_batch([tiny_clip(1)])
    monkeypatch.setattr("teachtext.experts.networks.transformers_objects.MAX_PER_FRAME", 2)
    (two,) = experts["rt_detr"].extract_batch([tiny_clip(1)])
    assert two.recognised == every.recognised[:2]


@pytest.mark.parametrize("family", DETECTORS)
def test_bfloat16_gives_float32_rows(checkpoints, family):
    expert = TransformersObjects(fps=2, checkpoint=str(checkpoints[family]), precision="bfloat16")
    (features,) = expert.extract_batch([tiny_clip(1, seed=3)])
    assert features.features_TD.dtype == np.float32
    assert len(features.features_TD) > 0
    assert np.isfinite(features.features_TD).all()


def test_a_network_without_boxes_is_refused(tmp_path):
    build_tiny(tmp_path, "vit")
    with pytest.raises(ConfigError, match="Cannot load the object detector"):
        TransformersObjects(fps=2, checkpoint=str(tmp_path))
