import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teachtext.store.mapped import ScratchRows
from teachtext.store.ragged import join

LENGTHS = st.lists(st.integers(0, 4), max_size=6)


def sequences_of(lengths, seed=0):
    random = np.random.default_rng(seed)
    return [random.standard_normal((length, 3)).astype(np.float16) for length in lengths]


def in_memory(sequences):
    return join(sequences, np.empty((0, 3), np.float16))


def in_a_file(sequences, order):
    """Added one by one, in any order."""
    scratch = ScratchRows(len(sequences), dim=3, dtype=np.float16)
    for place in order:
        scratch.add(np.array([place]), in_memory([sequences[place]]))
    return scratch.mapped()


@settings(max_examples=60)
@given(LENGTHS, st.data())
def test_taking_rows_equals_a_list_wherever_they_are(lengths, data):
    sequences = sequences_of(lengths)
    places = list(range(len(lengths)))
    chosen = data.draw(st.lists(st.sampled_from(places))) if lengths else []
    again = data.draw(st.lists(st.sampled_from(range(len(chosen))))) if chosen else []
    order = data.draw(st.permutations(places))
    for rows in (in_memory(sequences), in_a_file(sequences, order)):
        taken = rows.take(np.array(chosen, dtype=np.int64))
        assert [row.tolist() for row in taken] == [sequences[i].tolist() for i in chosen]
        selected = rows.select(np.array(chosen, dtype=np.int64))
        assert selected.lengths.tolist() == [lengths[i] for i in chosen]
        taken = selected.take(np.array(again, dtype=np.int64))
        assert [row.tolist() for row in taken] == [sequences[chosen[i]].tolist() for i in again]
        assert (len(rows), rows.dim) == (len(lengths), 3)


def test_values_stay_right_when_pages_are_released():
    sequences = sequences_of([2000, 0, 3000])
    rows = in_a_file(sequences, [2, 0, 1])
    before = rows.take(np.array([2, 0])).values
    rows.release()
    assert (rows.take(np.array([2, 0])).values == before).all()
    in_memory(sequences).release()  # has nowhere to read them again, and keeps them


def test_sequences_that_were_never_added_have_no_rows():
    scratch = ScratchRows(2, dim=3, dtype=np.float16)
    assert scratch.mapped().take(np.array([1, 0])).lengths.tolist() == [0, 0]


def test_selecting_from_a_file_copies_no_value():
    rows = in_a_file(sequences_of([2, 3]), [0, 1])
    assert rows.select(np.array([1])).file is rows.file


def test_a_full_disk_names_the_folder(monkeypatch):
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: full)
        scratch = ScratchRows(1, dim=3, dtype=np.float16)
        with pytest.raises(OSError, match=r"No space left.*tmp"):
            scratch.add(np.array([0]), in_memory(sequences_of([1])))


@given(LENGTHS, st.integers(1, 5))
def test_heads_equal_a_slice_of_each(lengths, count):
    sequences = sequences_of(lengths)
    heads = in_memory(sequences).heads(count)
    assert [row.tolist() for row in heads] == [row[:count].tolist() for row in sequences]


@given(LENGTHS)
def test_means_equal_the_mean_of_each(lengths):
    sequences = sequences_of(lengths)
    means = in_memory(sequences).means()
    assert means.lengths.tolist() == [min(1, length) for length in lengths]
    for mean, rows in zip(means, sequences, strict=True):
        naive = rows.astype(np.float64).mean(axis=0, keepdims=True) if len(rows) else rows
        np.testing.assert_allclose(mean, naive, atol=1e-6)
