"""Text encoders, one module each."""
