"""Annotation files of benchmarks."""
