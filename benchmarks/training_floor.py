"""What a step of CE+ cannot do without: parameters, operations, and the rates of this machine."""

import time

import torch
from retrieval_data import AVERAGED, CLUSTERS, EXPERTS, ROWS

BATCH = 64


def pooled_widths():
    rows = {expert: dim * CLUSTERS[expert] for expert, (dim, _, _) in ROWS.items()}
    return AVERAGED | rows


def parameters(shape):
    """Of CE+, by the layers."""
    width, experts, pooled = shape.shared_dim, len(EXPERTS), shape.token_dim * shape.text_clusters
    text = (pooled + 1) * width * experts + (width + 3) * width * experts
    text += (pooled + 1) * experts + 2 * pooled + shape.token_dim
    video = sum(wide + 1 for wide in pooled_widths().values()) * width
    video += sum(2 * dim * CLUSTERS[expert] for expert, (dim, _, _) in ROWS.items())
    pairs = (4 * width + 3 + 4) * width
    return text + video + pairs + experts * (width + 5) * width


def step_flops(shape):
    """Of the matrix products: forward, and backward to weights and to inputs."""
    width, experts, pooled = shape.shared_dim, len(EXPERTS), shape.token_dim * shape.text_clusters
    text = 3 * pooled * width * experts + 3 * experts * width**2
    reduced = sum(
        (3 if name in ROWS else 2) * wide * width for name, wide in pooled_widths().items()
    )
    pairs = 3 * (2 * experts + experts**2 + experts) * width**2
    return 2 * BATCH * (text + reduced + pairs + 3 * experts * width**2)


def product_rates(pooled, width):
    """FLOP per second of the largest product, by whoever can compute it."""
    inputs, weights = torch.randn(BATCH, pooled), torch.randn(width, pooled)
    ways = {"torch.mm": lambda: torch.mm(inputs, weights.t())}
    if torch.backends.mkldnn.is_available():
        linear = torch.ops.mkldnn._linear_pointwise
        ways["oneDNN"] = lambda: linear(inputs, weights, None, "none", [], "")
    flops = 2 * BATCH * pooled * width
    label = f", {BATCH} x {pooled} x {width}"
    return {name + label: flops / fastest(way) for name, way in ways.items()}


def copy_bandwidth(size):
    """Bytes read and written per second."""
    source = torch.ones(size // 4)
    target = torch.ones_like(source)
    return 2 * size / fastest(lambda: target.copy_(source))


def fastest(way):
    """Seconds; the least of some runs, because a floor has no neighbours."""
    spent = []
    for _ in range(9):
        begin = time.perf_counter()
        way()
        spent.append(time.perf_counter() - begin)
    return min(spent)
