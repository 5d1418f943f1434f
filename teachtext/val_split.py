"""Who needs a val split. A configuration in, a record out; for the Snakefile too."""

from teachtext.config import Config
from teachtext.dataset import ValUser


def first_val_user(config: Config) -> ValUser | None:
    """The first entry of config.yaml that chooses by val; None: the captions may have no val."""
    for name, row in config.rows().items():
        if config.training_of(name).keep_epoch == "best":
            entry = f"{config.section(name)}.{name}"
            own = f"{entry}." if "keep_epoch" in row.training else ""
            return ValUser(entry, f"{own}training.keep_epoch: last")
    for name in config.searches():
        return ValUser(f"pruned.{name}", f"pruned.{name}: null")
    return None
