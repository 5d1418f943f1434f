"""Captions that their own video does not rank first for."""
