"""File layouts: Zarr for features and decoded media, Parquet for tables and matrices."""
