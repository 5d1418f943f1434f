"""TensorBoard's event files of a training run."""

from pathlib import Path
from typing import Any, Self

from teachtext.errors import PackageError


class EventFiles:
    """Shows each epoch of a run to TensorBoard.

    Args:
        folder: Folder of the run, for ``tensorboard --logdir``.

    Raises:
        PackageError: TensorboardX is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from tensorboardX import SummaryWriter  # optional, and slow to import
        except ModuleNotFoundError:
            raise PackageError(
                "training.tensorboard needs the package tensorboardX. "
                "Run `pip install tensorboardX`, or set training.tensorboard: false."
            ) from None
        self._open, self._folder = SummaryWriter, folder
        self._writer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def add(self, entry: dict[str, Any]) -> None:
        """Add the numbers of an epoch; ``val_t2v_R@1`` becomes ``val_t2v/R_1``."""
        if self._writer is None:
            # entries that a killed run wrote after its last state are replaced
            self._writer = self._open(str(self._folder), purge_step=entry["epoch"])
        for name, value in entry.items():
            if name != "epoch" and value is not None:
                self._writer.add_scalar(_tag(name), value, entry["epoch"])
        self._writer.flush()


def _tag(name: str) -> str:
    name = name.replace("@", "_")  # which event files do not take
    for group in ("val_t2v", "val_v2t"):
        if name.startswith(f"{group}_"):
            return f"{group}/{name.removeprefix(f'{group}_')}"
    return f"train/{name}"
