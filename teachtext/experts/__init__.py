"""Experts: frozen networks, one per modality, and the loop that runs them over a shard."""
