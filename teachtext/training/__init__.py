"""Losses, optimisers, steps, epochs, and states to go on from."""
