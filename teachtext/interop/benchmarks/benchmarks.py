"""All benchmarks, by the names that people type. A table; no code."""

from teachtext.interop.benchmarks.activitynet import ACTIVITYNET
from teachtext.interop.benchmarks.didemo import DIDEMO
from teachtext.interop.benchmarks.lsmdc import LSMDC
from teachtext.interop.benchmarks.msrvtt import FULL, SPLIT_1KA, SPLIT_1KA_7K, SPLIT_1KB
from teachtext.interop.benchmarks.msvd import MSVD
from teachtext.interop.benchmarks.queryd import QUERYD, QUERYDSEGMENTS
from teachtext.interop.benchmarks.records import Benchmark
from teachtext.interop.benchmarks.vatex import VATEX
from teachtext.interop.benchmarks.youcook2 import YOUCOOK2

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
