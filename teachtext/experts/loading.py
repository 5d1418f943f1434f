"""Loading the network that a request names, on the device that there is."""

import logging
import pkgutil
from typing import Any

from teachtext.config.catalog import network_spec
from teachtext.config.experts import ExpertRequest
from teachtext.experts.base import Expert
from teachtext.runtime.memory import keep_freed_memory
from teachtext.text.encoders.registry import load_text_encoder

log = logging.getLogger(__name__)


def load_expert(name: str, **arguments: object) -> Expert[Any]:
    """Build a network's adapter from the keys that it needs and takes; imports no other one."""
    loaded: Expert[Any] = pkgutil.resolve_name(network_spec(name).target)(**arguments)
    return loaded


def load_requested(request: ExpertRequest, *, threads: int) -> Expert[Any]:
    """The expert with its network, and its text encoder if it has one.

    Args:
        request: Request that names the expert.
        threads: Number of CPU threads of the network.
    """
    # slow to import; a job that takes everything over has no use for them
    import torch

    from teachtext.runtime.devices import pick_device

    keep_freed_memory()
    torch.set_num_threads(threads)
    settings = request.settings
    arguments: dict[str, object] = settings.model_dump(exclude={"network"}, exclude_none=True)
    if network_spec(settings.network).picks_device:
        arguments["device"] = str(pick_device())
        arguments.setdefault("precision", "float32")
    if request.text_encoder is not None:
        arguments["text_encoder"] = load_text_encoder(
            **request.text_encoder.model_dump(exclude_none=True)
        )
    expert = load_expert(settings.network, **arguments)
    log.info("%s: %s", request.name, expert.weights.name)
    return expert
