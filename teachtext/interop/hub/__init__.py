"""Models given to others: a folder as model hubs expect it, written and read back."""

UNKNOWN = "unknown"
"""What hubs say where nobody has named a licence."""
