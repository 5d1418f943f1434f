"""Text encoders that learn from captions."""
