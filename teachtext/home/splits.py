"""Splits by a hash of what a video belongs to, so that they stay when others come. No files."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

from teachtext.tables.dataset import SPLITS, Split

TEST_SHARE, VAL_SHARE = 0.2, 0.1
_NEEDED: tuple[Split, ...] = ("train", "test", "val")
"""In the order in which they get one, where there are too few."""


def stricter_split(splits: Iterable[Split]) -> Split:
    """Test before val before train: what is measured shall not be trained on."""
    found = set(splits)
    return next(split for split in reversed(SPLITS) if split in found)


def split_groups(groups: Iterable[str], known: Mapping[str, Split]) -> dict[str, Split]:
    """The split of each group.

    About 70, 10 and 20 of 100 groups are train, val and test. Where one would have none, it gets
    the first of those that come now and can be spared; what is known never changes.

    Args:
        groups: Names of all groups that have captions.
        known: Splits that were given before.
    """
    splits = {group: known.get(group) or _by_hash(group) for group in groups}
    coming = set(splits) - set(known)
    for at, wanted in enumerate(_NEEDED):
        sizes = Counter(splits.values())
        later = _NEEDED[at + 1 :]
        spare = [one for one in coming if sizes[splits[one]] > 1 or splits[one] in later]
        if not sizes[wanted] and spare:
            splits[min(spare, key=lambda one: (-sizes[splits[one]], _share(one)))] = wanted
    return splits


def _by_hash(group: str) -> Split:
    share = _share(group)
    return "test" if share < TEST_SHARE else "val" if share < TEST_SHARE + VAL_SHARE else "train"


def _share(group: str) -> float:
    return int.from_bytes(hashlib.sha256(f"split {group}".encode()).digest()[:8], "big") / 2**64
