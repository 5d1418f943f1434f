"""What is a URL. The Snakefile asks, too, so this needs nothing."""


def is_url(text: str) -> bool:
    """Whether a text is a URL, and not a path: a path has no protocol.

    >>> is_url("s3://bucket/0.zarr"), is_url("data/0.zarr"), is_url("s3:/bucket")
    (True, False, False)
    """
    protocol, separator, _ = text.partition("://")
    return bool(separator) and protocol.isalnum()
