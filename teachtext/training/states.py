"""The latest state of a run on disk: networks, optimiser and plain facts, so that it can go on.

One safetensors file: tensors as they are, everything else as JSON in its metadata.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from teachtext.files.atomic import replacing
from teachtext.store.seals import KEY, UNSEALED, check_seal, seal
from teachtext.training.optimizers import AdamW

log = logging.getLogger(__name__)

HistoryEntry = dict[str, Any]
LATEST = "latest.safetensors"
FINISHED = "finished"
FORMAT = 2
"""Of a state's names; one of another format is not taken up."""


class LatestState:
    """The latest state of one run; each one written takes the place of the one before.

    Args:
        folder: Folder of the run; other runs of the same name overwrite each other's states.
        identity: Digest of everything that determines the outcome; a state of another identity is
            not resumed.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self._folder, self.identity = folder, identity
        folder.mkdir(parents=True, exist_ok=True)

    def save(
        self,
        modules: Mapping[str, nn.Module],
        optimizer: AdamW,
        facts: Mapping[str, Any],
    ) -> None:
        """Keep a state.

        Args:
            modules: Name -> network that changes; weights that two layers share are kept once.
            optimizer: Optimiser of their parameters.
            facts: Plain values to keep beside the tensors.
        """
        tensors = {f"optimizer.{name}": value for name, value in optimizer.tensors().items()}
        for name, module in modules.items():
            tensors |= {f"{name}.{key}": tensor for key, tensor in _own_tensors(module).items()}
        run = {**facts, "steps": optimizer.steps}
        save_sealed(
            self._folder / LATEST, tensors, {"identity": self.identity, "run": json.dumps(run)}
        )

    def facts(self) -> dict[str, Any] | None:
        """What was kept beside the tensors; None without a whole state of this identity."""
        path = self._folder / LATEST
        if not is_whole(path):
            return None
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        if metadata.get("identity") != self.identity:
            return None
        facts: dict[str, Any] = json.loads(metadata["run"])
        return facts

    def load(
        self,
        modules: Mapping[str, nn.Module],
        optimizer: AdamW,
        facts: Mapping[str, Any],
    ) -> None:
        """Put the kept tensors into networks and optimiser.

        Args:
            modules: Networks, as given to ``save``.
            optimizer: Optimiser, as given to ``save``.
            facts: Facts of this state, as ``facts`` returns them.
        """
        tensors = load_file(self._folder / LATEST)
        for name, module in modules.items():
            for key, tensor in _own_tensors(module).items():
                tensor.copy_(tensors[f"{name}.{key}"])
        # it takes the mapped tensors as its own; what it writes stays in memory
        prefix = "optimizer."
        optimizer.load(
            facts["steps"],
            {
                name.removeprefix(prefix): tensor
                for name, tensor in tensors.items()
                if name.startswith(prefix)
            },
        )

    def finish(self) -> None:
        """Drop all states, once the outcome is written; what is left says that it was."""
        with replacing(self._folder / FINISHED) as temporary:
            temporary.write_text(self.identity)
        for path in self._folder.glob("*.safetensors"):
            path.unlink()

    @property
    def is_finished(self) -> bool:
        """Whether a run of this identity came to its end."""
        path = self._folder / FINISHED
        return path.exists() and path.read_bytes() == self.identity.encode()


def save_sealed(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors with a digest of the file in it."""
    with replacing(path) as temporary:
        save_file(dict(tensors), temporary, {**metadata, KEY: UNSEALED})
        seal(temporary)


def is_whole(path: Path) -> bool:
    """Whether every byte of tensors is what was written; the log says if one is not."""
    try:
        with path.open("rb") as stream:
            check_seal(stream)
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        log.warning("%s is not used, all is trained again: %s", path, error)
        return False
    return True


def run_identity(facts: Mapping[str, Any]) -> str:
    """A digest of everything that decides the outcome of a run.

    Args:
        facts: Settings, names and hashes of what it reads, as plain values.
    """
    all_facts = {**facts, "format": FORMAT}
    return hashlib.sha256(json.dumps(all_facts, sort_keys=True).encode()).hexdigest()


def _own_tensors(module: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers by name; of names for the same memory the first."""
    names: dict[tuple[int, torch.Size], str] = {}
    tensors: dict[str, Tensor] = module.state_dict()
    for name, tensor in tensors.items():
        names.setdefault((tensor.data_ptr(), tensor.shape), name)
    return {name: tensors[name] for name in names.values()}
