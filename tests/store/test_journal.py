import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachtext.store.journal import Journal

RECORDS = {"it's $(x)": {"fps": 25.0}, "line\nbreak": {"reason": "«torn»"}, "c": {}}


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    journal = Journal(tmp_path_factory.mktemp("journal") / "j.jsonl")
    assert journal.read() == {}
    for key, record in RECORDS.items():
        journal.append(key, record)
    assert journal.read() == RECORDS
    return journal.path.read_bytes()


@given(st.data())
def test_a_torn_journal_loses_only_the_torn_record(content, tmp_path_factory, data):
    kept = data.draw(st.integers(0, len(content)))
    journal = Journal(tmp_path_factory.mktemp("torn") / "j.jsonl")
    journal.path.write_bytes(content[:kept])
    survivors = journal.read()
    assert survivors == dict(list(RECORDS.items())[: len(survivors)])
    journal.append("new", {"a": 1})
    assert journal.read() == survivors | {"new": {"a": 1}}


@given(st.data())
def test_a_flipped_bit_loses_at_most_its_record(content, tmp_path_factory, data):
    damaged = bytearray(content)
    damaged[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    journal = Journal(tmp_path_factory.mktemp("flip") / "j.jsonl")
    journal.path.write_bytes(damaged)
    survivors = journal.read()
    assert survivors.items() <= RECORDS.items()
    assert len(survivors) >= len(RECORDS) - 1


def test_the_last_record_of_a_key_counts_and_rewriting_drops_the_others(tmp_path):
    journal = Journal(tmp_path / "j.jsonl")
    for number in (1, 2):
        journal.append("a", number)
    assert journal.read() == {"a": 2}
    journal.rewrite({"b": 3})
    assert journal.read() == {"b": 3}
