"""The states of a training run, so that a killed one goes on after its last whole epoch."""

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from teachtext.errors import StoreError
from teachtext.models.retrieval import RetrievalModel
from teachtext.training.losses import RetrievalLoss
from teachtext.training.states import LatestState, Row, is_whole, save_sealed


@dataclass
class Run:
    """What changes while a model trains.

    Attributes:
        model: being trained.
        loss: with what it learns itself.
        optimizer: of the parameters of both.
        history: one row per finished epoch.
        best_epoch: whose weights are kept apart; None before the first, and where the last epoch
            is kept.
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

    @property
    def modules(self) -> dict[str, nn.Module]:
        """What the optimiser changes, by name."""
        return {"model": self.model, "loss": self.loss}


class EpochStates:
    """The states of one run: the latest, and the weights of the best epoch.

    Args:
        folder: of the run; others of the same model write over each other's states.
        identity: of everything that decides the outcome; a state of another identity is not
            taken up.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self._folder, self._latest = folder, LatestState(folder, identity)

    def save(self, run: Run) -> None:
        """Keep the state after an epoch; if it is the best, call it after ``save_best``."""
        facts = {"history": run.history, "best_epoch": run.best_epoch}
        self._latest.save(run.modules, run.optimizer, facts)
        for path in self._folder.glob("best-*.safetensors"):
            if path != self._best(run.best_epoch):
                path.unlink()

    def save_best(self, model: nn.Module, epoch: int) -> None:
        """Keep the weights of the best epoch so far."""
        metadata = {"identity": self._latest.identity}
        save_sealed(self._best(epoch), model.state_dict(), metadata)

    def load_best(self, epoch: int) -> dict[str, Tensor]:
        """The weights of the best epoch; mapped, so they take no memory until used.

        Raises:
            StoreError: They were damaged since they were written.
        """
        path = self._best(epoch)
        if not is_whole(path):
            raise StoreError(f"{path} is damaged. Delete it and run snakemake again.")
        weights: dict[str, Tensor] = load_file(path)
        return weights

    def take_up(self, run: Run) -> bool:
        """Go on from the latest state, if there is one of this identity.

        Returns:
            Whether there was.
        """
        facts = self._latest.facts()
        if facts is None:
            return False
        best = facts["best_epoch"]
        if best is not None and not is_whole(self._best(best)):
            return False
        run.history[:], run.best_epoch = facts["history"], best
        self._latest.load(run.modules, run.optimizer, facts)
        return True

    def finish(self) -> None:
        """Drop all states, once the model is written; what is left says that it was."""
        self._latest.finish()

    @property
    def is_finished(self) -> bool:
        """Whether a run of this identity came to its end."""
        return self._latest.is_finished

    def _best(self, epoch: int | None) -> Path:
        return self._folder / f"best-{epoch}.safetensors"
