"""Published benchmarks made into our tables, and our tables opened for other programs."""
