"""What an archive costs that has many videos and gets some more: seconds and memory of each step.

    python benchmarks/million_videos.py [--videos 200000] [--new 1000] [--captioned 20000]

The tables name files that do not exist. Each step runs in a process of its own, as in a run: the
whole run of the shipped config.yaml is planned by `snakemake --dry-run`, which checks the tables
and deals the videos to as many shards as `teachtext plan` advises; then the table grows, and it is
planned again; what extraction would have left is joined and counted. Memory is the most that a
process of the step had resident. The bars are for 200,000 videos and 1,000 new ones: planning 30 s
and 1 GB, fewer than 1,000 jobs.
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
from teachtext.store.tables import write_table
from teachtext.tables.dataset import VideoSource
from teachtext.tables.shards import deal_tables, shard_names
from teachtext.video.manifest import failed_record, manifest_table

ROOT = Path(__file__).resolve().parent.parent
JOBS = 900
"""Of all shards together."""
GB = 1e9
FIRST, AGAIN = "the first dry run, which checks", "snakemake --dry-run"
GROWN, PROBED = "dry run after the table grew", "deal a shard's rows to its job"


def main() -> None:
    """Make the tables, run the steps, print them beside the bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=200_000)
    parser.add_argument("--new", type=int, default=1000, help="videos that come then")
    parser.add_argument("--captioned", type=int, default=20_000, help="videos with five captions")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="teachtext-benchmark-", dir="/var/tmp") as folder:
        measure(Path(folder), args.videos, args.new, args.captioned)


def measure(folder, count, new, captioned):
    config = load_config(yaml.safe_load((ROOT / "config.yaml").read_text()))
    experts = config.extracted_experts()
    shards = shares(count, captioned, JOBS // (2 + len(experts)))
    print(f"{count} videos, {5 * captioned} captions, {len(experts)} experts, shards: {shards}\n")
    print(f"{'':32}{'seconds':>9}{'GB':>7}")
    write_tables(folder, count, captioned, shards)
    steps = {FIRST: run(folder, dry_run(folder)), AGAIN: run(folder, dry_run(folder))}
    append_videos(folder, count, new)
    steps[GROWN] = run(folder, dry_run(folder))
    steps[PROBED] = run(folder, ["-c", PROBING.format(shards=shards)])
    write_results(folder, experts, shards)
    steps |= {step: run(folder, command) for step, command in joining(shards).items()}
    for step, (wall, size, _) in steps.items():
        print(f"{step:32}{wall:9.1f}{size:7.2f}")
    jobs = int(re.findall(r"^total\s+(\d+)", steps[GROWN][2], re.M)[0])
    wall, size, _ = steps[GROWN]
    print(f"\nplanned after {new} videos came: {wall:.1f} s (bar 30), {size:.2f} GB (bar 1)")
    print(f"jobs: {jobs} (bar 1000)")


def shares(count, captioned, most):
    """Shards in proportion to the videos of each portion, of which a hundredth are test videos."""
    test = max(1, round(most * captioned / 100 / count))
    trainval = max(1, round(most * captioned / count) - test)
    return {"trainval": trainval, "test": test, "none": most - trainval - test}


def name_of(number):
    return f"video{number:09}"


def write_tables(folder, count, captioned, shards):
    """The tables and the configuration."""
    with (folder / "videos.csv").open("w", newline="") as stream:
        csv.writer(stream).writerow(["video_id", "path"])
    append_videos(folder, 0, count)
    with (folder / "captions.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["video_id", "caption", "split"])
        for number in range(captioned):
            split = {0: "test", 1: "val"}.get(number % 100, "train")
            table.writerows(
                [name_of(number), f"somebody does thing {number} in one of {n + 1} ways", split]
                for n in range(5)
            )
    tables = {"name": "many", "videos": "videos.csv", "captions": "captions.csv"}
    (folder / "own.yaml").write_text(yaml.safe_dump({"dataset": {**tables, "shards": shards}}))


def append_videos(folder, first, count):
    with (folder / "videos.csv").open("a", newline="") as stream:
        names = map(name_of, range(first, first + count))
        csv.writer(stream).writerows([name, f"videos/{name[-3:]}/{name}.mp4"] for name in names)


PROBING = """
from pathlib import Path
from teachtext.tables.shards import DEALT, deal_tables
dealt = deal_tables(Path("videos.csv"), Path("captions.csv"), {shards}, Path(DEALT))
print(len(dealt.sources("none-0")))
"""


def write_results(folder, experts, shards):
    """What probing and extraction would have left of healthy videos."""
    facts = {"duration_seconds": 30.0, "fps": 25.0, "width": 320, "height": 240, "status": "ok"}
    digest = {"content_sha256": "0" * 64, "decoder": "decord", "decoder_reason": "plain"}
    tables = [folder / "videos.csv", folder / "captions.csv"]
    dealt = deal_tables(*tables, shards, folder / "dealt")
    videos = []
    for shard in shard_names(shards):
        own = [source.video_id for source in dealt.sources(shard)]
        records = [
            replace(failed_record(VideoSource(video, Path("x")), ""), **facts, **digest)
            for video in own
        ]
        write_table(folder / f"manifest/{shard}.parquet", manifest_table(records))
        videos += own
    constants = {"status": "ok", "reason": "", "rows": 30, "seconds": 0.1, "key": "0" * 64}
    ledgers = []
    for expert in experts:
        rows = {name: [value] * len(videos) for name, value in constants.items()}
        columns = {"video_id": videos, "expert": [expert] * len(videos), **rows}
        ledgers.append(pa.table(columns, schema=LEDGER_SCHEMA))
    write_table(folder / "ledger.parquet", pa.concat_tables(ledgers))


def workflow(folder, *options):
    """A command of snakemake."""
    files = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    configs = ["--configfile", str(ROOT / "config.yaml"), "own.yaml"]
    return ["-m", "snakemake", *files, *configs, *options]


def dry_run(folder):
    """Of everything."""
    return workflow(folder, "--dry-run", "--quiet", "rules")


def joining(shards):
    """Step -> its command, after extraction."""
    counts = [f"{portion}={number}" for portion, number in shards.items()]
    manifests = ["--manifests", "manifest", "--shards", *counts, "--output", "all.parquet"]
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
