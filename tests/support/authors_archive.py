"""A tiny archive in the authors' layout, with all the habits of theirs."""

import pickle
import tarfile

import numpy as np

_ROOT = "data/MSRVTT/high-quality/structured-symlinks"
VISUAL = {
    "aggregated_imagenet_25fps_256px_stride1_offset0/senet154-avg.pickle": 4,
    "aggregated_scene_25fps_256px_stride1_offset0/densenet161-avg.pickle": 3,
    "aggregated_r2p1d_30fps_256px_stride32_offset0_inner_stride1/r2p1d-ig65m-avg.pickle": 2,
}
NAN = float("nan")


def write_archive(path, videos, *, captions=2, mode="w:gz", root=_ROOT):
    """Write features of the videos, and of one more, with two text encoders and a teacher.

    Of video i all visual values are i; it has i rows of sound, of which 0 is an empty array and
    video 1 has NaN for none. Vectors of its caption j have the value 10 i + j.
    """
    folder = path.parent / f"{path.name}-content"
    names = [*videos, "elsewhere"]
    for name, dim in VISUAL.items():
        # (D,) and (1, D) are both there
        rows = [np.full((1, dim) if i % 2 else dim, i, np.float32) for i in range(len(names))]
        _dump(folder / root / name, dict(zip(names, rows, strict=True)))
    sound = {name: np.full((i, 5), i, np.float64) for i, name in enumerate(names)}
    sound[names[1]] = NAN
    _dump(folder / root / "aggregated_audio_feats/Audio_MSRVTT_new.pickle", sound)
    for encoder, dim in (("w2v", 3), ("gpt2-xl-finetune", 6)):
        vectors = {
            name: [np.full((2 + j, dim), 10 * i + j, np.float32) for j in range(captions)]
            for i, name in enumerate(names)
        }
        _dump(folder / root / f"aggregated_text_feats/{encoder}.pkl", vectors)
    words = {name: [words_of(name, j).split() for j in range(captions)] for name in names}
    _dump(folder / root / "raw-captions.pkl", words)
    teacher = {name: embeddings_of(i, captions) for i, name in enumerate(names)}
    _dump(folder / root / "teachers/train-full-ce-refined-text-w2v.pkl", teacher)
    with tarfile.open(path, mode) as tar:
        tar.add(folder, arcname=".")
    return path


def embeddings_of(video, captions):
    """Of two experts: caption j is 10 j + 1 times the video's number like it, for all videos."""
    texts = np.array([[10.0 * number, 0] for number in range(captions)], np.float32)
    return {
        "vid_embds": {"audio": np.array([video, 0.0]), "scene": np.array([0, video + 0.0])},
        "text_embds": {"audio": texts, "scene": list(np.tile([0.0, 1], (captions, 1)))},
    }


def words_of(video, number):
    """A caption as the archive has it."""
    return f"someone does thing {number} of {video}"


def _dump(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(value, protocol=2))
