"""The states of a training run, so that a killed one goes on after the last epoch that was kept."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn

from teachtext.errors import StoreError
from teachtext.models.base import RetrievalModel
from teachtext.training.losses import RetrievalLoss
from teachtext.training.optimizers import AdamW
from teachtext.training.states import HistoryEntry, LatestState, is_whole, save_sealed


@dataclass
class TrainingRun:
    """What changes while a model trains.

    Attributes:
        model: Model being trained.
        loss: Loss, with its own learned parameters.
        optimizer: Optimiser of the parameters of model and loss.
        history: One entry per finished epoch.
        best_epoch: Epoch whose weights are kept separately; None before the first one, and if the
            last epoch is kept.
    """

    model: RetrievalModel
    loss: RetrievalLoss
    optimizer: AdamW
    history: list[HistoryEntry]
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

    A state is three times as large as the model. Where epochs are short, writing one after each of
    them takes longer than to train; so it is left out until the time since the last one makes up
    for it, and what is trained again after a kill is that much.

    Args:
        folder: Folder of the run; others of the same model write over each other's states.
        identity: Digest of everything that decides the outcome; a state of another identity is
            not taken up.
        share: Part of the time that may be spent on keeping states; 1 keeps every epoch's.
    """

    def __init__(self, folder: Path, identity: str, *, share: float = 0.1) -> None:
        self._folder, self._latest = folder, LatestState(folder, identity)
        self._share, self._kept_at, self._cost = share, time.monotonic(), 0.0
        self._written: int | None = None
        self._unwritten: dict[str, Tensor] = {}

    def keep(self, run: TrainingRun, *, last: bool) -> None:
        """Keep the state after an epoch, if it is time to.

        Args:
            run: Run whose epoch has just ended.
            last: Whether it was the last epoch, whose state is kept in any case.
        """
        begin = time.monotonic()
        if last or (begin - self._kept_at) * self._share >= self._cost * (1 - self._share):
            self._save(run)
            self._kept_at = time.monotonic()
            self._cost = self._kept_at - begin
        elif run.best_epoch == run.epoch - 1:
            weights = run.model.state_dict().items()
            self._unwritten = {name: tensor.to("cpu", copy=True) for name, tensor in weights}

    def _save(self, run: TrainingRun) -> None:
        best = run.best_epoch
        if best is not None and best != self._written:
            self.save_best(
                self._unwritten if best < run.epoch - 1 else run.model.state_dict(), best
            )
        facts = {"history": run.history, "best_epoch": best}
        self._latest.save(run.modules, run.optimizer, facts)
        self._unwritten = {}
        for path in self._folder.glob("best-*.safetensors"):
            if path != self._best(best):
                path.unlink()

    def save_best(self, weights: Mapping[str, Tensor], epoch: int) -> None:
        """Write the weights of the best epoch so far."""
        save_sealed(self._best(epoch), weights, {"identity": self._latest.identity})
        self._written = epoch

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

    def take_up(self, run: TrainingRun) -> bool:
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
        self._written = best
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
