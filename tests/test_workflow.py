"""What the workflow would run for a configuration; nothing is run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.e2e


def planned(folder, changes):
    """The files that a run in an empty folder would write."""
    (folder / "changes.yaml").write_text(yaml.safe_dump(changes))
    done = subprocess.run(
        [
            sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"),
            "--directory", str(folder), "--dry-run", "--configfile", str(ROOT / "config.yaml"),
            str(ROOT / "tests/configs/tiny.yaml"), str(folder / "changes.yaml"),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    outputs = re.findall(r"^Reason: Missing output files: ([^;\n]*)", done.stdout, re.M)
    return {name for names in outputs for name in names.split(", ")}


def test_seeds_that_only_teach_are_trained_and_nothing_more(tmp_path):
    students = {"teachtext": {"teachers": [{"model": "teacher-glove", "seeds": [3, 5]}]}}
    captions = {"clean": {"teachers": [{"model": "teacher-minilm", "seeds": [7]}]}}
    files = planned(tmp_path, {"students": students, "denoise": captions})
    for trained in ("teacher-glove/3", "teacher-glove/5", "teacher-minilm/7"):
        assert f"results/models/{trained}" in files
        assert f"results/similarities/{trained}.parquet" in files
        assert f"results/evaluate/{trained}.json" not in files
    assert "results/evaluate/teacher-glove/0.json" in files
    assert "results/models/teachtext/3" not in files


def test_a_pruned_student_may_teach_a_student(tmp_path):
    changes = {"students": {"baseline": {"teachers": ["appearance-baseline"]}}}
    files = planned(tmp_path, changes)
    assert "results/similarities/appearance-baseline/0.parquet" in files
    assert "results/similarities/appearance-baseline/1.parquet" not in files
