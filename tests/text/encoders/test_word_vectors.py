import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from teachtext.errors import ConfigError
from teachtext.text.encoders.registry import load_text_encoder
from teachtext.text.encoders.word_files import WordFile
from teachtext.text.encoders.word_lookup import WORD, WordLookup
from teachtext.text.encoders.word_vectors import WordVectors

VECTORS = {"dog": [1.0, 2.0], "Rome": [3.0, -4.5], "the": [0.5, 0.25]}


def text(vectors):
    return "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in vectors.items()).encode()


def binary(vectors, end=b""):
    rows = [word.encode() + b" " + np.float32(row).tobytes() for word, row in vectors.items()]
    dim = len(next(iter(vectors.values())))
    return f"{len(vectors)} {dim}\n".encode() + end.join(rows) + end


FORMS = {
    "glove": text(VECTORS),
    "last line without its end": text(VECTORS)[:-1],
    "lines of Windows": text(VECTORS).replace(b"\n", b"\r\n"),
    "fasttext": b"3 2\n" + text(VECTORS).replace(b"\n", b" \n"),
    "word2vec": binary(VECTORS),
    "word2vec with line ends": binary(VECTORS, b"\n"),
}


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "vectors.txt"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_vectors(form, written):
    file = WordFile(written(FORMS[form]))
    assert file.dim == 2
    assert {word: file.vector(word).tolist() for word in file.places} == VECTORS


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=9)
VALUES = st.lists(
    st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(WORDS, VALUES, min_size=1, max_size=6))
def test_any_words_and_numbers_come_back_from_both_forms(tmp_path_factory, vectors):
    for content in (b"%d 3\n" % len(vectors) + text(vectors), binary(vectors)):
        path = tmp_path_factory.mktemp("words") / "vectors"
        path.write_bytes(content)
        file = WordFile(path)
        assert list(file.places) == list(vectors)
        for word, row in vectors.items():
            assert_array_equal(file.vector(word), np.float32(row))


def test_of_a_word_that_comes_twice_the_first_counts(written):
    file = WordFile(written(b"dog 1 2\ndog 3 4\n"))
    assert file.vector("dog").tolist() == [1, 2]


def test_words_with_spaces_do_no_harm(written):
    # GloVe's 840B has a few; the words before their first space come earlier in the file
    file = WordFile(written(b"at 1 2\nat name@domain.com 3 4\ndog 5 6\n"))
    assert file.vector("at").tolist() == [1, 2]
    assert file.vector("dog").tolist() == [5, 6]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "Cannot read"),
        (b"hello\n", "no word with its numbers in the first line, at byte 0"),
        (b"\x1f\x8b\x08" + b"\0" * 20, "packed by gzip. Unpack it"),
        (b"PK\x03\x04" + b"\0" * 20, "packed by zip. Unpack it"),
        (binary(VECTORS)[:-1], "its end after 2 of the 3 words"),
        (binary(VECTORS) + b"more", "more than the 3 words of its header"),
        (b"4 2\n" + text(VECTORS), "its end after 3 of the 4 words"),
        (text(VECTORS)[:-6], "less than 2 numbers in the last line"),
        (b"3 0\ndog\n", "promises vectors without numbers"),
    ],
)
def test_damaged_files_are_named_with_the_place(content, says, written):
    path = written(content)
    with pytest.raises(ConfigError, match=says) as raised:
        WordFile(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("1 x", "could not convert.*at byte 8"),
        ("1", "1 numbers, not 2, at byte 8"),
        ("1 inf", "no finite number, at byte 8"),
    ],
)
def test_what_is_no_number_is_found_when_its_word_is_looked_up(row, says, written):
    file = WordFile(written(f"the 1 2\ndog {row}\ncat 1 2\n".encode()))
    assert file.vector("cat").tolist() == [1, 2]
    with pytest.raises(ConfigError, match=says):
        file.vector("dog")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.bin.*No such file"):
        WordFile(tmp_path / "nowhere.bin")


@pytest.mark.parametrize(
    ("words", "vocabulary", "found"),
    [
        ("Rome", {"Rome", "rome"}, ["Rome"]),
        ("DOG", {"dog"}, ["dog"]),
        ("children", {"child"}, ["child"]),
        ("children", {"children", "child"}, ["children"]),
        ("roundtable", {"round", "table"}, ["round", "table"]),
        ("guittar", {"guitar", "glitter"}, ["guitar"]),
        ("guittar", {"glitter"}, ["glitter"]),
        ("speeech", {"search", "peach", "speech"}, ["speech"]),
        ("xqzzyqx", {"dog"}, []),
        ("777", {"dog", "a"}, []),
        ("don\u2019t stop", {"do", "n't", "stop"}, ["do", "n't", "stop"]),
    ],
)
def test_words_are_looked_up_from_the_most_to_the_least_literal_reading(words, vocabulary, found):
    assert WordLookup(vocabulary).find(words) == found


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("don't", ["do", "n't"]),
        ("the dog's bone", ["the", "dog", "'s", "bone"]),
        ("a 'red' t-shirt", ["a", "red", "t", "shirt"]),
        ("it's 2 o'clock", ["it", "'s", "2", "o", "clock"]),
        ("café_noir", ["café", "noir"]),
        ("can't", ["ca", "n't"]),
    ],
)
def test_words_are_cut_as_treebanks_cut_them(caption, words):
    assert WORD.findall(caption) == words


def test_captions_become_a_row_a_word_and_are_cut(written):
    encoder = WordVectors(checkpoint=str(written(FORMS["word2vec"])), max_tokens=2)
    assert [rows.tolist() for rows in encoder.encode(["The dogs, xqzzyqx.", "the the dog"])] == [
        [VECTORS["the"], VECTORS["dog"]],
        [VECTORS["the"], VECTORS["the"]],
    ]


def test_a_caption_without_known_words_is_the_mean_of_the_first_in_sorted_order(
    written, monkeypatch
):
    monkeypatch.setattr("teachtext.text.encoders.word_vectors.FIRST_WORDS", 2)
    encoder = WordVectors(checkpoint=str(written(FORMS["glove"])), max_tokens=2)
    (rows,) = encoder.encode(["?!"])
    assert rows.tolist() == [[2.0, -1.25]]  # of "Rome" and "dog"; "the" comes after them


def test_the_registry_loads_word_vectors_and_names_the_file(written):
    encoder = load_text_encoder(
        "word-vectors", max_tokens=5, checkpoint=str(written(FORMS["word2vec"]))
    )
    assert encoder.weights.name == "vectors.txt"
    assert encoder.encode(["the dog"])[0].shape == (2, 2)
