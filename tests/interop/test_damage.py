import zlib

import pytest

from teachtext.errors import DatasetError
from teachtext.interop.damage import MOST_ALWAYS, MOST_TIMES, readable, refuse_bomb


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("two\n  lines"), "two lines"),
        (zlib.error("torn"), "torn"),
        (EOFError(), "EOFError"),
    ],
)
def test_damage_is_one_line_with_the_name_of_the_file(tmp_path, error, reason):
    with pytest.raises(DatasetError) as caught, readable(tmp_path, "Give another."):
        raise error
    assert str(caught.value) == f"Cannot read {tmp_path}: {reason}. Give another."


def test_what_is_no_damage_goes_on(tmp_path):
    with pytest.raises(ZeroDivisionError), readable(tmp_path, "Give another."):
        raise ZeroDivisionError


def test_a_bomb_unpacks_to_a_hundred_times_its_size_and_to_more_than_a_small_file_may(tmp_path):
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"x")
    large.write_bytes(bytes(MOST_ALWAYS // MOST_TIMES * 2))
    refuse_bomb(small, MOST_ALWAYS)
    with pytest.raises(DatasetError, match="small is refused: it unpacks to 64 MB, as bombs do"):
        refuse_bomb(small, MOST_ALWAYS + 1)
    refuse_bomb(large, MOST_ALWAYS + 1)
