"""What the authors' code computes, as arrays in this folder; ``make.py`` wrote them."""

import zlib
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
PROJECTIONS = 8


def load_reference(name):
    """Arrays of one model by their names; those that are split over files are joined."""
    parts = {}
    for path in sorted(FOLDER.glob(f"{name}-*.npz")):
        with np.load(path) as arrays:
            parts |= {key: arrays[key] for key in arrays.files}
    whole = {}
    for key in sorted(parts):
        whole.setdefault(key.split("|")[0], []).append(parts[key])
    return {
        key: np.concatenate(group) if len(group) > 1 else group[0] for key, group in whole.items()
    }


def section(arrays, prefix):
    """The arrays whose names begin so, by the rest of the name."""
    return {key.removeprefix(prefix): arrays[key] for key in arrays if key.startswith(prefix)}


def digest(name, array):
    """A large array in nine numbers: its root mean square, and projections of that scale.

    If no number differs by more than a few times x, the arrays differ by x per element.
    """
    random = np.random.default_rng(zlib.crc32(name.encode()))
    values = np.asarray(array, np.float64).ravel()
    directions = random.standard_normal((PROJECTIONS, len(values)))
    return np.array([np.linalg.norm(values), *(directions @ values)]) / np.sqrt(len(values))
