"""Which file of the authors' archives is what, by its name alone.

The authors are those of albanie/collaborative-experts; names are those of its readers
(`data_loader/*_dataset.py`, `base/base_dataset.py` at 7eb3b9d) and of its released archives.
"""

import re
from dataclasses import dataclass
from typing import Literal

ContentKind = Literal["expert", "tokens", "teacher", "captions", "ids"]


@dataclass(frozen=True)
class Content:
    """The content of a file.

    Attributes:
        kind: Kind of content: an expert's features, token vectors of a text encoder, a teacher's
            embeddings, the captions' words in the order of the token vectors, or a map of IDs.
        name: Name of the expert, text encoder or teacher; empty for the other kinds.
    """

    kind: ContentKind
    name: str = ""


NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
PICKLE = r"\.(pkl|pickle|pckl|pk)$"
ANY = r"\.(pkl|pickle|pckl|pk|hkl|hickle)$"
_VISUAL = (
    ("imagenet", r"[^/]*", r"(?P<model>senet154|resnext101_32x48d)", "0"),
    ("scene", r"[^/]*", r"(?P<model>densenet161)", "0"),
    ("r2p1d", r"[^/]*_stride32_[^/]*", r"(?P<model>r2p1d-ig65m(-kinetics)?)", "0"),
    ("r2p1d", r"[^/]*_stride8_[^/]*", r"(?P<model>r2p1d-ig65m-kinetics)", "1"),
    ("i3d", r"[^/]*_stride25_[^/]*", r"(?P<model>i3d)", "0"),
    ("i3d", r"[^/]*_stride4_[^/]*", r"(?P<model>i3d)", "1"),
    ("trn", r"[^/]*", r"(?P<model>moments-trn)", "0"),
    ("moments_3d", r"[^/]*", r"(?P<model>moments-resnet3d50)", "0"),
    ("moments_2d", r"[^/]*", r"(?P<model>resnet50)", "0"),
    ("s3dg", r"[^/]*_stride16_[^/]*", r"(?P<model>s3dg)", "0"),
    ("s3dg", r"[^/]*_stride8_[^/]*", r"(?P<model>s3dg)", "1"),
)
"""Type, settings in the folder's name, network, variant."""

LAYOUT: tuple[tuple[str, ContentKind, str], ...] = (
    # of MSVD alone, variant 0 of this network was taken with another stride
    (
        rf"/MSVD/.*aggregated_r2p1d_[^/]*_stride8_[^/]*/r2p1d-ig65m-kinetics-avg{PICKLE}",
        "expert",
        "r2p1d.r2p1d-ig65m-kinetics.0",
    ),
    *(
        (
            rf"/aggregated_{kind}_{settings}/{model}-avg{PICKLE}",
            "expert",
            rf"{kind}.\g<model>.{variant}",
        )
        for kind, settings, model, variant in _VISUAL
    ),
    (rf"/antoine/resnet_features{PICKLE}", "expert", "antoine-rgb"),
    (rf"/antoine/flow_features{PICKLE}", "expert", "flow"),
    # MSR-VTT's archives have these of split 1k-B beside `audio` and `face` of its other splits
    (rf"/antoine/audio_features{PICKLE}", "expert", "antoine-audio"),
    (rf"/antoine/facefeats-clone{PICKLE}", "expert", "antoine-face"),
    (rf"/antoine/face[^/]*{PICKLE}", "expert", "face"),
    (rf"/aggregated_(?P<name>audio|speech|ocr)(_feats)?/[^/]*{ANY}", "expert", r"\g<name>"),
    (rf"/aggregated_face[^/]*/face[^/]*{PICKLE}", "expert", "face"),
    (rf"/w2v_MSRVTT_openAIGPT{PICKLE}", "tokens", "openai"),
    (rf"/w2v_MSRVTT{PICKLE}", "tokens", "w2v"),
    (rf"/gpt2-xl-finetuned{PICKLE}", "tokens", "gpt2-xl-finetune"),
    (rf"/openai-(feats|text|train|val1|caption-(train|val|test)){PICKLE}", "tokens", "openai"),
    (
        rf"/(aggregated_text_feats|text[_-]embeddings)/(?P<name>{NAME_PATTERN}){PICKLE}",
        "tokens",
        r"\g<name>",
    ),
    (rf"/(raw-captions[^/]*|(split_)?raw_captions[^/]*){PICKLE}", "captions", ""),
    (
        rf"/teachers/(train-full-ce-refined-text-)?(?P<name>{NAME_PATTERN}){PICKLE}",
        "teacher",
        r"\g<name>",
    ),
    (rf"/dict_youtube_mapping{PICKLE}", "ids", ""),
)
"""End of a path -> what it holds; the first that fits counts."""


def content_of(name: str) -> Content | None:
    """Content of a file, or None if it is not needed here.

    Args:
        name: Name of the file in its archive or folder, with ``/`` between folders.
    """
    for pattern, kind, template in LAYOUT:
        if found := re.search(pattern, f"/{name}"):
            return Content(kind, found.expand(template))
    return None
