"""Feature files of others."""
