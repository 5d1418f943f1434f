import json

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from transformers import AutoImageProcessor

from teachtext.errors import ConfigError
from teachtext.experts.networks.preprocessing import load_preprocessing, resize_like_pillow
from tests.support.tiny_checkpoints import CROPPED, picture, save_processor

EDGES = {"size": {"shortest_edge": 300, "longest_edge": 400}}
PROCESSORS = {
    "clip": ("CLIPImageProcessorPil", {}),
    "clip-wider-crop": ("CLIPImageProcessorPil", {"size": {"shortest_edge": 99}, "crop_size": 112}),
    "siglip": ("SiglipImageProcessorPil", {}),
    "dinov2": ("BitImageProcessorPil", {"size": {"shortest_edge": 256}}),
    "vit": ("ViTImageProcessorPil", {}),
    "vit-nearest": ("ViTImageProcessorPil", {"resample": 0}),
    "vit-unscaled": ("ViTImageProcessorPil", {"do_rescale": False, "do_normalize": False}),
    "vit-any-size": ("ViTImageProcessorPil", {"do_resize": False}),
    "convnext-224": ("ConvNextImageProcessorPil", {"size": {"shortest_edge": 224}}),
    "convnext-384": ("ConvNextImageProcessorPil", {}),
    "videomae": ("VideoMAEImageProcessorPil", {}),
    "vivit": ("VivitImageProcessor", {}),
    "detr": ("DetrImageProcessorPil", {}),
    "detr-small": ("DetrImageProcessorPil", EDGES),
    "conditional-detr": ("ConditionalDetrImageProcessorPil", EDGES),
    "rt-detr": ("RTDetrImageProcessorPil", {}),
    "yolos": ("YolosImageProcessorPil", EDGES),
}
SIZES_HW = [(37, 53), (91, 64), (240, 135), (225, 401), (224, 224)]


@pytest.fixture(scope="module", autouse=True)
def rows_first():
    """Pillow filters rows first, as always before version 13 (python-pillow/Pillow#9549)."""
    resize = Image.Image.resize

    def in_two_steps(image, size, resample=None, **options):
        between = resize(image, (size[0], image.height), resample, **options)
        return resize(between, size, resample, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image.Image, "resize", in_two_steps)
        yield


def library(folder, frame_HWC):
    processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    pixels = np.asarray(processor([frame_HWC], return_tensors="np")["pixel_values"])
    return pixels.reshape(pixels.shape[-3:])


def write(folder, name, **settings):
    (folder / name).write_text(json.dumps(settings))
    return str(folder)


@pytest.mark.parametrize("kind", PROCESSORS)
def test_frames_are_those_of_the_librarys_processor(tmp_path, kind):
    save_processor(tmp_path, *PROCESSORS[kind])
    preprocessing = load_preprocessing(str(tmp_path), "network")
    noise = np.random.default_rng(0).integers(0, 256, (61, 88, 3), np.uint8)
    for frame_HWC in [noise, *(picture(*size) for size in SIZES_HW)]:
        ours = preprocessing(torch.from_numpy(frame_HWC[None]))
        assert ours.dtype == torch.float32
        np.testing.assert_allclose(ours[0].numpy(), library(tmp_path, frame_HWC), atol=1e-5)


@given(
    st.tuples(*[st.integers(1, 60)] * 4),
    st.sampled_from([Image.NEAREST, Image.BILINEAR, Image.BICUBIC]),
)
def test_resized_bytes_are_pillows(sides, resample):
    height, width, new_height, new_width = sides
    frame_HWC = np.random.default_rng(sides).integers(0, 256, (height, width, 3), np.uint8)
    frame_HWC[: height // 2] = 255 * (frame_HWC[: height // 2] > 127)  # overshoots are clipped
    expected = np.array(Image.fromarray(frame_HWC).resize((new_width, new_height), resample))
    image_CHW = torch.from_numpy(frame_HWC).permute(2, 0, 1)
    resized = resize_like_pillow(image_CHW, new_height, new_width, resample)
    assert np.array_equal(resized.permute(1, 2, 0).numpy(), expected)


def test_frames_of_a_video_are_prepared_one_by_one(tmp_path):
    save_processor(tmp_path, "CLIPImageProcessorPil", CROPPED)
    preprocessing = load_preprocessing(str(tmp_path), "network")
    frames_THWC = np.stack([picture(40, 60, seed) for seed in range(3)])
    together = preprocessing(torch.from_numpy(frames_THWC))
    assert together.shape == (3, 3, 32, 32)
    assert torch.equal(together[2:], preprocessing(torch.from_numpy(frames_THWC[2:])))


@pytest.mark.parametrize(
    ("kind", "old"),
    [
        ("CLIPImageProcessor", {"size": 224, "crop_size": 224, "resample": 3}),
        ("ViTImageProcessor", {"size": 96}),
        ("DetrImageProcessor", {"size": 200, "max_size": 333}),
        ("VideoMAEImageProcessor", {"size": 96, "crop_size": 80}),
    ],
)
def test_settings_that_old_files_leave_out_are_the_librarys(tmp_path, kind, old):
    old = {"feature_extractor_type": kind.replace("ImageProcessor", "FeatureExtractor"), **old}
    folder = write(tmp_path, "preprocessor_config.json", image_processor_type=kind, **old)
    frame_HWC = picture(50, 80)
    ours = load_preprocessing(folder, "network")(torch.from_numpy(frame_HWC[None]))
    np.testing.assert_allclose(ours[0].numpy(), library(folder, frame_HWC), atol=1e-5)


@pytest.mark.parametrize(
    ("video", "image", "settings"),
    [
        ("VJEPA2VideoProcessor", "VideoMAEImageProcessorPil", {"crop_size": 32}),
        ("VideoMAEVideoProcessor", "VideoMAEImageProcessorPil", {}),
        ("VivitVideoProcessor", "VivitImageProcessor", {"rescale_factor": 1 / 127.5}),
    ],
)
def test_a_video_processors_file_is_enough(tmp_path, video, image, settings):
    processor = getattr(transformers, image)(**{**CROPPED, **settings})
    processor.save_pretrained(tmp_path)
    old = tmp_path / "preprocessor_config.json"
    content = {**json.loads(old.read_text()), **settings, "video_processor_type": video}
    del content["image_processor_type"]
    content.pop("offset", None)
    frame_HWC = picture(50, 80)
    expected = library(tmp_path, frame_HWC)
    old.unlink()
    folder = write(tmp_path, "video_preprocessor_config.json", **content)
    ours = load_preprocessing(folder, "network")(torch.from_numpy(frame_HWC[None]))
    np.testing.assert_allclose(ours[0].numpy(), expected, atol=1e-5)


def test_a_filter_that_is_not_known_is_named(tmp_path):
    save_processor(tmp_path, "ViTImageProcessorPil", {"resample": 1})
    with pytest.raises(ConfigError, match=r"filter .*1.*nearest \(0\)"):
        load_preprocessing(str(tmp_path), "network")


@pytest.mark.parametrize("kind", ["LevitImageProcessor", "EfficientNetImageProcessor"])
def test_a_processor_that_does_more_is_refused(tmp_path, kind):
    save_processor(tmp_path, kind + "Pil", {})
    with pytest.raises(ConfigError, match=rf"{kind}Pil, does more than"):
        load_preprocessing(str(tmp_path), "network")


def test_a_checkpoint_without_processor_is_named(tmp_path):
    with pytest.raises(ConfigError, match=rf"processor of the network '{tmp_path}'.*preprocessor_"):
        load_preprocessing(str(tmp_path), "network")
