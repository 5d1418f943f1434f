"""Download what ``gpu_check.py`` needs and a machine with torch and transformers lacks.

    benchmarks/gpu_check.sh --collect FOLDER

What is needed is found by importing the check and its tests here; which version, and for which
Python, is said by `constraints.txt` and the numbers below. Edit ``PRESENT`` for another machine.
"""

import argparse
import importlib
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PYTHON = "3.12"
PLATFORMS = [f"manylinux_2_{minor}_x86_64" for minor in (17, 24, 27, 28, 31, 34)]
MOST_BYTES = 64 * 2**20

CHECK = ("gpu_check", "gpu_parts", "tests.conftest", "tests.test_gpu")
PRESENT = {
    *("torch", "numpy", "pyarrow", "transformers", "tokenizers", "safetensors"),
    *("sentencepiece", "huggingface-hub", "hf-xet", "regex", "fsspec", "filelock", "requests"),
    *("tqdm", "pyyaml", "packaging", "typing-extensions", "pillow", "psutil", "setuptools"),
    *("sympy", "mpmath", "networkx", "jinja2", "markupsafe", "h5py", "pandas", "scipy"),
    *("anyio", "h11", "idna", "certifi", "httpx", "httpcore", "httpx2", "httpcore2", "truststore"),
    *("pytest", "pluggy", "iniconfig", "pygments", "hypothesis", "sortedcontainers", "attrs"),
    *("click", "rich", "markdown-it-py", "mdurl", "typer", "shellingham", "annotated-doc"),
    *("six", "python-dateutil", "tzdata", "opencv-python-headless", "onnxruntime", "protobuf"),
    *("charset-normalizer", "urllib3", "certifi", "pip", "wheel"),
}
"""With torch and transformers comes most of it; the rest is common where networks are trained."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    missing = needed() - PRESENT
    pins = [str(pin) for pin in pinned() if canonicalize_name(pin.name) in missing]
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    python = ["--python-version", PYTHON, "--implementation", "cp"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
    subprocess.run([*command, "--only-binary=:all:", *python, *platforms, *pins], check=True)
    size = sum(path.stat().st_size for path in folder.glob("*.whl"))
    print(f"{', '.join(pins)}: {size / 2**20:.1f} MiB in {folder}")
    if size > MOST_BYTES:
        print(f"That is more than {MOST_BYTES / 2**20:.0f} MiB.", file=sys.stderr)
    return size > MOST_BYTES


def needed() -> set[str]:
    """Distributions that the check imports."""
    for name in CHECK:
        importlib.import_module(name)
    owners = packages_distributions()
    imported = {name.partition(".")[0] for name in sys.modules}
    return {canonicalize_name(owner) for name in imported for owner in owners.get(name, [])}


def pinned() -> list[Requirement]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


if __name__ == "__main__":
    sys.exit(main())
