"""What config.yaml may say: one module per section, and its checks."""
