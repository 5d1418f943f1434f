"""Everything that should be known on a GPU, in one table: see docs/gpu.md.

    benchmarks/gpu_check.sh [--wheels FOLDER] [--output FOLDER] [options]

Each part is a process of its own with a limit of time. One that fails or takes too long has a row
that says so, and the others go on. The table is written again after every part.
"""

import argparse
import contextlib
import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import gpu_rows
from gpu_rows import Row

MINUTES = 7.5
LEAST_SECONDS = 20
"""Kept for each part that is still to come, whatever those before it take."""


@dataclass(frozen=True)
class Part:
    """A function ``check_<name>`` of ``gpu_parts.py``.

    Attributes:
        seconds: that it may take.
        what: it says.
    """

    seconds: int
    what: str


PARTS = {
    "machine": Part(90, "device, versions, and how fast it multiplies matrices"),
    "tests": Part(110, "the tests that need a GPU"),
    "extraction": Part(90, "rows of networks of random weights, GPU against CPU"),
    "training": Part(75, "losses step by step, GPU against CPU"),
    "evaluation": Part(150, "59,800 captions x 2,990 videos: seconds, ranks as on the CPU"),
    "images": Part(60, "images/s of ViT-B/16 against the network alone"),
    "videos": Part(60, "frames/s of VideoMAE-base against the network alone"),
    "steps": Part(90, "train steps/s of CE+ against the authors' design"),
    "compile": Part(180, "torch.compile: gradients, and steps/s"),
}
"""In this order: what is compared first, what may take longest last."""


def main() -> int:
    args = parse()
    if args.list:
        for name, part in PARTS.items():
            print(f"{name:12}at most {part.seconds:3} s  {part.what}")
        return 0
    if args.run:
        return run_here(args)
    # so that a part that runs is killed, too
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="teachtext-gpu-") as folder:
        args.output = args.output or Path(folder)
        args.output.mkdir(parents=True, exist_ok=True)
        return run_all(args)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/gpu_check.sh", description=__doc__)
    parser.add_argument("--wheels", metavar="FOLDER", help="of --collect: packages that lack here")
    parser.add_argument("--output", metavar="FOLDER", type=Path, help="for table.md and log.txt")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument(
        "--minutes",
        type=float,
        default=MINUTES,
        help="for all parts together; with more than %(default)s each part has more, too",
    )
    parser.add_argument("--device", default="cuda", help="cpu: a rehearsal")
    parser.add_argument(
        "--small", action="store_true", help="small sizes: only to see that it runs"
    )
    parser.add_argument("--list", action="store_true", help="print the parts and end")
    parser.add_argument(
        "--collect", metavar="FOLDER", help="where a network is: download the wheels"
    )
    parser.add_argument("--spent", type=float, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--run", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def run_all(args: argparse.Namespace) -> int:
    begin = time.monotonic() - args.spent
    rows: dict[str, list[Row]] = {}
    log = args.output / "log.txt"
    log.write_text("")
    for number, name in enumerate(args.parts, start=1):
        spent, to_come = time.monotonic() - begin, len(args.parts) - number
        most = PARTS[name].seconds * max(1, args.minutes / MINUTES)
        seconds = min(most, 60 * args.minutes - spent - LEAST_SECONDS * to_come)
        print(f"[{spent:4.0f} s] {name}: {PARTS[name].what}", flush=True)
        rows[name] = run_part(args, name, seconds, log)
        (args.output / "table.md").write_text(gpu_rows.table(rows))
        for row in rows[name]:
            print(f"           {row.outcome:12}{row.what}: {row.found}", flush=True)
    print(f"\n{gpu_rows.table(rows)}\n{time.monotonic() - begin:.0f} s; {log} has the rest")
    return int(any(row.outcome not in ("", "ok") for found in rows.values() for row in found))


def run_part(args, name: str, seconds: float, log: Path) -> list[Row]:
    """Rows of a part, which is killed with all that it started when its time is over."""
    if seconds <= 0:
        return [Row("the whole part", "not begun: no time was left", "", "OUT OF TIME")]
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="teachtext-gpu-") as folder, log.open("a") as stream:
        stream.write(f"\n===== {name}\n")
        stream.flush()
        kept = Path(folder) / "rows.jsonl"
        kept.touch()
        code = run_process(command_of(args, name, kept), seconds, stream)
        rows = gpu_rows.read(kept)
    spent = f"{time.monotonic() - begin:.0f} s"
    if code is None:
        return [*rows, Row("the whole part", spent, f"{seconds:.0f} s", "OUT OF TIME")]
    if any(row.outcome == "FAILED" for row in rows):
        return rows
    if code:
        return [*rows, Row("the whole part", f"ended with code {code}", "", "FAILED")]
    return [*rows, Row("the whole part", spent, f"{seconds:.0f} s", "ok")]


def command_of(args, name: str, kept: Path) -> list[str]:
    command = [sys.executable, __file__, "--run", name, "--rows", str(kept)]
    return [*command, "--device", args.device, *(["--small"] if args.small else [])]


def run_process(command: list[str], seconds: float, stream) -> int | None:
    """Its code; None if its time was over."""
    process = subprocess.Popen(
        command, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        # what it has started is in its session, and may outlive it
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run_here(args: argparse.Namespace) -> int:
    """One part, in this process; its rows are kept as they come."""
    try:
        parts = importlib.import_module("gpu_parts")
        device = parts.torch.device(args.device)
        options = parts.Options(device, args.small, args.rows.parent)
        for row in getattr(parts, f"check_{args.run}")(options):
            print(f"--- {row.what}: {row.found} {row.outcome}", flush=True)
            gpu_rows.append(args.rows, row)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs into the table
        traceback.print_exc()
        gpu_rows.append(args.rows, gpu_rows.failed(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
