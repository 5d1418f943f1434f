"""Cut the authors' results to small files: ``python -m tests.support.reference.make FOLDER``.

The folder holds ce.npz, moee.npz and mmt.npz: batches, weights, gradients and similarities of
small models that the authors' code built, trained and evaluated. Kept whole: batches, first weights
and results. Large gradients and trained weights: a digest.
"""

import argparse
from pathlib import Path

import numpy as np

from tests.support.reference import FOLDER, digest

LARGEST_FILE = 450_000
DIGESTED = ("grad/", "state_after/")
KEPT_WHOLE = 2048


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of the authors' results")
    folder = parser.parse_args().folder
    for name in ("ce", "moee", "mmt"):
        with np.load(folder / f"{name}.npz") as arrays:
            kept = dict(kept_array(key, arrays[key]) for key in arrays.files)
        for number, group in enumerate(groups(kept)):
            np.savez_compressed(FOLDER / f"{name}-{number}.npz", **group)


def kept_array(key, array):
    """Name and array to be stored."""
    if key.startswith(DIGESTED) and array.size > KEPT_WHOLE:
        return key.replace("/", "_digest/", 1), digest(key, array)
    return key, array


def groups(arrays):
    """Arrays of one file after another; what does not fit is split into rows."""
    group, size = {}, 0
    for key, array in arrays.items():
        pieces = -(-array.nbytes // LARGEST_FILE)
        for number, piece in enumerate(np.array_split(array, pieces) if pieces > 1 else [array]):
            if size + piece.nbytes > LARGEST_FILE:
                yield group
                group, size = {}, 0
            group[f"{key}|{number}" if pieces > 1 else key] = piece
            size += piece.nbytes
    yield group


if __name__ == "__main__":
    main()
