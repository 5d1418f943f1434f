import sys

import pytest
from tensorboardX.proto.event_pb2 import Event

from teachtext.errors import PackageError
from teachtext.training.events import EventFiles


def records(path):
    """Payloads of a TFRecord file: length, its checksum, payload, its checksum."""
    content = path.read_bytes()
    while content:
        length = int.from_bytes(content[:8], "little")
        yield content[12 : 12 + length]
        content = content[16 + length :]


def scalars(folder):
    (path,) = folder.iterdir()
    events = [Event.FromString(record) for record in records(path)]
    return {(value.tag, e.step): value.simple_value for e in events for value in e.summary.value}


def test_every_number_of_an_epoch_is_a_scalar(tmp_path):
    with EventFiles(tmp_path) as events:
        events.add({"epoch": 3, "loss": 0.5, "distillation_loss": None, "val_t2v_R@1": 25.0})
        events.add({"epoch": 4, "loss": 0.25, "distillation_loss": None, "val_t2v_R@1": 50.0})
    assert scalars(tmp_path) == {
        ("train/loss", 3): 0.5,
        ("val_t2v/R_1", 3): 25,
        ("train/loss", 4): 0.25,
        ("val_t2v/R_1", 4): 50,
    }


def test_a_run_without_epochs_writes_nothing(tmp_path):
    with EventFiles(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(PackageError, match="pip install tensorboardX"):
        EventFiles(tmp_path)
