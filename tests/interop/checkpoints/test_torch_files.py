import os

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from teachtext.errors import DatasetError
from teachtext.interop.checkpoints.torch_files import read_state_dict
from tests.support.authors_checkpoint import write_checkpoint

WEIGHTS = {
    "float": torch.arange(6.0).reshape(2, 3),
    "turned": torch.arange(6.0).reshape(2, 3).T,
    "part": torch.arange(10)[3:7:2],
    "half": torch.ones(3, dtype=torch.float16),
    "brain": torch.full((2,), 1.5, dtype=torch.bfloat16),
    "truth": torch.tensor([True, False]),
    "scalar": torch.tensor(7),
    "empty": torch.zeros(0, 3),
}
VERSIONS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])


@VERSIONS
def test_tensors_are_read_and_nothing_else(tmp_path, zipped):
    found = read_state_dict(write_checkpoint(tmp_path / "m.pth", WEIGHTS, zipped=zipped))
    assert list(found) == list(WEIGHTS)
    for name, tensor in WEIGHTS.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor), name


@VERSIONS
def test_a_bare_state_dict_will_do(tmp_path, zipped):
    layer = torch.nn.BatchNorm1d(2)
    torch.save(layer.state_dict(), tmp_path / "m", _use_new_zipfile_serialization=zipped)
    found = read_state_dict(tmp_path / "m")
    assert found.keys() == layer.state_dict().keys()
    assert found["num_batches_tracked"] == 0


@VERSIONS
def test_parameters_are_tensors(tmp_path, zipped):
    weight = torch.nn.Parameter(torch.ones(2))
    torch.save({"w": weight}, tmp_path / "m", _use_new_zipfile_serialization=zipped)
    found = read_state_dict(tmp_path / "m")["w"]
    assert found.tolist() == [1, 1]
    assert not found.requires_grad


class Hostile:
    def __reduce__(self):
        return (os.system, ("touch hacked",))


@VERSIONS
def test_nothing_that_a_checkpoint_names_is_called(tmp_path, monkeypatch, zipped):
    monkeypatch.chdir(tmp_path)
    write_checkpoint(tmp_path / "m.pth", WEIGHTS, zipped=zipped, config=Hostile())
    assert set(read_state_dict(tmp_path / "m.pth")) == set(WEIGHTS)
    assert [path.name for path in tmp_path.iterdir()] == ["m.pth"]


def one_line(path):
    with pytest.raises(DatasetError) as caught:
        read_state_dict(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@VERSIONS
def test_what_has_no_weights_is_one_line(tmp_path, zipped):
    torch.save([1, 2], tmp_path / "m", _use_new_zipfile_serialization=zipped)
    assert "has no state dict" in one_line(tmp_path / "m")
    assert "Cannot read" in one_line(tmp_path / "missing")


@VERSIONS
def test_a_tensor_larger_than_its_numbers_is_refused(tmp_path, zipped):
    wide = torch.zeros(1).expand(10, 10)
    torch.save({"w": wide}, tmp_path / "m", _use_new_zipfile_serialization=zipped)
    assert "tensor of shape (10, 10) in 1 numbers" in one_line(tmp_path / "m")


@VERSIONS
def test_numbers_that_many_tensors_share_are_no_bomb(tmp_path, zipped):
    shared = torch.zeros(1 << 20)
    parts = {f"w{number}": shared[number:] for number in range(200)}
    torch.save(parts, tmp_path / "m", _use_new_zipfile_serialization=zipped)
    assert "unpacks to 799 MB, as bombs do" in one_line(tmp_path / "m")


@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), zipped=st.booleans())
def test_a_damaged_file_is_weights_or_one_line(tmp_path_factory, place, byte, zipped):
    path = tmp_path_factory.mktemp("torch") / "m.pth"
    whole = bytearray(write_checkpoint(path, WEIGHTS, zipped=zipped).read_bytes())
    whole[int(place * len(whole))] = byte
    path.write_bytes(whole)
    message = ""
    try:
        read_state_dict(path)
    except DatasetError as error:
        message = str(error)
    assert "\n" not in message
