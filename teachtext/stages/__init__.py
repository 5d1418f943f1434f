"""One module per workflow rule: parse, open, call the library, write one output."""
