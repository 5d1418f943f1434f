"""Make the environment .venv, or say in one line why not: ``python3.12 envs/install.py``.

torch comes with the packages that it asks for (CUDA's, on Linux); all else is constraints.txt, a
whole closure. An environment that a kill left half-made is made anew, of what pip has kept in its
cache. No packages here, and no syntax that Python 3.6 lacks: old ones are told what to use.
"""

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)
VENV = Path(".venv")
PYTHON = VENV / "bin/python"
STAMP = VENV / "installed"
"""There when the environment is whole: the index that torch came from, and the locks."""
LOCKS = ("constraints.txt", "envs/torch-libraries.txt", "pyproject.toml")
AGAIN = "and run the same command again"

FULL = re.compile(r"No space left on device|Disk quota exceeded")
TOO_LITTLE = 50e6
UNREACHABLE = re.compile(
    r"(Connection refused|Network is unreachable|Name or service not known|timed out|reset by peer"
    r"|Temporary failure in name resolution|nodename nor servname|Cannot connect to proxy"
    r"|CERTIFICATE_VERIFY_FAILED|IncompleteRead|No route to host)"
)
UNMATCHED = re.compile(r"No matching distribution found for (\S+)")
LARGE = re.compile(r"(Downloading|Using cached) \S+ \([\d.]+ [MG]B\)")


def main() -> None:
    """Install what is missing."""
    parser = argparse.ArgumentParser(description="Install teachtext and its packages into .venv.")
    parser.add_argument("--torch-index", default="", help="where to take another build of torch")
    asked = parser.parse_args().torch_index
    try:
        check_python()
        with alone():
            index = asked or remembered_index()
            if not is_whole(index) or STAMP.read_text() != stamp_of(index):
                make_folder(index)
                install(index)
                STAMP.write_text(stamp_of(index))
    except (OSError, RuntimeError) as error:
        sys.exit(explain(str(error)))
    except KeyboardInterrupt:
        sys.exit("Stopped. The same command goes on.")


def check_python() -> None:
    """Refuse a Python for which the packages are not there."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    found = next((name for name in names if starts(name)), "")
    version = ".".join(map(str, sys.version_info[:2]))
    advice = f"Use the one you have: make demo PYTHON={found}" if found else "Install one of them"
    sys.exit(f"{sys.executable} is Python {version}, and 3.11, 3.12 or 3.13 is needed. {advice}.")


@contextmanager
def alone() -> Iterator:
    """Nobody else works on .venv: a pip whose make was killed goes on, and keeps the lock."""
    lock = os.open("envs/install.py", os.O_RDWR)
    os.set_inheritable(lock, True)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Waiting until another process has ended that works on {VENV} ...", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def starts(python: object) -> bool:
    """Whether there is such a Python, and it runs."""
    try:
        return subprocess.call([str(python), "-c", ""], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def is_whole(index: str) -> bool:
    """Whether all was installed once, with this Python and torch of this index."""
    if not STAMP.exists() or remembered_index() != index or not starts(PYTHON):
        return False
    version = ".".join(map(str, sys.version_info[:2]))
    return f"version = {version}." in (VENV / "pyvenv.cfg").read_text()


def remembered_index() -> str:
    """The index that torch came from; empty: the one that pip asks for all."""
    return STAMP.read_text().partition("\n")[0] if STAMP.exists() else ""


def stamp_of(index: str) -> str:
    """What says that nothing is to be done."""
    digest = hashlib.sha256(b"".join(Path(name).read_bytes() for name in LOCKS))
    return f"{index}\n{digest.hexdigest()}\n"


def make_folder(index: str) -> None:
    """A whole environment is brought up to date; any other is made anew."""
    if is_whole(index):
        STAMP.unlink()  # until it is whole again
        return
    if VENV.exists():
        print(f"Removing {VENV}, which is half-made or of another Python or torch ...", flush=True)
        shutil.rmtree(str(VENV))
    # .venv's own Python may be the one that runs this
    run([getattr(sys, "_base_executable", sys.executable), "-m", "venv", str(VENV)])


def install(index: str) -> None:
    """The packages, and this checkout."""
    print("Installing torch and the packages that it asks for ...", flush=True)
    constraints = ["--constraint", LOCKS[0]]
    if index:
        # alone: were the index an extra one and out of reach, pip would take the other build
        pip("--no-deps", "--index-url", index, "torch", *constraints)
    else:
        constraints += ["--constraint", LOCKS[1]]  # other builds ask for other versions
    pip("torch", *constraints)
    print("Installing all other packages ...", flush=True)
    pip("--no-deps", "--requirement", LOCKS[0])
    pip("--no-deps", "--no-build-isolation", "--editable", ".")


def pip(*arguments: str) -> None:
    """``pip install``."""
    quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    run([str(PYTHON), "-m", "pip", "install", *quiet, *arguments])


def run(command: list) -> None:
    """Run a command; print its large downloads, and raise all that it said if it fails."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        close_fds=False,  # it keeps the lock
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if LARGE.search(line):
            print(line.rstrip(), flush=True)
    code = process.wait()
    if code < 0:
        said.append(f"ERROR: pip was ended by signal {-code}\n")
    if code:
        raise RuntimeError("".join(said))


def explain(said: str) -> str:
    """One line: what happened, and what to do."""
    # venv does not tell why its ensurepip failed
    if FULL.search(said) or shutil.disk_usage(".").free < TOO_LITTLE:
        places = {str(Path.cwd()), tempfile.gettempdir(), str(Path.home())}
        free = [f"{place}: {shutil.disk_usage(place).free / 1e9:.1f} GB" for place in places]
        return (
            f"A disk is full (free: {', '.join(sorted(free))}). README.md says how much is needed; "
            f"make room, or set TMPDIR or PIP_CACHE_DIR to folders elsewhere, {AGAIN}."
        )
    if "ensurepip is not" in said:
        return f"This Python has no venv. Install it (Debian: apt install python3-venv), {AGAIN}."
    problem = UNREACHABLE.search(said)
    if problem:
        return (
            f"pip cannot reach its package index ({problem.group(0)}). Check the network, "
            f"HTTPS_PROXY, TORCH_INDEX and `pip config list`, {AGAIN}."
        )
    problem = UNMATCHED.search(said)
    if problem:
        return (
            f"pip's index has no {problem.group(1)} for this Python and machine. docs/install.md "
            f"says where all are; check TORCH_INDEX and `pip config list`, {AGAIN}."
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it fails"]
    last = next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1])
    return f"{last.rstrip('.')}. Mend that, {AGAIN}."


if __name__ == "__main__":
    os.chdir(str(Path(__file__).resolve().parent.parent))
    main()
