"""Experts by the name of their network. Imports a network only when it is asked for."""

import importlib
from typing import TYPE_CHECKING, Any

from teachtext.config.catalog import network

if TYPE_CHECKING:
    from teachtext.experts.base import Expert


def load_expert(name: str, **arguments: object) -> "Expert[Any]":
    """Build a network's adapter from the keys that it needs and takes."""
    module, class_name = network(name).target.split(":")
    loaded: Expert[Any] = getattr(importlib.import_module(module), class_name)(**arguments)
    return loaded
