"""The state of a training run after its last epoch, on disk, so that a killed run goes on from it.

One safetensors file per epoch: tensors as they are, everything else as JSON in its metadata.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from teachtext.atomic import replacing
from teachtext.models.retrieval import RetrievalModel
from teachtext.store.checksums import CHECKSUMS
from teachtext.training.losses import RetrievalLoss

Row = dict[str, Any]
LATEST = "latest.safetensors"
FINISHED = "finished"


@dataclass
class Run:
    """What changes while a model trains.

    Attributes:
        model: being trained.
        loss: with what it learns itself.
        optimizer: of the parameters of both.
        history: one row per finished epoch.
        best_epoch: whose weights are kept; None before the first.
    """

    model: RetrievalModel
    loss: RetrievalLoss
    optimizer: torch.optim.Optimizer
    history: list[Row]
    best_epoch: int | None = None

    @property
    def epoch(self) -> int:
        """The next one."""
        return len(self.history)


class EpochStates:
    """The states of one run: the latest, and the weights of the best epoch.

    Args:
        folder: of the run; others of the same model write over each other's states.
        identity: of everything that decides the outcome; a state of another identity is not
            taken up.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self._folder, self._identity = folder, identity
        folder.mkdir(parents=True, exist_ok=True)

    def save(self, run: Run) -> None:
        """Keep the state after an epoch; call it after ``save_best`` of that epoch."""
        tensors = {
            **_prefixed("model", run.model.state_dict()),
            **_prefixed("loss", run.loss.state_dict()),
            **_optimizer_tensors(run.optimizer),
        }
        facts = {
            "history": run.history,
            "best_epoch": run.best_epoch,
            "groups": _plain_groups(run.optimizer),
        }
        metadata = {"identity": self._identity, "run": json.dumps(facts)}
        with replacing(self._folder / LATEST) as temporary:
            save_file(tensors, temporary, metadata)
        for path in self._folder.glob("best-*.safetensors"):
            if path != self._best(run.best_epoch):
                path.unlink()

    def save_best(self, model: nn.Module, epoch: int) -> None:
        """Keep the weights of the best epoch so far."""
        with replacing(self._best(epoch)) as temporary:
            save_file(model.state_dict(), temporary, {"identity": self._identity})

    def load_best(self, epoch: int) -> dict[str, Tensor]:
        """The weights of the best epoch; mapped, so they take no memory until used."""
        weights: dict[str, Tensor] = load_file(self._best(epoch))
        return weights

    def take_up(self, run: Run) -> bool:
        """Go on from the latest state, if there is one of this identity.

        Returns:
            Whether there was.
        """
        path = self._folder / LATEST
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
        except (FileNotFoundError, SafetensorError):
            return False
        if metadata.get("identity") != self._identity:
            return False
        facts, tensors = json.loads(metadata["run"]), load_file(path)
        if not self._best(facts["best_epoch"]).exists():
            return False
        run.history[:], run.best_epoch = facts["history"], facts["best_epoch"]
        run.model.load_state_dict(_without_prefix("model", tensors))
        run.loss.load_state_dict(_without_prefix("loss", tensors))
        _load_optimizer(run.optimizer, facts["groups"], _without_prefix("optimizer", tensors))
        return True

    def finish(self) -> None:
        """Drop all states, once the model is written; what is left says that it was."""
        with replacing(self._folder / FINISHED) as temporary:
            temporary.write_text(self._identity)
        for path in self._folder.glob("*.safetensors"):
            path.unlink()

    @property
    def is_finished(self) -> bool:
        """Whether a run of this identity came to its end."""
        path = self._folder / FINISHED
        return path.exists() and path.read_text() == self._identity

    def _best(self, epoch: int | None) -> Path:
        return self._folder / f"best-{epoch}.safetensors"


def run_identity(facts: Mapping[str, Any], files: Iterable[Path]) -> str:
    """A digest of everything that decides the outcome of a run.

    Args:
        facts: settings and names, as plain values.
        files: that it reads; a folder counts by its checksums, a file by its size and age.
    """
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for path in files:
        if path.is_dir():
            digest.update((path / CHECKSUMS).read_bytes())
        else:
            status = path.stat()
            digest.update(f"{path.name} {status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _without_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {n.removeprefix(start): tensor for n, tensor in tensors.items() if n.startswith(start)}


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    return {
        f"optimizer.{index}.{name}": value
        for index, state in optimizer.state_dict()["state"].items()
        for name, value in state.items()
    }


def _plain_groups(optimizer: torch.optim.Optimizer) -> list[Row]:
    groups: list[Row] = optimizer.state_dict()["param_groups"]
    return groups


def _load_optimizer(
    optimizer: torch.optim.Optimizer, groups: list[Row], tensors: Mapping[str, Tensor]
) -> None:
    """The optimiser takes the mapped tensors as its own; what it writes stays in memory."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        index, _, key = name.partition(".")
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": groups})
