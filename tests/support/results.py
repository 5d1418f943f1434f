"""What a run has made, to compare it with another one."""

import json

import pyarrow.parquet as pq

TAKEN = {"seconds", "train_seconds", "peak_memory_bytes", "seconds_per_video"}
"""Columns that tell what a run took."""


def content(path):
    """Bytes of a file, or what it says beside what the run took."""
    if path.name == "checksums.json":
        entries = json.loads(path.read_bytes())
        return {name: entry for name, entry in entries.items() if name != "history.parquet"}
    if path.suffix == ".json":
        return without_time(json.loads(path.read_bytes()))
    if path.suffix != ".parquet":
        return path.read_bytes()
    table = pq.read_table(path)
    took = [name for name in table.column_names if name in TAKEN]
    return table.drop_columns(took) if took else path.read_bytes()


def without_time(values):
    """JSON but for what the run took, and the seal, which is of all."""
    if isinstance(values, list):
        return [without_time(value) for value in values]
    if not isinstance(values, dict):
        return values
    kept = {name for name in values if "seconds" not in name and name != "seal"}
    return {name: without_time(values[name]) for name in kept}


def results_of(folder):
    """Path -> content of all results but those that show how the run went, such as the report."""
    results = folder / "results"
    files = {path.relative_to(results): path for path in results.rglob("*") if path.is_file()}
    return {
        str(name): content(path)
        for name, path in files.items()
        if not {"work", "report", "run.json", ".snakemake_timestamp"} & set(name.parts)
    }
