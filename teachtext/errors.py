"""What goes wrong for reasons a user can mend; the command line prints these as one line.

TeachTextError
├── ConfigError    config.yaml or an argument asks for something that does not exist
├── DatasetError   the tables of videos and captions, or files to import, do not fit together
├── StoreError     a file of an earlier stage is missing, damaged or made for another purpose
├── TrainingError  training came to something that is no model
├── PackageError   a package that the chosen network needs is not installed
└── MediaError     one video cannot be read; recorded in the ledger, never stops a run
"""


class TeachTextError(Exception):
    """An error with a message for the user: what was given, what is allowed, what to do."""


class ConfigError(TeachTextError):
    """The configuration asks for something that does not exist or does not fit together."""


class DatasetError(TeachTextError):
    """What the user brings (tables, files to import) is empty, incomplete or contradictory."""


class StoreError(TeachTextError):
    """A file written by an earlier stage is missing, damaged or belongs to another run."""


class TrainingError(TeachTextError):
    """Training came to something that is no model, such as a loss that is not a number."""


class PackageError(TeachTextError):
    """A Python package that holds a network's code or weights is not installed."""


class MediaError(TeachTextError):
    """One video or its sound cannot be read. Callers record it in the ledger and go on."""
