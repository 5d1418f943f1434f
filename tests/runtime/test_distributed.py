import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from teachtext.errors import ConfigError
from teachtext.runtime.distributed import Processes, joined

WORKER = """
import json, sys, torch
from teachtext.runtime.distributed import average_gradients, gather_rows, joined, sum_over_processes

with joined(gpus=0, section="training") as processes:
    # the first process holds two rows, the second one
    rows = torch.arange(3.0)[:, None].mul(torch.ones(2))[processes.share(torch.arange(3).numpy())]
    layer = torch.nn.Linear(2, 1, bias=False)
    torch.nn.init.ones_(layer.weight)
    everyone = gather_rows(layer(rows))
    total = sum_over_processes(layer(rows).sum())
    (everyone.square().sum() + total).backward()
    average_gradients([layer])
    if processes.rank == 1:
        found = {"gathered": everyone.tolist(), "total": total.item()}
        print(json.dumps(found | {"gradient": layer.weight.grad.tolist()}))
"""


@pytest.mark.slow
def test_rows_and_gradients_of_two_processes_are_those_of_one(tmp_path):
    (tmp_path / "worker.py").write_text(WORKER)
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
         str(tmp_path / "worker.py")],
        env={**os.environ, "PYTHONPATH": os.getcwd(), "OMP_NUM_THREADS": "1"},  # noqa: PTH109
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = torch.arange(3.0)[:, None].mul(torch.ones(2))
    weights = torch.ones(1, 2, requires_grad=True)
    whole = rows @ weights.T
    (whole.square().sum() + whole.sum()).backward()
    assert json.loads(done.stdout) == {
        "gathered": whole.tolist(), "total": whole.sum().item(), "gradient": weights.grad.tolist()
    }  # fmt: skip


def test_shares_of_a_batch_are_a_partition():
    batch = np.arange(7)
    shares = [Processes(rank, 3, torch.device("cpu")).share(batch) for rank in range(3)]
    assert [len(share) for share in shares] == [3, 2, 2]
    assert np.concatenate(shares).tolist() == list(range(7))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_an_error_of_the_configuration():
    with (
        pytest.raises(ConfigError, match=r"training\.gpus is 1"),
        joined(gpus=1, section="training"),
    ):
        pass
