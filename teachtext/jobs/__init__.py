"""The jobs of a run: status and retries."""
