"""A checkpoint as the authors' trainer writes it, around given weights."""

import argparse
import collections
import logging
import pathlib

import torch


class ConfigParser:
    """Stands for the authors' own class, which no other program has."""

    def __init__(self):
        self._args = argparse.Namespace(config="configs/msrvtt.json", resume=None)
        self._config = collections.OrderedDict(arch={"type": "CENet"}, seed=[0])
        self._save_dir = pathlib.Path("data/saved/models")
        self.log_levels = {2: logging.DEBUG}


def write_checkpoint(path, weights, *, zipped, config=None):
    """Write ``trained_model.pth``.

    Args:
        path: to write.
        weights: key of the authors -> tensor.
        zipped: as torch writes since 1.6, or as it did before.
        config: in the place of the authors' object.
    """
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(3))])
    optimizer.param_groups[0]["params"][0].grad = torch.ones(3)
    optimizer.step()
    content = {
        "arch": "CENet",
        "epoch": 12,
        "state_dict": collections.OrderedDict(weights),
        "monitor_best": 24.4,
        "config": config or ConfigParser(),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    return path
