"""The networks, one adapter each."""
