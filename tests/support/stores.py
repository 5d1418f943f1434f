"""A feature store with its ledger beside it, as a job leaves them."""

from teachtext.experts.ledger import LedgerEntry, ledger_table
from teachtext.store.features import write_features
from teachtext.store.tables import write_table


def write_store(path, identity, found, **made_by):
    """Write features, and that all is well with them.

    Args:
        path: Folder of the store, ``{expert}/{shard}.zarr``.
        identity: What made the features.
        found: Video id -> features; None: there are none.
        made_by: As ``write_features`` takes it.
    """
    write_features(path, identity, found, **made_by)
    entries = [
        LedgerEntry(video, identity.expert, *_status(features), 0.0, "")
        for video, features in found.items()
    ]
    write_table(path.with_suffix(".parquet"), ledger_table(entries))


def _status(features):
    if features is None:
        return "absent", "nothing recognised", 0
    return "ok", "", len(features.features_TD)
