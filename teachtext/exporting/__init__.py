"""Models given to others: a folder as model hubs expect it, written and read back."""
