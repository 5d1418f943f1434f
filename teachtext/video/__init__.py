"""Reading video files: what they are, their frames and their sound."""
