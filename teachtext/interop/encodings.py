"""Text of unknown encoding. Bytes in, text out; standard library only."""

import codecs

_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def is_text(name: str) -> bool:
    """Whether a name of a file is text; the system allows any bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def decode_text(content: bytes) -> tuple[str, str]:
    """Decode text as UTF-8, UTF-16 with a byte order mark, or Windows' cp1252.

    Returns:
        The text, and the encoding if it is not UTF-8.

    Raises:
        UnicodeDecodeError: The bytes are no text in any of them.
    """
    if encoding := _MARKS.get(content[:2]):
        return content.decode(encoding), "UTF-16"
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        if b"\0" in content:
            raise
        return content.decode("cp1252"), "cp1252"
