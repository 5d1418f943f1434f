"""All benchmarks, by the names that people type. A table; no code."""

from teachtext.datasets.activitynet import ACTIVITYNET
from teachtext.datasets.didemo import DIDEMO
from teachtext.datasets.lsmdc import LSMDC
from teachtext.datasets.msrvtt import FULL, SPLIT_1KA, SPLIT_1KA_7K, SPLIT_1KB
from teachtext.datasets.msvd import MSVD
from teachtext.datasets.queryd import QUERYD, QUERYDSEGMENTS
from teachtext.datasets.records import Benchmark
from teachtext.datasets.vatex import VATEX
from teachtext.datasets.youcook2 import YOUCOOK2

BENCHMARKS: dict[str, Benchmark] = {
    "msrvtt-full": FULL,
    "msrvtt-1ka": SPLIT_1KA,
    "msrvtt-1ka-7k": SPLIT_1KA_7K,
    "msrvtt-1kb": SPLIT_1KB,
    "msvd": MSVD,
    "didemo": DIDEMO,
    "lsmdc": LSMDC,
    "activitynet": ACTIVITYNET,
    "vatex": VATEX,
    "queryd": QUERYD,
    "querydsegments": QUERYDSEGMENTS,
    "youcook2": YOUCOOK2,
}
