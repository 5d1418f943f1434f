import json

import numpy as np
import pytest
import torch
from transformers import (
    AutoImageProcessor,
    AutoModel,
    BertConfig,
    BertModel,
    CLIPModel,
    SiglipModel,
    ViTMAEConfig,
    ViTMAEModel,
)

from teachtext.errors import ConfigError
from teachtext.experts.networks.transformers_image import TransformersImage
from teachtext.video.media import Frames
from tests.support.tiny_checkpoints import (
    IMAGE,
    SQUARE,
    VISION,
    build_tiny,
    enliven,
    save_processor,
    tiny_clip,
)

EXPECTED = {
    "clip": lambda folder, pixels: CLIPModel.from_pretrained(folder).get_image_features(pixels),
    "siglip": lambda folder, pixels: SiglipModel.from_pretrained(folder).get_image_features(pixels),
    "vit": lambda folder, pixels: AutoModel.from_pretrained(folder)(pixels).last_hidden_state[:, 0],
}
DIMS = dict.fromkeys(IMAGE, 16) | {"clip": 12}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    return {family: build_tiny(tmp_path_factory.mktemp(family), family) for family in IMAGE}


@pytest.fixture(scope="module")
def dinov2(checkpoints):
    return TransformersImage(fps=2, checkpoint=str(checkpoints["dinov2"]))


def naive(folder, family, video):
    """What the library computes for one frame after the other."""
    processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    rows = []
    for frame_HWC in video.pixels_THWC[:]:
        pixels = torch.tensor(processor([frame_HWC], return_tensors="np")["pixel_values"])
        with torch.inference_mode():
            if family in EXPECTED:
                output = EXPECTED[family](folder, pixels)
                rows.append(getattr(output, "pooler_output", output).flatten())
            else:
                rows.append(AutoModel.from_pretrained(folder)(pixels).pooler_output.flatten())
    return torch.stack(rows).numpy()


@pytest.mark.parametrize("family", IMAGE)
def test_rows_are_the_librarys(checkpoints, family):
    expert = TransformersImage(fps=2, checkpoint=str(checkpoints[family]))
    video = tiny_clip(5)
    (features,) = expert.extract_batch([video])
    expected = naive(checkpoints[family], family, video)
    assert features.features_TD.dtype == np.float32
    assert features.features_TD.shape == (5, expert.dim) == (5, DIMS[family])
    assert expected.std(axis=0).max() > 0.01  # the frames differ
    np.testing.assert_allclose(features.features_TD, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", IMAGE)
def test_videos_together_have_the_rows_of_each_alone(checkpoints, family):
    expert = TransformersImage(fps=2, checkpoint=str(checkpoints[family]))
    videos = [
        tiny_clip(3),
        tiny_clip(0),
        tiny_clip(6, 80, 50, seed=1),
        tiny_clip(1, 33, 120, seed=2),
    ]
    for together, video in zip(expert.extract_batch(videos), videos, strict=True):
        (alone,) = expert.extract_batch([video])
        assert together.features_TD.shape == (len(video), expert.dim)
        np.testing.assert_allclose(together.features_TD, alone.features_TD, atol=1e-4, rtol=1e-4)


def test_a_row_stands_for_its_frames_interval(dinov2):
    video = tiny_clip(3)
    cut = Frames(video.pixels_THWC, video.seconds_T, 1.25)
    (features,) = dinov2.extract_batch([cut])
    assert features.start_seconds_T.tolist() == [0, 0.5, 1]
    assert features.end_seconds_T.tolist() == [0.5, 1, 1.25]


class LongVideo:
    """Pixels that cannot be had at once."""

    shape = (40, 45, 70, 3)

    def __len__(self):
        return 40

    def __getitem__(self, frames):
        assert frames.stop - frames.start <= 4
        return tiny_clip(min(frames.stop, 40) - frames.start).pixels_THWC


def test_a_long_video_is_never_in_memory_at_once(dinov2):
    video = Frames(LongVideo(), np.arange(40) / 2, 20.0)
    (features,) = dinov2.extract_batch([video])
    assert features.features_TD.shape == (40, 16)


@pytest.mark.parametrize("family", ["clip", "dinov2", "convnext"])
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_lower_precision_gives_nearly_the_same_float32_rows(checkpoints, family, precision):
    exact, coarse = (
        TransformersImage(
            fps=2, checkpoint=str(checkpoints[family]), precision=kind, device="cpu"
        ).extract_batch([tiny_clip(4)])[0]
        for kind in ("float32", precision)
    )
    assert coarse.features_TD.dtype == np.float32
    assert not np.array_equal(exact.features_TD, coarse.features_TD)
    error = np.abs(coarse.features_TD - exact.features_TD).max()
    assert error < 0.1 * np.abs(exact.features_TD).max()


@pytest.mark.parametrize("family", ["clip", "siglip"])
def test_only_the_image_tower_of_a_joint_network_is_loaded(checkpoints, family):
    expert = TransformersImage(fps=2, checkpoint=str(checkpoints[family]))
    names = [name for name, _ in expert.model.named_parameters()]
    assert names
    assert not any("text" in name for name in names)


def test_a_network_of_words_is_refused(tmp_path):
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    BertModel(BertConfig(vocab_size=9, intermediate_size=8, **sizes)).save_pretrained(tmp_path)
    save_processor(tmp_path, "ViTImageProcessorPil", {})
    with pytest.raises(ConfigError, match=r"BertModel of checkpoint .*such as CLIP"):
        TransformersImage(fps=2, checkpoint=str(tmp_path))


def test_a_network_that_hides_parts_of_the_image_is_refused(tmp_path):
    torch.manual_seed(0)
    model = ViTMAEModel(ViTMAEConfig(**VISION))
    enliven(model)
    model.save_pretrained(tmp_path)
    save_processor(tmp_path, "ViTImageProcessorPil", SQUARE)
    with pytest.raises(ConfigError, match=r"ViTMAEModel .*one vector, always the same"):
        TransformersImage(fps=2, checkpoint=str(tmp_path))


def test_frames_of_a_size_that_the_network_does_not_take_are_refused(checkpoints, tmp_path):
    for file in checkpoints["vit"].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    settings = json.loads((tmp_path / "preprocessor_config.json").read_text())
    settings["size"] = {"height": 40, "width": 40}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    with pytest.raises(ConfigError, match="ViTModel of checkpoint"):
        TransformersImage(fps=2, checkpoint=str(tmp_path))
