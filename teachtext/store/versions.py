"""Which version of a stage made a file. The Snakefile imports it too: standard library only."""

from teachtext.errors import StoreError

STAGE_VERSIONS = {
    "render_demo": 2,
    "probe_videos": 2,
    "index_videos": 2,
    "decode_videos": 2,
    "extract_expert": 2,
    "import_expert": 1,
    "index_experts": 1,
    "check_failures": 1,
    "finetune_text_encoder": 1,
    "embed_captions": 2,
    "import_tokens": 2,
    "train_teacher": 1,
    "import_similarities": 1,
    "compute_similarities": 1,
    "denoise_captions": 1,
    "review_captions": 1,
    "train_student": 1,
    "train_pruned": 1,
    "prune_expert": 1,
    "compute_pareto": 1,
    "build_zero_shot": 1,
    "import_checkpoint": 1,
    "evaluate_model": 1,
    "build_index": 2,
    "write_report": 1,
}
"""Rule -> number of its version.

Raise a number with every change after which the stage, given equal input, writes something else:
other values, other columns, other keys. A faster way to the same bytes leaves it as it is. What the
stage made before is then refused where it is read, and Snakemake makes it again.
"""
MADE_BY = "made_by"
"""The key under which files keep their stamp."""


def stamp(rule: str) -> str:
    """What a file says of its maker.

    >>> stamp("train_student").rpartition(" ")[0]
    'train_student'
    """
    return f"{rule} {STAGE_VERSIONS[rule]}"


def check_stamp(found: object, place: object) -> None:
    """Refuse what another version of a stage made; a file without a stamp is of another one.

    Args:
        found: Stamp of the file; None if it has none.
        place: File or folder, for the message.

    Raises:
        StoreError: This version would make something else.
    """
    rule = str(found).rpartition(" ")[0]
    if rule in STAGE_VERSIONS and found == stamp(rule):
        return
    known = f"this one makes {STAGE_VERSIONS[rule]}" if rule in STAGE_VERSIONS else "no such stage"
    raise StoreError(
        f"{place} was made by another version of teachtext "
        f"({'it does not say which' if found is None else f'{found}, {known}'}). "
        "Delete it and run snakemake again."
    )
