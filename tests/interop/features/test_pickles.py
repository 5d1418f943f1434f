import collections
import os
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from teachtext.errors import DatasetError
from teachtext.interop.features.pickle_machine import Opaque
from teachtext.interop.features.pickles import LazyArray, read_pickle, read_words

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


def read(path, data, **options):
    path.write_bytes(data)
    return read_pickle(path, **options)


@given(value=PLAIN, protocol=st.sampled_from(PROTOCOLS))
def test_plain_values_are_read_as_pickle_reads_them(value, protocol, tmp_path_factory):
    path = tmp_path_factory.mktemp("pickle") / "value.pkl"
    assert read(path, pickle.dumps(value, protocol)) == value


@given(
    array=npst.arrays(
        st.sampled_from(["<f4", ">f8", "<f2", "<i8", "|b1", "<U3", "|S2", "|u1"]),
        npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    fortran=st.booleans(),
    protocol=st.sampled_from(PROTOCOLS),
)
def test_arrays_are_read_as_pickle_reads_them(array, fortran, protocol, tmp_path_factory):
    path = tmp_path_factory.mktemp("pickle") / "array.pkl"
    given_array = np.asfortranarray(array) if fortran else array
    lazy = read(path, pickle.dumps({"a": given_array}, protocol))["a"]
    assert lazy.shape == given_array.shape
    loaded = lazy.load()
    assert loaded.dtype == array.dtype
    np.testing.assert_array_equal(loaded, given_array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_large_arrays_and_texts_are_read_from_the_file(tmp_path, protocol):
    array, text = np.arange(5000, dtype=np.float32).reshape(50, 100), "é" * 5000
    value = read(tmp_path / "p", pickle.dumps([array, text, array], protocol))
    np.testing.assert_array_equal(value[0].load(), array)
    assert value[1] == text
    assert value[2] is value[0]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value", [np.float64("nan"), np.float32(1.5), np.int64(7)])
def test_scalars_of_numpy_are_numbers(tmp_path, protocol, value):
    assert read(tmp_path / "p", pickle.dumps(value, protocol)) == pytest.approx(
        value.item(), nan_ok=True
    )


def test_containers_of_the_standard_library_are_plain_ones(tmp_path):
    ordered = collections.OrderedDict(a=1)
    grouped = collections.defaultdict(list, b=[2])
    value = read(tmp_path / "p", pickle.dumps([ordered, grouped, {1, 2}, frozenset({3})], 2))
    assert value == [{"a": 1}, {"b": [2]}, {1, 2}, frozenset({3})]


def test_arrays_of_objects_give_their_objects(tmp_path):
    ragged = np.empty(2, dtype=object)
    ragged[:] = [np.zeros((1, 2)), np.ones((2, 2))]
    value = read(tmp_path / "p", pickle.dumps(ragged))
    assert [item.load().tolist() for item in value.objects()] == [[[0, 0]], [[1, 1], [1, 1]]]
    with pytest.raises(DatasetError, match="array of Python objects"):
        value.load()


def test_python_2_wrote_arrays_as_text(tmp_path):
    """What Python 2 with protocol 2 writes of ``{'vidé': array([1., 2.], '<f4')}``."""
    data = np.array([1, 2], "<f4").tobytes()
    state = (
        b"(K\x01K\x02\x85cnumpy\ndtype\nq\x03U\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xff"
    )
    state += b"J\xff\xff\xff\xffK\x00tb\x89U" + bytes([len(data)]) + data + b"tb"
    made = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R" + state
    value = read(tmp_path / "p", b"\x80\x02}U\x05vid\xe9x" + made + b"s.")
    assert list(value) == ["vidéx"]
    assert value["vidéx"].load().tolist() == [1, 2]


def test_words_are_texts_or_lists_of_words(tmp_path):
    (tmp_path / "w.pkl").write_bytes(pickle.dumps({"a": [["a", "dog"], "a cat"]}))
    assert read_words(tmp_path / "w.pkl") == {"a": ["a dog", "a cat"]}
    (tmp_path / "w.pkl").write_bytes(pickle.dumps({"a": [[1, 2]]}))
    with pytest.raises(DatasetError, match="no texts"):
        read_words(tmp_path / "w.pkl")


class ExpertStore:
    def __init__(self):
        self.keys, self.dim, self.missing = ["a"], 2, set()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_allowed_class_becomes_what_it_holds(tmp_path, protocol):
    data = pickle.dumps(ExpertStore(), protocol)
    value = read(tmp_path / "p", data, opaque=r".*\.ExpertStore")
    assert isinstance(value, Opaque)
    assert value.state == {"keys": ["a"], "dim": 2, "missing": set()}
    with pytest.raises(DatasetError, match="ExpertStore"):
        read(tmp_path / "p", data)


class Hostile:
    def __init__(self, call, *arguments):
        self.reduced = (call, arguments)

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "hostile",
    [
        Hostile(os.system, "touch hacked"),
        Hostile(eval, "open('hacked', 'w')"),
        Hostile(__import__, "antigravity"),
        Hostile(bytes, 1 << 40),
        Hostile(np.load, "other.npy"),
        Hostile(np.empty, (1 << 20, 1 << 20)),
    ],
)
def test_calls_are_refused_and_not_made(tmp_path, monkeypatch, protocol, hostile):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match=r"is no pickle to trust: it ") as caught:
        read(tmp_path / "p", pickle.dumps({"video0": hostile}, protocol))
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Cannot read"),
        (b"\x80\x04", "it has no end"),
        (b"}.trailing", None),
        (b".", "damaged"),
        (b"q\x00.", "damaged"),
        (b"h\x00.", "damaged"),
        (b"B\xff\xff\xff\x7fabc.", "before the 2147483647 bytes of a string"),
        (b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.", "before the"),
        (b"(" * 10, "it has no end"),
        (b"]}b.", "gives a plain value a state"),
        (b"cnumpy\ndtype\n}b.", "gives a plain value a state"),
        (b"K\x01K\x02a.", "'int' object has no attribute 'append'"),
        (b"cos\nsystem\n)R.", "'os.system'"),
        (b"(ios\nsystem\n.", "'os.system'"),
        (b"(cos\nsystem\nX\x02\x00\x00\x00lso.", "'os.system'"),
        (b"Pother\n.", "refers to another file"),
        (b"\x82\x01.", "it uses an extension"),
        (b"]\x85R.", "damaged"),
        (b"K\x01\x97.", "out-of-band data"),
        (b"K\x01]\x85R.", "object is not callable"),
    ],
)  # fmt: skip
def test_what_is_no_plain_pickle_is_one_line(tmp_path, data, words):
    if words is None:
        assert read(tmp_path / "p", data) == {}
        return
    with pytest.raises(DatasetError, match=words) as caught:
        read(tmp_path / "p", data)
    assert "\n" not in str(caught.value)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_values_or_one_line(data, tmp_path_factory):
    assert_value_or_one_line(tmp_path_factory.mktemp("pickle") / "p", data)


@given(data=st.data())
def test_a_damaged_pickle_is_values_or_one_line(data, tmp_path_factory):
    whole = pickle.dumps({"a": np.arange(6.0).reshape(2, 3), "b": [1, "two", None]}, 4)
    place = data.draw(st.integers(0, len(whole) - 1))
    torn = whole[:place] + data.draw(st.binary(min_size=1, max_size=1)) + whole[place + 1 :]
    assert_value_or_one_line(tmp_path_factory.mktemp("pickle") / "p", torn)


def assert_value_or_one_line(path, data):
    message = ""
    try:
        value = read(path, data)
        for item in value.values() if isinstance(value, dict) else ():
            if isinstance(item, LazyArray):
                item.load()
    except DatasetError as error:
        message = str(error)
    assert "\n" not in message


def test_a_type_of_objects_or_structures_is_refused(tmp_path):
    structure = np.zeros(1, dtype=[("a", "f4")])
    with pytest.raises(DatasetError, match="NumPy's type 'V4'"):
        read(tmp_path / "p", pickle.dumps(structure))
