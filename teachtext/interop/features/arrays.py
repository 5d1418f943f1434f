"""Files with an array for each video, of any kind: one file in, loaders out.

A loader reads one array when it is called, so a file may be larger than memory.
"""

import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from teachtext.errors import DatasetError
from teachtext.interop.damage import readable, refuse_bomb
from teachtext.interop.features.pickle_machine import Opaque
from teachtext.interop.features.pickles import LazyArray, by_id, read_pickle

Loader = Callable[[], NDArray[Any] | None]
"""Reads an array; None where a file says that there is none."""
HICKLE = ("data", "data_0")
"""Groups and datasets that hickle wraps values in (https://github.com/telegraphic/hickle)."""
ADVICE = "Give a whole file of plain arrays."


def read_arrays(path: Path) -> dict[str, Loader]:
    """Open a file of features.

    Args:
        path: Pickle of a mapping from ID to array (of Python 2 or 3; NaN for none) or of the
            authors' ExpertStore; folder of ``<id>.npy``; .npz with an array for each ID; HDF5,
            including hickle's, with a dataset for each ID, where ``a/b`` is the ID of a dataset b
            in a group a.

    Returns:
        Id -> loader.

    Raises:
        DatasetError: The file is missing, damaged, of another kind, or not to be trusted.
    """
    if not path.exists():
        raise DatasetError(f"{path} does not exist. Give a file of features, or a folder of .npy.")
    reader = _read_folder if path.is_dir() else READERS.get(path.suffix.lower())
    if reader is None:
        raise DatasetError(
            f"{path} is of no known kind. Use one of: {', '.join(READERS)}, or a folder of .npy."
        )
    with readable(path, ADVICE):
        arrays = reader(path)
    if not arrays:
        raise DatasetError(f"{path} holds no array. Give it one for each video.")
    return arrays


def loader_of(value: object) -> Loader:
    """The loader of a value that a pickle holds: an array, numbers, or NaN for none."""
    if isinstance(value, LazyArray):
        return value.load
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return lambda: None
    return lambda: np.asarray(value, dtype=np.float32)


def _read_pickle(path: Path) -> dict[str, Loader]:
    value = read_pickle(path, opaque=r".*\.ExpertStore")
    if isinstance(value, Opaque):
        return _expert_store(value)
    return {key: loader_of(item) for key, item in by_id(path, value, "array").items()}


def _expert_store(store: Opaque) -> dict[str, Loader]:
    """The authors' own container: rows of one matrix, which are all NaN where there is none."""
    state = store.state
    rows, missing = state["store"].load(), {str(key) for key in state["missing"]}

    def loader(key: str, row: int) -> Loader:
        return lambda: None if key in missing or np.isnan(rows[row]).all() else rows[row]

    return {str(key): loader(str(key), row) for key, row in state["keymap"].items()}


def _read_folder(path: Path) -> dict[str, Loader]:
    load = partial(np.lib.format.open_memmap, mode="r")
    return {file.stem: partial(load, file) for file in sorted(path.glob("*.npy"))}


def _read_npz(path: Path) -> dict[str, Loader]:
    with zipfile.ZipFile(path) as archive:
        refuse_bomb(path, sum(member.file_size for member in archive.infolist()))
    arrays = np.load(path, allow_pickle=False)
    return {name: partial(_read_member, arrays, name) for name in arrays.files}


def _read_member(arrays: Mapping[str, Any], name: str) -> NDArray[Any]:
    array = arrays[name]
    if not isinstance(array, np.ndarray):  # NumPy gives the bytes of what is no .npy
        raise ValueError(f"{name!r} is no array")  # noqa: TRY004 - of a file, not of a caller
    return array


def _read_hdf5(path: Path) -> dict[str, Loader]:
    file = h5py.File(path, "r", locking=False)
    found: dict[str, h5py.Dataset] = {}
    _collect(path, file, (), found)
    refuse_bomb(path, sum(dataset.nbytes for dataset in found.values()))
    if "hickle" in str(file.attrs.get("CLASS", "")) or "HICKLE_VERSION" in file.attrs:
        found = {_unwrapped(name): dataset for name, dataset in found.items() if _is_value(name)}
    return {name: partial(_read_dataset, dataset) for name, dataset in found.items()}


def _collect(
    path: Path, group: h5py.Group, place: tuple[str, ...], found: dict[str, h5py.Dataset]
) -> None:
    """All datasets below a group, of this file alone."""
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise DatasetError(f"{path} is refused: {name!r} is a link. Write its data into it.")
        item = group[name]
        if isinstance(item, h5py.Group):
            if len(place) > len(HICKLE) + 2:
                raise DatasetError(f"{path} is refused: its groups are too deep. Write flat ones.")
            _collect(path, item, (*place, name), found)
        elif item.external or item.is_virtual:
            raise DatasetError(f"{path} is refused: {name!r} lies in other files. Copy it in.")
        elif item.dtype.kind in "fiu" or h5py.check_string_dtype(item.dtype):
            found["/".join((*place, name))] = item


def _read_dataset(dataset: h5py.Dataset) -> NDArray[Any] | None:
    if h5py.check_string_dtype(dataset.dtype):
        return np.asarray(dataset.asstr()[()], dtype=str)
    values: NDArray[Any] = np.asarray(dataset[()])
    return None if not values.shape and np.isnan(values) else values


def _is_value(name: str) -> bool:
    """Whether a dataset of hickle's is no description of types."""
    return name.partition("/")[0] in HICKLE


def _unwrapped(name: str) -> str:
    """The key that hickle has put into groups and quotes."""
    key = "/".join(part for part in name.split("/") if part not in HICKLE)
    return key[1:-1] if key[:1] == key[-1:] and key[:1] in ("'", '"') else key


READERS: dict[str, Callable[[Path], dict[str, Loader]]] = {
    **dict.fromkeys((".pkl", ".pickle", ".pckl", ".pk"), _read_pickle),
    ".npz": _read_npz,
    **dict.fromkeys((".h5", ".hdf5", ".hkl", ".hickle"), _read_hdf5),
}
"""End of a file's name -> how it is opened."""
