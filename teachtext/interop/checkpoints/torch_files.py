"""Files of ``torch.save`` from before and after 1.6, read for their tensors; nothing is run.

``torch.load(weights_only=True)`` refuses the authors' checkpoints, because they hold an object of
theirs beside the weights. Here such objects are left aside.
"""

import mmap
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from teachtext.errors import DatasetError
from teachtext.interop.damage import readable, refuse_bomb
from teachtext.interop.features.pickle_machine import Call, PickleError, run_pickle
from teachtext.interop.features.pickles import CALLS, mapped

MAGIC = 0x1950A86A20F9469CFC6C
"""The first value of a file that torch wrote before version 1.6."""
STATE_DICT = "state_dict"
"""Where the authors keep the weights; in many files they are all there is."""
DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


@dataclass(frozen=True)
class _Storage:
    """Numbers of several tensors, somewhere in the file."""

    key: str
    dtype: torch.dtype


@dataclass(frozen=True)
class _Placed:
    """A tensor before its numbers are read."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Table(dict[Any, Any]):
    """An ordered dictionary; state dicts carry a version that nothing here needs."""

    def restore(self, _: object) -> None:
        """Leave what is beside the items."""


Numbers = Mapping[str, memoryview]
"""Key of a storage -> its bytes."""


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a checkpoint.

    Args:
        path: File written by ``torch.save``: a state dict, or a mapping with one under
            ``state_dict``.

    Returns:
        Name -> tensor, on the CPU.

    Raises:
        DatasetError: The file is missing, damaged, a bomb, or without a state dict.
    """
    with mapped(path) as file, readable(path, "Fetch the whole file of torch.save again."):
        placed, numbers = _read_zip(path) if zipfile.is_zipfile(path) else _read_legacy(file)
        # many tensors may share the numbers of one storage
        sizes = (prod(one.shape) * one.storage.dtype.itemsize for one in placed.values())
        refuse_bomb(path, sum(sizes))
        storages = {one.storage for one in placed.values()}
        flat = {storage: _flat(storage, numbers) for storage in storages}
        tensors = {name: _tensor(one, flat[one.storage]) for name, one in placed.items()}
    if not tensors:
        raise DatasetError(f"{path} has no state dict. Give a checkpoint with weights.")
    return tensors


def _read_zip(path: Path) -> tuple[dict[str, _Placed], Numbers]:
    with zipfile.ZipFile(path) as archive:
        sizes = {member.filename: member.file_size for member in archive.infolist()}
        refuse_bomb(path, sum(sizes.values()))
        (pickled,) = (name for name in sizes if name.endswith("/data.pkl"))
        placed = _placed(_reader({})(_in_memory(archive.read(pickled))))
        folder = pickled.removesuffix("data.pkl") + "data/"
        keys = {tensor.storage.key for tensor in placed.values()}
        return placed, {key: memoryview(archive.read(folder + key)) for key in keys}


def _read_legacy(file: mmap.mmap) -> tuple[dict[str, _Placed], Numbers]:
    """Pickles one after another, then the numbers of each storage after how many they are."""
    storages: dict[str, _Storage] = {}
    read = _reader(storages)
    if read(file) != MAGIC:
        raise PickleError("it does not begin as files of torch.save do,")
    for _ in ("version of the format", "what wrote it"):
        read(file)
    placed = _placed(read(file))
    whole, numbers = memoryview(file), {}
    for key in read(file):
        count = int.from_bytes(file.read(8), "little") * storages[key].dtype.itemsize
        if count > len(file) - file.tell():
            raise PickleError(f"it ends before the {count} bytes of its storage {key}")
        numbers[key] = whole[file.tell() : file.tell() + count]
        file.seek(count, 1)
    return placed, numbers


def _reader(storages: dict[str, _Storage]) -> Callable[[mmap.mmap], Any]:
    """A reader that makes nothing of what torch does not write, and notes storages by key."""

    def load(identity: tuple[Any, ...]) -> _Storage:
        _, kind, key, *_ = identity
        return storages.setdefault(key, _Storage(key, DTYPES[kind.name.rpartition(".")[2]]))

    calls: dict[str, Call] = {
        **CALLS,
        "collections.OrderedDict": lambda pairs=(): _Table(pairs),
        "torch._utils._rebuild_tensor_v2": lambda *arguments: _Placed(*arguments[:4]),
        "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
    }
    return partial(run_pickle, calls=calls, opaque=".*", load=load)


def _placed(value: object) -> dict[str, _Placed]:
    """The tensors of a state dict, or of the one in a mapping."""
    table = value.get(STATE_DICT, value) if isinstance(value, Mapping) else {}
    if not isinstance(table, Mapping):
        return {}
    return {str(name): tensor for name, tensor in table.items() if isinstance(tensor, _Placed)}


def _flat(storage: _Storage, numbers: Numbers) -> Tensor:
    data, dtype = bytearray(numbers[storage.key]), storage.dtype
    return torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)


def _tensor(placed: _Placed, flat: Tensor) -> Tensor:
    if prod(placed.shape) > len(flat):
        raise PickleError(f"it has a tensor of shape {placed.shape} in {len(flat)} numbers")
    tensor = flat.as_strided(placed.shape, placed.strides, placed.offset)
    return tensor.clone(memory_format=torch.contiguous_format)


def _in_memory(data: bytes) -> mmap.mmap:
    file = mmap.mmap(-1, len(data))
    file.write(data)
    file.seek(0)
    return file
