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
    if path.suffix != ".parquet":
        return path.read_bytes()
    table = pq.read_table(path)
    took = [name for name in table.column_names if name in TAKEN]
    return table.drop_columns(took) if took else path.read_bytes()


def results_of(folder):
    """Path -> content of all results but the report, which shows what the run took."""
    results = folder / "results"
    files = {path.relative_to(results): path for path in results.rglob("*") if path.is_file()}
    return {
        str(name): content(path)
        for name, path in files.items()
        if not {"work", "report", ".snakemake_timestamp"} & set(name.parts)
    }
