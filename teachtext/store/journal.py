"""A file of records that grows line by line and survives a kill in the middle of a line."""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from teachtext.files.atomic import replacing


class Journal:
    """Records by key; of several with one key the last counts.

    A line holds its own checksum: one that a killed writer left torn, or that two writers mixed,
    is skipped, and its record is made again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any]:
        """All whole records."""
        if not self.path.exists():
            return {}
        records = {}
        for line in self.path.read_bytes().splitlines():
            checksum, _, text = line.partition(b" ")
            if checksum == _checksum(text):
                key, record = json.loads(text)
                records[key] = record
        return records

    def append(self, key: str, record: object) -> None:
        """Keep a record."""
        text = json.dumps([key, record]).encode()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # one write to a file opened for appending: two writers' lines do not mix on a local disk;
        # the newline before it ends a line that was torn
        with self.path.open("ab", buffering=0) as stream:
            stream.write(b"\n" + _checksum(text) + b" " + text + b"\n")

    def rewrite(self, records: Mapping[str, object]) -> None:
        """Keep these records and no others."""
        with replacing(self.path) as temporary:
            temporary.touch()
            for key, record in records.items():
                Journal(temporary).append(key, record)


def _checksum(text: bytes) -> bytes:
    return f"{zlib.crc32(text):08x}".encode()
