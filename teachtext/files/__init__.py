"""Writing, locking and naming files."""
