"""The notes that a snakemake on another machine would have left in ``.snakemake``."""

from base64 import urlsafe_b64encode

_LONGEST_NAME = 254


def begin(folder, output):
    """It has begun a job."""
    for name in ("incomplete", "metadata", "log"):
        (folder / ".snakemake" / name).mkdir(parents=True, exist_ok=True)
    _note(folder, "incomplete", output).write_text("{}")
    log = folder / ".snakemake/log/2026-01-01T000000.000000.snakemake.log"
    log.write_text("  Host: elsewhere\n\nSelect jobs to execute...\n")


def end(folder, output, seconds):
    """It has ended a job that took so long, and its output is there."""
    (folder / output).parent.mkdir(parents=True, exist_ok=True)
    (folder / output).touch()
    _note(folder, "metadata", output).write_text(f'{{"starttime": 5, "endtime": {5 + seconds}}}')


def _note(folder, kind, output):
    """File of a note; a name that is too long is cut into folders."""
    name = urlsafe_b64encode(output.encode()).decode()
    parts = [name[at : at + _LONGEST_NAME] for at in range(0, len(name), _LONGEST_NAME)]
    note = (folder / ".snakemake" / kind).joinpath(*(f"@{one}" for one in parts[:-1]), parts[-1])
    note.parent.mkdir(parents=True, exist_ok=True)
    return note
