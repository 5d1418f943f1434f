"""What another version made is refused where it is read, and imported all the same."""

import re

import numpy as np
import pytest

from teachtext.errors import StoreError
from teachtext.interop.features.columns import read_imported_features
from teachtext.store.features import StoreIdentity, write_features
from teachtext.store.loading import View, gather_features
from teachtext.store.records import Features
from teachtext.store.similarities import open_similarities, write_similarities
from teachtext.store.tokens import read_foreign_tokens, read_tokens, write_tokens
from teachtext.store.versions import STAGE_VERSIONS, check_stamp
from teachtext.store.weights import WeightsIdentity
from teachtext.tables.dataset import Caption

WEIGHTS = WeightsIdentity("toy", "0")


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ("build_index 0", "build_index 0, this one makes 2"),
        (None, "it does not say which"),
        ("late 1", "late 1, no such stage"),
    ],
)
def test_the_line_says_both_versions(found, why):
    line = f"x was made by another version of teachtext ({why}). Delete it and run snakemake again."
    with pytest.raises(StoreError, match=rf"^{re.escape(line)}$"):
        check_stamp(found, "x")


def tokens(path):
    blocks = [([Caption("a#0", "a", "train", "a")], [np.ones((1, 2), np.float32)])]
    write_tokens(path, blocks, encoder="toy", weights=WEIGHTS, dim=2, max_tokens=2)


def similarities(path):
    write_similarities(path, [(["a#0"], np.ones((1, 1)))], model="t/0", video_ids=["a"])


def features(path):
    found = {"a": Features(np.ones((1, 2), np.float32), np.zeros(1), np.ones(1))}
    write_features(path, StoreIdentity("audio", "toy", 2, WEIGHTS, {}), found)


def load(path):
    gather_features([path], ["a"], View("rows"))


@pytest.mark.parametrize(
    ("write", "read", "rule"),
    [
        (tokens, read_tokens, "embed_captions"),
        (similarities, open_similarities, "compute_similarities"),
        (features, load, "extract_expert"),
    ],
)
def test_what_another_version_made_is_refused(write, read, rule, tmp_path, monkeypatch):
    write(tmp_path / "made.zarr")
    read(tmp_path / "made.zarr")
    version = STAGE_VERSIONS[rule]
    monkeypatch.setitem(STAGE_VERSIONS, rule, version + 1)
    with pytest.raises(StoreError, match=rf"\({rule} {version}, this one makes {version + 1}\)"):
        read(tmp_path / "made.zarr")


@pytest.mark.parametrize(
    ("write", "read"), [(tokens, read_foreign_tokens), (features, read_imported_features)]
)
def test_what_is_imported_may_be_of_any_version(write, read, tmp_path, monkeypatch):
    write(tmp_path / "made.zarr")
    for rule in ("embed_captions", "extract_expert"):
        monkeypatch.setitem(STAGE_VERSIONS, rule, STAGE_VERSIONS[rule] + 1)
    read(tmp_path / "made.zarr")
