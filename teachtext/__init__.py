"""Text-to-video retrieval by generalised distillation, from video files to a report."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from teachtext.interop.benchmarks.loading import load_dataset
    from teachtext.interop.hub.hub import HubModel
    from teachtext.search.loading import load
    from teachtext.store.library import load_features

__version__ = "0.1.0"
__all__ = ["HubModel", "load", "load_dataset", "load_features"]

_MODULES = {
    "HubModel": "teachtext.interop.hub.hub",
    "load": "teachtext.search.loading",
    "load_dataset": "teachtext.interop.benchmarks.loading",
    "load_features": "teachtext.store.library",
}
"""Public name -> its module, imported when it is asked for: the command line starts faster."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
