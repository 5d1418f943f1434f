"""Files of others: benchmarks, features, checkpoints, hubs."""
