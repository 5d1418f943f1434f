"""The embedded demo: a small corpus of clips and captions that the project renders itself."""
