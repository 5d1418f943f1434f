"""The conda environments and what they pin."""

import re

import yaml

from tests.support.running import ROOT

ENVIRONMENTS = {path.name: yaml.safe_load(path.read_text()) for path in ROOT.glob("envs/*.yaml")}
PIN = re.compile(r"([a-z0-9-]+) =(\d+\.\d+)")
PIP_PIN = re.compile(r"([a-z0-9-]+)==([\w.]+)(?:; .*)?")  # the marker of a platform


def conda_pins(environment):
    words = [word for word in environment["dependencies"] if isinstance(word, str)]
    return dict(PIN.fullmatch(word).groups() for word in words)


def pip_pins(environment):
    sections = [word for word in environment["dependencies"] if isinstance(word, dict)]
    return dict(PIP_PIN.fullmatch(line).groups() for part in sections for line in part["pip"])


ONLY_PIP = {name for environment in ENVIRONMENTS.values() for name in pip_pins(environment)}
