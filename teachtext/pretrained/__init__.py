"""Checkpoints of hubs, and packages that ship networks."""
