import json

import numpy as np
import pytest
import torch

from teachtext.errors import ConfigError
from teachtext.experts.networks.transformers_face import (
    TransformersFace,
    crop_with_margin,
    face_labels,
)
from teachtext.experts.networks.transformers_image import TransformersImage
from teachtext.experts.networks.transformers_objects import TransformersObjects
from tests.support.tiny_checkpoints import build_tiny, picture, tiny_clip


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("dinov2"), "dinov2"))


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("rt_detr"), "rt_detr"))


@pytest.fixture(scope="module")
def face(checkpoint, detector):
    return TransformersFace(fps=2, checkpoint=checkpoint, detector=detector)


def relabelled(folder, detector, labels):
    """The same detector with other names of its three labels."""
    for file in ("config.json", "preprocessor_config.json", "model.safetensors"):
        (folder / file).write_bytes((type(folder)(detector) / file).read_bytes())
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {str(index): label for index, label in enumerate(labels)}
    config["label2id"] = {label: index for index, label in enumerate(labels)}
    (folder / "config.json").write_text(json.dumps(config))
    return str(folder)


def test_each_face_has_the_vector_of_its_crop(face, checkpoint, detector):
    video = tiny_clip(4, 90, 120)
    (features,) = face.extract_batch([video])
    detectors = TransformersObjects(fps=2, checkpoint=detector)
    embedder = TransformersImage(fps=2, checkpoint=checkpoint)
    expected = [
        embedder.embed(embedder.preprocess(crop_with_margin(frame_HWC, piece.box)[None]))[0]
        for frame_HWC, found in detectors.detect(video)
        for piece, _ in found
        if piece.text == "face"
    ]
    assert len(expected) > 3
    assert features.features_TD.shape == (len(expected), face.dim) == (len(expected), 16)
    np.testing.assert_allclose(features.features_TD, np.stack(expected), atol=1e-4)


def test_faces_are_recognised_with_their_box_and_time(face):
    (features,) = face.extract_batch([tiny_clip(4, 90, 120)])
    assert {piece.text for piece in features.recognised} == {"face"}
    assert all(len(piece.box) == 4 and piece.score > 0.5 for piece in features.recognised)
    starts = [piece.start_seconds for piece in features.recognised]
    assert starts == features.start_seconds_T.tolist() == sorted(starts)


@pytest.mark.parametrize("frames", [0, 2])
def test_no_face_gives_no_rows(face, monkeypatch, frames):
    monkeypatch.setattr(face, "face_labels", ["nobody"])
    (features,) = face.extract_batch([tiny_clip(frames)])
    assert features.features_TD.shape == (0, 16)
    assert features.recognised == ()


@pytest.mark.parametrize(
    ("box", "crop"),
    [
        ((20, 30, 30, 50), (26, 54, 18, 32)),
        ((-10, -5, 10, 5), (0, 7, 0, 14)),  # over the upper left corner
        ((90, 60, 120, 90), (54, 80, 84, 100)),  # over the lower right one
        ((120, 10, 140, 30), (6, 34, 0, 0)),  # right of the frame
        ((10, -60, 20, -30), (0, 0, 8, 22)),  # above it
    ],
)
def test_a_crop_has_a_margin_of_a_fifth_inside_the_frame(box, crop):
    pixels_HWC = picture(80, 100)
    top, bottom, left, right = crop
    frame_HWC = torch.from_numpy(pixels_HWC)
    x, y, other_x, other_y = box
    corners = ((x, y), (other_x, y), (other_x, other_y), (x, other_y))
    assert torch.equal(crop_with_margin(frame_HWC, corners), frame_HWC[top:bottom, left:right])


@pytest.mark.parametrize(
    ("labels", "chosen"),
    [
        (["Human face", "car", "head"], ["Human face"]),
        (["person"], ["person"]),
        (["no mask face", "mask face", "cat"], ["no mask face", "mask face"]),
    ],
)
def test_labels_that_say_face_or_the_only_one_are_faces(labels, chosen):
    assert face_labels("detector", labels) == chosen


def test_a_detector_without_faces_is_refused_with_its_labels(checkpoint, detector, tmp_path):
    other = relabelled(tmp_path, detector, ["cat", "dog", "tree"])
    with pytest.raises(ConfigError, match="does not find faces, but: cat, dog, tree"):
        TransformersFace(fps=2, checkpoint=checkpoint, detector=other)


def test_weights_are_those_of_both(face, checkpoint, detector):
    assert face.weights.name == f"{detector} + {checkpoint}"


def test_bfloat16_gives_float32_rows(checkpoint, detector):
    options = {"fps": 2, "precision": "bfloat16"}
    face = TransformersFace(checkpoint=checkpoint, detector=detector, **options)
    (features,) = face.extract_batch([tiny_clip(2, 90, 120)])
    assert features.features_TD.dtype == np.float32
