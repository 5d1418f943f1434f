"""Fewer experts: which, and what they cost."""
