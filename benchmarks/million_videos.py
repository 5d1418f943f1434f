"""What a million videos cost before the first of them is opened: seconds and memory of each step.

    python benchmarks/million_videos.py [--videos 1000000] [--captions 5]

The tables name files that do not exist. Each step runs in a process of its own, as in a run: the
videos are read and dealt to as many shards as `teachtext plan` advises, the whole run
of the shipped config.yaml is planned by `snakemake --dry-run`, the tables are checked; then what
extraction would have left, made up here, is joined and counted: the manifests of all shards, and a
ledger of all videos and experts. Memory is the most that a process of the step had resident. The
bars: sharding and the dry run together 120 s, each 4 GB, fewer than 1,000 jobs.
"""

import argparse
import csv
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import yaml

from teachtext.config.checks import load_config
from teachtext.experts.ledger import LEDGER_SCHEMA
from teachtext.experts.planning import ExpertCost, ExtractionPlan
from teachtext.store.tables import write_table
from teachtext.tables.dataset import VideoSource, read_videos, shard_digests, shard_of
from teachtext.video.manifest import failed_record, manifest_table

ROOT = Path(__file__).resolve().parent.parent
CORES = 64
GB = 1e9
SHARDING = "read and shard the videos"
CHECKING, DRY_RUN = "the first dry run, which checks", "snakemake --dry-run"


def main() -> None:
    """Make the tables, run the steps, print them beside the bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=1_000_000)
    parser.add_argument("--captions", type=int, default=5, help="of each video")
    parser.add_argument("--shard", nargs=2, help="TABLE SHARDS; main's own use")
    args = parser.parse_args()
    if args.shard:
        shard_digests(read_videos(Path(args.shard[0])), int(args.shard[1]))
        return
    with tempfile.TemporaryDirectory(prefix="teachtext-benchmark-", dir="/var/tmp") as folder:
        measure(Path(folder), args.videos, args.captions)


def measure(folder, count, captions):
    shipped = load_config(yaml.safe_load((ROOT / "config.yaml").read_text()))
    experts = shipped.extracted_experts()
    cost = ExpertCost(load_seconds=0, seconds=0, bytes=0, failed=0)
    plan = ExtractionPlan(count, 0, {}, 0, 0, 0, 0, dict.fromkeys(experts, cost))
    shards = plan.shards(CORES)
    videos = [f"video{number:09}" for number in range(count)]
    sizes = write_tables(folder, videos, captions, shards)
    print(f"{count} videos, {count * captions} captions, {len(experts)} experts")
    print(f"{shards} shards of {min(sizes)} to {max(sizes)} videos\n")
    print(f"{'':32}{'seconds':>9}{'GB':>7}")
    steps = {step: run(folder, command) for step, command in planning(folder, shards).items()}
    write_results(folder, videos, experts, shards)
    steps |= {step: run(folder, command) for step, command in joining(shards).items()}
    jobs = int(re.findall(r"^total\s+(\d+)", steps[DRY_RUN][2], re.M)[0])
    seconds = sum(steps[step][0] for step in (SHARDING, DRY_RUN))
    memory = max(steps[step][1] for step in (SHARDING, DRY_RUN))
    for step, (wall, size, _) in steps.items():
        print(f"{step:32}{wall:9.1f}{size:7.2f}")
    print(f"\nshard and plan: {seconds:.1f} s (bar 120), {memory:.2f} GB (bar 4)")
    print(f"jobs: {jobs} (bar 1000)")


def write_tables(folder, videos, captions, shards):
    """The tables and the configuration; return the sizes of the shards."""
    sizes = [0] * shards
    with (
        (folder / "videos.csv").open("w", newline="") as videos_stream,
        (folder / "captions.csv").open("w", newline="") as captions_stream,
    ):
        videos_table, captions_table = csv.writer(videos_stream), csv.writer(captions_stream)
        videos_table.writerow(["video_id", "path"])
        captions_table.writerow(["video_id", "caption", "split"])
        for number, video in enumerate(videos):
            sizes[shard_of(video, shards)] += 1
            videos_table.writerow([video, f"videos/{number // 1000}/{video}.mp4"])
            split = {0: "test", 1: "val"}.get(number % 100, "train")
            captions_table.writerows(
                [video, f"somebody does thing {number} in one of {n + 1} ways", split]
                for n in range(captions)
            )
    tables = {"name": "million", "videos": "videos.csv", "captions": "captions.csv"}
    (folder / "own.yaml").write_text(yaml.safe_dump({"dataset": {**tables, "shards": shards}}))
    return sizes


def write_results(folder, videos, experts, shards):
    """What probing and extraction would have left of healthy videos."""
    facts = {"duration_seconds": 30.0, "fps": 25.0, "width": 320, "height": 240, "status": "ok"}
    digest = {"content_sha256": "0" * 64, "decoder": "decord", "decoder_reason": "plain"}
    of_shard = [[] for _ in range(shards)]
    for video in videos:
        of_shard[shard_of(video, shards)].append(video)
    for shard, own in enumerate(of_shard):
        records = [
            replace(failed_record(VideoSource(video, Path("x")), shard, ""), **facts, **digest)
            for video in own
        ]
        write_table(folder / f"manifest/{shard}.parquet", manifest_table(records))
    constants = {"status": "ok", "reason": "", "rows": 30, "seconds": 0.1, "key": "0" * 64}
    ledgers = []
    for expert in experts:
        rows = {name: [value] * len(videos) for name, value in constants.items()}
        columns = {"video_id": videos, "expert": [expert] * len(videos), **rows}
        ledgers.append(pa.table(columns, schema=LEDGER_SCHEMA))
    write_table(folder / "ledger.parquet", pa.concat_tables(ledgers))


def planning(folder, shards):
    """Step -> its command, before anything is extracted."""
    dry_run = ["snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    dry_run += ["--dry-run", "--quiet", "rules"]
    configs = ["--configfile", str(ROOT / "config.yaml"), "own.yaml"]
    return {
        SHARDING: [__file__, "--shard", "videos.csv", str(shards)],
        CHECKING: ["-m", *dry_run, *configs],
        DRY_RUN: ["-m", *dry_run, *configs],
    }


def joining(shards):
    """Step -> its command, after extraction."""
    manifests = ["--manifests", "manifest", "--shards", str(shards), "--output", "all.parquet"]
    ledger = ["--ledger", "ledger.parquet", "--output", "failures.csv"]
    limit = ["--max-failed-fraction", "0.05"]
    return {
        "index-videos": ["-m", "teachtext", "index-videos", *manifests, *limit],
        "check-failures": ["-m", "teachtext", "check-failures", *ledger, *limit],
    }


def run(folder, arguments):
    """Seconds, GB and output of a step in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    begin = time.perf_counter()
    with (folder / "output").open("w+") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env=environment, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        output.seek(0)
        told = output.read()
    if status:
        raise RuntimeError(told[-2000:])
    return seconds, usage.ru_maxrss * 1024 / GB, told


if __name__ == "__main__":
    main()
