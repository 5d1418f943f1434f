from pathlib import Path

import pytest
import torch
import yaml
from hypothesis import settings

# a slow machine is no failure, and a red run shall be red again
settings.register_profile("teachtext", deadline=None, derandomize=True)
settings.load_profile("teachtext")

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser):
    parser.addoption("--device", default="cuda", help="of the tests that need a GPU; else skipped")


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def shipped_config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())
