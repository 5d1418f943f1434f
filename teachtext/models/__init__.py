"""Retrieval models: text towers, video towers and the similarity between them."""
