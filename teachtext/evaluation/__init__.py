"""Ranks and metrics: plain, with normalised similarities, and what chance explains of them."""
