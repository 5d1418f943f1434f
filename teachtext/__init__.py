"""Text-to-video retrieval by generalised distillation, from video files to a report."""

__version__ = "0.1.0"
