"""Small trainings by one process."""

import numpy as np
import torch

from teachtext.config.training import TrainingSettings
from teachtext.runtime.distributed import Processes

ALONE = Processes(0, 1, torch.device("cpu"))


def training(**changes):
    """Settings; ``changes`` are other keys of `training`."""
    values = {
        "epochs": 4, "batch_size": 2, "optimizer": "radam", "learning_rate": 1.0,
        "schedule": "exponential", "learning_rate_decay": 0.5, "warmup_steps": 0,
        "weight_decay": 0, "ranking_loss": "max-margin", "margin": 0.1, "temperature": 0.05,
        "distillation_loss": "huber", "distillation_weight": 1, "distillation_beta": 1,
        "distillation_temperature": 0.05, "teacher_aggregation": "mean",
        "val_captions": "all", "keep_epoch": "best", "threads": 1, "gpus": 0,
        "precision": "float32", "compile": False, "tensorboard": False,
    }  # fmt: skip
    return TrainingSettings(**(values | changes))


TRAINING = training(
    epochs=30, batch_size=8, learning_rate=0.01, learning_rate_decay=0.95, margin=0.2
)


class Agreed:
    """A teacher that finds all captions and videos equally similar."""

    def __init__(self, similarity=0.5):
        self.similarity = similarity

    def gather(self, rows, columns):
        return np.full((len(rows), len(columns)), self.similarity, np.float32)

    def release(self):
        """Nothing is held."""
