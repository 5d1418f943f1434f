"""Captions and the frozen text encoders that turn them into token vectors."""
