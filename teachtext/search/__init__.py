"""Finding videos by words with a trained model: an index of its gallery, and who asks it."""
