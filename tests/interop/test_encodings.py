import pytest

from teachtext.interop.encodings import decode_text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("Bär".encode(), ("Bär", "")),
        ("Bär".encode("utf-8-sig"), ("Bär", "")),
        ("Bär".encode("utf-16"), ("Bär", "UTF-16")),
        (b"\xfe\xff" + "Bär".encode("utf-16-be"), ("Bär", "UTF-16")),
        ("Bär „ja“".encode("cp1252"), ("Bär „ja“", "cp1252")),
    ],
)
def test_text_is_decoded_and_it_is_said_how(content, told):
    assert decode_text(content) == told


@pytest.mark.parametrize("content", [b"\x00\xff\x00", b"\x81\xfe", b"\xff\xfea"])
def test_what_is_no_text_is_refused(content):
    with pytest.raises(UnicodeDecodeError):
        decode_text(content)
