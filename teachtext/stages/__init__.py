"""One module per workflow rule: open, call the library, write one output."""
