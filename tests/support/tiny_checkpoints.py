"""Tiny networks with random weights, saved by the library itself as a hub checkpoint is."""

import json

import numpy as np
import torch
import transformers
from transformers import (
    CLIPConfig,
    CLIPModel,
    ConditionalDetrConfig,
    ConditionalDetrForObjectDetection,
    ConvNextConfig,
    ConvNextModel,
    DeformableDetrConfig,
    DeformableDetrForObjectDetection,
    DetrConfig,
    DetrForObjectDetection,
    Dinov2Config,
    Dinov2Model,
    ResNetConfig,
    ResNetModel,
    RTDetrConfig,
    RTDetrForObjectDetection,
    RTDetrResNetConfig,
    SiglipConfig,
    SiglipModel,
    SwinConfig,
    SwinModel,
    TimesformerConfig,
    TimesformerModel,
    VideoMAEConfig,
    VideoMAEForPreTraining,
    ViTConfig,
    ViTForImageClassification,
    VivitConfig,
    VivitModel,
    VJEPA2Config,
    VJEPA2Model,
    XCLIPConfig,
    XCLIPModel,
    YolosConfig,
    YolosForObjectDetection,
)

from teachtext.video.media import Frames

_WIDE = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
TRANSFORMER = {**_WIDE, "intermediate_size": 32}
VISION = {**TRANSFORMER, "image_size": 32, "patch_size": 8}
_VIDEO = {**VISION, "num_frames": 4}
TEXT = {
    **TRANSFORMER,
    **{"vocab_size": 10, "max_position_embeddings": 8, "bos_token_id": 0, "eos_token_id": 1},
}
DETR = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "num_queries": 12,
    "id2label": {0: "cat", 1: "face", 2: "tree"},
    "use_timm_backbone": False,
    "use_pretrained_backbone": False,
    "backbone": None,
}
RESNET = {"embedding_size": 8, "hidden_sizes": [8, 8, 12, 16], "depths": [1, 1, 1, 1]}
SQUARE = {"size": {"height": 32, "width": 32}}
CROPPED = {"size": {"shortest_edge": 36}, "crop_size": {"height": 32, "width": 32}}
SMALL = {"size": {"shortest_edge": 64, "longest_edge": 100}}


def backbone():
    return ResNetConfig(**RESNET, out_features=["stage4"])


def rt_detr():
    resnet = RTDetrResNetConfig(
        **{**RESNET, "layer_type": "basic"}, out_features=["stage2", "stage3", "stage4"]
    )
    return RTDetrConfig(
        backbone_config=resnet,
        use_timm_backbone=False,
        backbone=None,
        encoder_hidden_dim=16,
        encoder_in_channels=[8, 12, 16],
        decoder_in_channels=[16, 16, 16],
        d_model=16,
        feat_strides=[8, 16, 32],
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        decoder_layers=2,
        num_queries=12,
        num_denoising=0,
        id2label=DETR["id2label"],
    )


IMAGE = {
    "clip": lambda: (
        CLIPModel(CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=12)),
        "CLIPImageProcessorPil",
        CROPPED,
    ),
    "siglip": lambda: (
        SiglipModel(SiglipConfig(text_config=TEXT, vision_config=VISION)),
        "SiglipImageProcessorPil",
        SQUARE,
    ),
    "dinov2": lambda: (Dinov2Model(Dinov2Config(**VISION)), "BitImageProcessorPil", CROPPED),
    "vit": lambda: (
        ViTForImageClassification(ViTConfig(**VISION)),
        "ViTImageProcessorPil",
        SQUARE,
    ),
    "convnext": lambda: (
        ConvNextModel(ConvNextConfig(hidden_sizes=[8, 8, 8, 16], depths=[1, 1, 1, 1])),
        "ConvNextImageProcessorPil",
        {"size": {"shortest_edge": 64}},
    ),
    "resnet": lambda: (
        ResNetModel(ResNetConfig(**RESNET)),
        "ConvNextImageProcessorPil",
        {"size": {"shortest_edge": 64}},
    ),
    "swin": lambda: (
        SwinModel(
            SwinConfig(
                image_size=32,
                patch_size=4,
                embed_dim=8,
                depths=[1, 1],
                num_heads=[1, 2],
                window_size=4,
            )
        ),
        "ViTImageProcessorPil",
        SQUARE,
    ),
}
"""Family -> network, its processor's class and settings."""

VIDEOS = {
    "videomae": lambda: (
        VideoMAEForPreTraining(
            VideoMAEConfig(
                **_VIDEO,
                decoder_hidden_size=8,
                decoder_num_hidden_layers=1,
                decoder_num_attention_heads=2,
                decoder_intermediate_size=16,
            )
        ),
        "VideoMAEImageProcessorPil",
        CROPPED,
    ),
    "timesformer": lambda: (
        TimesformerModel(TimesformerConfig(**_VIDEO)),
        "VideoMAEImageProcessorPil",
        CROPPED,
    ),
    "vivit": lambda: (
        VivitModel(VivitConfig(**{**_VIDEO, "tubelet_size": [2, 8, 8]})),
        "VivitImageProcessor",
        CROPPED,
    ),
    "xclip": lambda: (
        XCLIPModel(
            XCLIPConfig(
                text_config={**TEXT, "hidden_size": 12},
                vision_config={
                    **_VIDEO,
                    "mit_hidden_size": 12,
                    "mit_intermediate_size": 16,
                    "mit_num_attention_heads": 2,
                },
                projection_dim=12,
                prompt_num_attention_heads=2,
            )
        ),
        "CLIPImageProcessorPil",
        CROPPED,
    ),
    "vjepa2": lambda: (
        VJEPA2Model(
            VJEPA2Config(
                **_WIDE,
                patch_size=8,
                crop_size=32,
                frames_per_clip=4,
                pred_hidden_size=12,
                pred_num_attention_heads=2,
                pred_num_hidden_layers=1,
                num_pooler_layers=1,
            )
        ),
        "VJEPA2VideoProcessor",
        CROPPED,
    ),
}

DETECTORS = {
    "detr": lambda: (
        DetrForObjectDetection(DetrConfig(**DETR, backbone_config=backbone())),
        "DetrImageProcessorPil",
        SMALL,
    ),
    "conditional_detr": lambda: (
        ConditionalDetrForObjectDetection(
            ConditionalDetrConfig(**DETR, backbone_config=backbone())
        ),
        "ConditionalDetrImageProcessorPil",
        SMALL,
    ),
    "deformable_detr": lambda: (
        DeformableDetrForObjectDetection(
            DeformableDetrConfig(
                **DETR,
                backbone_config=ResNetConfig(**RESNET, out_features=["stage2", "stage3", "stage4"]),
            )
        ),
        "DeformableDetrImageProcessorPil",
        SMALL,
    ),
    "rt_detr": lambda: (
        RTDetrForObjectDetection(rt_detr()),
        "RTDetrImageProcessorPil",
        {"size": {"height": 64, "width": 64}},
    ),
    "yolos": lambda: (
        YolosForObjectDetection(
            YolosConfig(
                **TRANSFORMER,
                image_size=[64, 96],
                patch_size=8,
                num_detection_tokens=12,
                id2label=DETR["id2label"],
            )
        ),
        "YolosImageProcessorPil",
        SMALL,
    ),
}


def build_tiny(folder, family, seed=0):
    """Save a tiny checkpoint of the family; the same seed gives the same weights."""
    torch.manual_seed(seed)
    model, processor_class, settings = {**IMAGE, **VIDEOS, **DETECTORS}[family]()
    enliven(model)
    model.save_pretrained(folder)
    save_processor(folder, processor_class, settings)
    return folder


def enliven(model):
    """Larger weights: freshly initialised ones hardly look at the image, nor find anything."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1 and not parameter.any():
                parameter.normal_(0, 0.2)  # tokens and positions that start as zeros
            elif parameter.ndim > 1 and "position" not in name:
                parameter.mul_(40 if "class_labels_classifier" in name else 4)
            elif "decoder.class_embed" in name:
                parameter.sub_(2.5)  # RT-DETR: fewer than its queries, which the library stops at


def save_processor(folder, processor_class, settings):
    """Save the library's processor; its video processors cannot be built without torchvision."""
    if processor_class == "VJEPA2VideoProcessor":
        normal = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
        steps = ("resize", "center_crop", "rescale", "normalize")
        content = {
            **{f"do_{step}": True for step in steps},
            **{"rescale_factor": 1 / 255, "resample": 2, "video_processor_type": processor_class},
            **normal,
            **settings,
        }
        (folder / "video_preprocessor_config.json").write_text(json.dumps(content))
    else:
        getattr(transformers, processor_class)(**settings).save_pretrained(folder)


def picture(height, width, seed=0):
    """(H, W, 3) uint8: smooth colours, stripes and some noise, as pictures have them."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    phases = generator.uniform(0, 6, 3)
    waves = [np.sin(x / (5 + 3 * k) + phases[k]) + np.cos(y / (9 - 2 * k)) for k in range(3)]
    noise = generator.normal(0, 12, (height, width, 3))
    return np.clip(128 + 60 * np.stack(waves, axis=-1) + noise, 0, 255).astype(np.uint8)


def tiny_clip(frames, height=45, width=70, *, fps=2.0, seed=0):
    """A video of different pictures."""
    pixels = [picture(height, width, seed + 10 * index) for index in range(frames)]
    return Frames(
        np.array(pixels, np.uint8).reshape(frames, height, width, 3),
        np.arange(frames) / fps,
        frames / fps,
    )
