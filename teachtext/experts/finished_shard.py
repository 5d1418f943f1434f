"""What an expert has found in a shard so far, kept where Snakemake does not delete it.

Before Snakemake runs a job again it deletes the job's outputs. This copy of them costs no space
(hard links) and lets the job take over all videos that have not changed.
"""

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path

from teachtext.errors import StoreError
from teachtext.experts.ledger import LedgerEntry, ledger_entries, ledger_table
from teachtext.files.atomic import link_or_copy, replacing
from teachtext.store.features import FeatureStore
from teachtext.store.tables import read_table, write_table

log = logging.getLogger(__name__)


class FinishedShard:
    """The feature store and the ledger of the last complete run of a job, if there was one."""

    def __init__(self, folder: Path) -> None:
        """Open and verify it; a damaged shard counts as missing, with a warning in the log.

        Args:
            folder: Folder of the job: ``results/experts/work/{expert}/{shard}``.
        """
        self._path = folder / "finished"
        self.store: FeatureStore | None = None
        self.entries: dict[str, LedgerEntry] = {}
        if not self._path.exists():
            return
        try:
            store = FeatureStore(self._path / "features.zarr")
            store.verify()
            entries = ledger_entries(read_table(self._ledger))
        except StoreError as error:
            log.warning("everything is extracted again: %s", error)
            return
        self.store, self.entries = store, {entry.video_id: entry for entry in entries}

    def has(self, video_id: str, key: str) -> bool:
        """Whether the video is finished, for the same request and the same content."""
        return video_id in self.entries and self.entries[video_id].key == key

    def forget(self, video_ids: Iterable[str]) -> None:
        """Let videos count as not finished; the others stay."""
        if self.store is None:
            return
        forgotten = set(video_ids)
        left = [entry for video, entry in self.entries.items() if video not in forgotten]
        write_table(self._ledger, ledger_table(left))

    def keep(self, features: Path, ledger: Path) -> None:
        """Replace it by a job's outputs."""
        with replacing(self._path) as temporary:
            temporary.mkdir()
            shutil.copytree(features, temporary / "features.zarr", copy_function=link_or_copy)
            link_or_copy(ledger, temporary / "ledger.parquet")

    @property
    def _ledger(self) -> Path:
        return self._path / "ledger.parquet"
