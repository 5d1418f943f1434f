"""The Pareto table of a pruning: evaluations in, a row a level out, with teachers and without."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from teachtext.errors import StoreError
from teachtext.evaluation.metrics import METRICS
from teachtext.evaluation.records import DIRECTIONS, Evaluation
from teachtext.evaluation.spread import Spread, spread
from teachtext.pruning.elimination import Point, on_front
from teachtext.store.records import SCORE

Experts = tuple[str, ...]


def metric_column(direction: str, metric: str) -> str:
    """Name of a test metric in the table, before ``_mean`` or ``_std``.

    >>> metric_column("t2v", "R@1")
    'test_t2v_R@1'
    """
    return f"test_{direction}_{metric}"


def pareto_table(
    evaluations: Sequence[Evaluation], seconds: Mapping[str, float | None]
) -> pa.Table:
    """Tabulate the models at the levels of a pruning.

    Args:
        evaluations: All seeds of the evaluated models; each level has one expert fewer than the one
            before.
        seconds: Extraction time per video in seconds, by expert; None where the features were made
            elsewhere.

    Returns:
        Columns level, distilled, experts, dropped, seconds_per_video, parameters, on_front, and
        mean and std over seeds of val_t2v_geometric_mean and of every test metric. The seconds
        are null if those of one expert are not known; std is null for one seed.

    Raises:
        StoreError: An evaluation has no val.
    """
    groups: dict[tuple[bool, Experts], list[Evaluation]] = {}
    for evaluation in evaluations:
        key = (bool(evaluation.teachers), tuple(sorted(evaluation.experts)))
        groups.setdefault(key, []).append(evaluation)
    ordered = sorted(groups.items(), key=lambda group: (not group[0][0], -len(group[0][1])))
    subsets = sorted({experts for _, experts in groups}, key=len, reverse=True)
    rows = [
        _row(subsets, experts, distilled=distilled, seeds=seeds, seconds=seconds)
        for (distilled, experts), seeds in ordered
    ]
    points = [
        Point(row[f"{SCORE}_mean"], row["seconds_per_video"], row["parameters"]) for row in rows
    ]
    rows = [{**row, "on_front": front} for row, front in zip(rows, on_front(points), strict=True)]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _row(
    subsets: Sequence[Experts],
    experts: Experts,
    *,
    distilled: bool,
    seeds: Sequence[Evaluation],
    seconds: Mapping[str, float | None],
) -> dict[str, Any]:
    level = subsets.index(experts)
    dropped = set(subsets[level - 1]) - set(experts) if level else set()
    known = [cost for cost in map(seconds.get, experts) if cost is not None]
    return {
        "level": level,
        "distilled": distilled,
        "experts": list(experts),
        "dropped": next(iter(dropped), None),
        "seconds_per_video": sum(known) if len(known) == len(experts) else None,
        "parameters": seeds[0].parameters,
        **_spread_of(SCORE, [_val_score(seed) for seed in seeds]),
        **_test_spreads(seeds),
    }


def _val_score(seed: Evaluation) -> float:
    if seed.val is None:
        raise StoreError(
            f"{seed.model}, seed {seed.seed}, was evaluated without val, and a pruning chooses by "
            "it. Add val captions and evaluate it again."
        )
    return seed.val["t2v"]["geometric_mean"]


def _test_spreads(seeds: Sequence[Evaluation]) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for direction in DIRECTIONS:
        for metric in METRICS:
            values = [seed.test[direction][metric] for seed in seeds]
            found |= _spread_of(metric_column(direction, metric), values)
    return found


def _spread_of(column: str, values: Sequence[float]) -> dict[str, float | None]:
    found: Spread = spread(values)
    return {f"{column}_mean": found.mean, f"{column}_std": found.std}


_SPREADS = [SCORE, *(metric_column(d, metric) for d in DIRECTIONS for metric in METRICS)]
_SCHEMA = pa.schema(
    [
        ("level", pa.int64()),
        ("distilled", pa.bool_()),
        ("experts", pa.list_(pa.string())),
        ("dropped", pa.string()),
        ("seconds_per_video", pa.float64()),
        ("parameters", pa.int64()),
        ("on_front", pa.bool_()),
        *((f"{name}_{part}", pa.float64()) for name in _SPREADS for part in ("mean", "std")),
    ]
)
PARETO_COLUMNS: list[str] = _SCHEMA.names
"""Of the table."""
