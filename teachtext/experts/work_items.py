"""What a work directory keeps of one video and one expert: features, or why there are none."""

import json
from dataclasses import asdict

import numpy as np

from teachtext.store.records import Features, Recognised
from teachtext.store.workdir import Arrays


def pack(features: Features, seconds: float) -> Arrays:
    """Features as arrays.

    Args:
        features: Features of the video.
        seconds: Time that the network took in seconds.
    """
    recognised = json.dumps([asdict(piece) for piece in features.recognised])
    return {
        "features": features.features_TD,
        "start_seconds": features.start_seconds_T,
        "end_seconds": features.end_seconds_T,
        "recognised": np.frombuffer(recognised.encode(), np.uint8),
        "seconds": np.array(seconds),
    }


def unpack(arrays: Arrays) -> Features:
    """The features again."""
    pieces = json.loads(arrays["recognised"].tobytes().decode())
    return Features(
        arrays["features"],
        arrays["start_seconds"],
        arrays["end_seconds"],
        tuple(Recognised(**piece) for piece in pieces),
    )


def pack_failure(error: Exception, seconds: float) -> Arrays:
    """What stopped the network, in one line."""
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return {"failure": np.frombuffer(reason.encode(), np.uint8), "seconds": np.array(seconds)}


def failure(arrays: Arrays) -> str:
    """What stopped the network; empty if nothing did."""
    return arrays["failure"].tobytes().decode() if "failure" in arrays else ""
