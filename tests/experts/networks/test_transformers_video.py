import numpy as np
import pytest
import torch
from transformers import (
    AutoImageProcessor,
    TimesformerModel,
    VideoMAEImageProcessorPil,
    VideoMAEModel,
    VivitModel,
    VJEPA2Model,
    XCLIPModel,
)

from teachtext.errors import ConfigError
from teachtext.experts.networks.transformers_video import TransformersVideo
from teachtext.video.media import Frames
from tests.support.tiny_checkpoints import CROPPED, VIDEOS, build_tiny, tiny_clip

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
DIMS = dict.fromkeys(VIDEOS, 16) | {"xclip": 12}
EXPECTED = {
    "videomae": lambda folder, x: VideoMAEModel.from_pretrained(folder)(x).last_hidden_state.mean(
        dim=1
    ),
    "timesformer": lambda folder, x: TimesformerModel.from_pretrained(folder)(x).last_hidden_state[
        :, 0
    ],
    "vivit": lambda folder, x: VivitModel.from_pretrained(folder)(x).last_hidden_state[:, 0],
    "xclip": lambda folder, x: (
        XCLIPModel.from_pretrained(folder).get_video_features(x).pooler_output
    ),
    "vjepa2": lambda folder, x: VJEPA2Model.from_pretrained(folder).get_vision_features(x).mean(1),
}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    return {family: build_tiny(tmp_path_factory.mktemp(family), family) for family in VIDEOS}


@pytest.fixture(scope="module")
def videomae(checkpoints):
    return TransformersVideo(fps=2, checkpoint=str(checkpoints["videomae"]))


def naive(folder, family, windows):
    """What the library computes for one window after the other."""
    if family == "vjepa2":  # the library's own processor of it needs torchvision
        processor = VideoMAEImageProcessorPil(**CROPPED, **IMAGENET)
    else:
        processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    rows = []
    for window in windows:
        pixels = np.asarray(processor(list(window), return_tensors="np")["pixel_values"])
        with torch.inference_mode():
            x = torch.tensor(pixels).reshape(1, *pixels.shape[-4:])
            rows.append(EXPECTED[family](folder, x)[0].numpy())
    return np.array(rows)


@pytest.mark.parametrize("family", VIDEOS)
def test_rows_are_the_librarys_of_consecutive_windows(checkpoints, family):
    expert = TransformersVideo(fps=2, checkpoint=str(checkpoints[family]))
    video = tiny_clip(10)
    pixels = video.pixels_THWC
    windows = [pixels[:4], pixels[4:8], pixels[[8, 9, 9, 9]]]
    expected = naive(checkpoints[family], family, windows)
    (features,) = expert.extract_batch([video])
    assert features.features_TD.dtype == np.float32
    assert features.features_TD.shape == (3, expert.dim) == (3, DIMS[family])
    assert expected.std(axis=0).max() > 0.01  # the windows differ
    np.testing.assert_allclose(features.features_TD, expected, atol=1e-4, rtol=1e-4)


def test_a_row_lasts_from_its_first_to_its_last_real_frame(videomae):
    (features,) = videomae.extract_batch([tiny_clip(9)])
    assert features.start_seconds_T.tolist() == [0, 2, 4]
    assert features.end_seconds_T.tolist() == [2, 4, 4.5]


def test_a_row_ends_with_the_clip_at_the_latest(videomae):
    video = tiny_clip(4)
    (features,) = videomae.extract_batch([Frames(video.pixels_THWC, video.seconds_T, 1.75)])
    assert features.end_seconds_T.tolist() == [1.75]


@pytest.mark.parametrize("family", VIDEOS)
def test_videos_together_have_the_rows_of_each_alone(checkpoints, family, monkeypatch):
    monkeypatch.setattr("teachtext.experts.networks.transformers_video.CPU_WINDOWS", 3)
    expert = TransformersVideo(fps=2, checkpoint=str(checkpoints[family]))
    videos = [
        tiny_clip(5),
        tiny_clip(0),
        tiny_clip(9, 80, 50, seed=1),
        tiny_clip(1, 33, 120, seed=2),
    ]
    for together, video in zip(expert.extract_batch(videos), videos, strict=True):
        (alone,) = expert.extract_batch([video])
        assert together.features_TD.shape == (-(-len(video) // 4), expert.dim)
        np.testing.assert_allclose(together.features_TD, alone.features_TD, atol=1e-4, rtol=1e-4)


def test_the_order_of_frames_matters(videomae):
    video = tiny_clip(4)
    backwards = Frames(video.pixels_THWC[::-1], video.seconds_T, 2.0)
    there, back = (one.features_TD for one in videomae.extract_batch([video, backwards]))
    assert np.abs(there - back).max() > 1e-3


@pytest.mark.parametrize("family", VIDEOS)
def test_bfloat16_gives_nearly_the_same_float32_rows(checkpoints, family):
    exact, coarse = (
        TransformersVideo(fps=2, checkpoint=str(checkpoints[family]), precision=precision)
        .extract_batch([tiny_clip(6)])[0]
        .features_TD
        for precision in ("float32", "bfloat16")
    )
    assert coarse.dtype == np.float32
    assert not np.array_equal(exact, coarse)
    assert np.abs(coarse - exact).max() < 0.1 * np.abs(exact).max()


def test_a_network_of_images_is_refused_with_those_allowed(tmp_path):
    build_tiny(tmp_path, "vit")
    with pytest.raises(ConfigError, match=r"type 'vit'.*videomae, timesformer, vivit"):
        TransformersVideo(fps=2, checkpoint=str(tmp_path))
