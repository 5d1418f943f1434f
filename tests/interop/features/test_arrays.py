import pickle

import h5py
import numpy as np
import pytest

from teachtext.errors import DatasetError
from teachtext.interop.features.arrays import read_arrays

ROWS = {"a": np.array([[1.0, 2], [3, 4]]), "it's $(b)": np.array([[5.0, 6]])}


def write_pickle(path):
    path.write_bytes(pickle.dumps({**ROWS, "none": float("nan")}))


def write_folder(path):
    path.mkdir()
    for name, array in ROWS.items():
        np.save(path / name, array)
    (path / "readme.txt").write_text("not an array")


def write_npz(path):
    np.savez(path, **ROWS)


def write_hdf5(path):
    with h5py.File(path, "w") as file:
        for name, array in ROWS.items():
            file[name] = array
        file["none"] = np.nan


def write_hickle_3(path):
    """As hickle 3 lays a mapping out: a group for each key, in quotes."""
    with h5py.File(path, "w") as file:
        file.attrs["CLASS"] = b"hickle"
        for name, array in {**ROWS, "none": np.nan}.items():
            file[f"data_0/{name!r}/data_0"] = array


def write_hickle_5(path):
    """As hickle 5 does."""
    with h5py.File(path, "w") as file:
        file.attrs["HICKLE_VERSION"] = "5.0.3"
        file["hickle_types_table/0"] = np.array([[b"\x80", b"\x04"]])
        for name, array in {**ROWS, "none": np.nan}.items():
            file[f'data/"{name}"'] = array


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("f.pkl", write_pickle),
        ("f.pickle", write_pickle),
        ("folder", write_folder),
        ("f.npz", write_npz),
        ("f.h5", write_hdf5),
        ("f.hdf5", write_hdf5),
        ("f.hickle", write_hickle_3),
        ("f.hkl", write_hickle_5),
    ],
)
def test_every_kind_of_file_gives_its_arrays_by_id(tmp_path, name, write):
    write(tmp_path / name)
    loaders = read_arrays(tmp_path / name)
    assert {key: loader().tolist() for key, loader in loaders.items() if key in ROWS} == {
        key: array.tolist() for key, array in ROWS.items()
    }
    assert all(loader() is None for key, loader in loaders.items() if key not in ROWS)
    assert set(loaders) - set(ROWS) <= {"none"}


def test_an_id_with_a_slash_is_a_path_in_hdf5(tmp_path):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["movie/clip"] = np.zeros(2)
    assert list(read_arrays(tmp_path / "f.h5")) == ["movie/clip"]


class ExpertStore:
    """The authors' container."""

    def __init__(self, rows, missing):
        self.keys, self.dim = list(rows), 2
        self.store = np.array(list(rows.values()), np.float16)
        self.keymap = {key: row for row, key in enumerate(rows)}
        self.missing = missing


def test_the_authors_container_gives_its_rows(tmp_path):
    rows = {"a": [1, 2], "b": [np.nan, np.nan], "c": [3, np.nan], "d": [0, 0]}
    (tmp_path / "f.pkl").write_bytes(pickle.dumps(ExpertStore(rows, {"d"}), 2))
    found = {key: loader() for key, loader in read_arrays(tmp_path / "f.pkl").items()}
    assert found["a"].tolist() == [1, 2]
    assert found["b"] is None
    assert found["d"] is None
    np.testing.assert_array_equal(found["c"], [3, np.nan])


def test_a_link_out_of_an_hdf5_file_is_refused(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["a"] = np.zeros(2)
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["a"] = h5py.ExternalLink("other.h5", "a")
    with pytest.raises(DatasetError, match="'a' is a link"):
        read_arrays(tmp_path / "f.h5")


def test_data_of_an_hdf5_file_in_another_file_is_refused(tmp_path):
    (tmp_path / "secret").write_bytes(b"12345678")
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.create_dataset("a", (1,), "f8", external=str(tmp_path / "secret"))
    with pytest.raises(DatasetError, match="'a' lies in other files"):
        read_arrays(tmp_path / "f.h5")


def test_a_bomb_of_hdf5_is_refused(tmp_path):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.create_dataset("a", (1 << 40,), "f8", chunks=(1 << 10,))
    with pytest.raises(DatasetError, match="unpacks to 8388608 MB, as bombs do"):
        read_arrays(tmp_path / "f.h5")


def test_what_is_not_known_is_said_with_what_is(tmp_path):
    (tmp_path / "f.mat").write_text("")
    with pytest.raises(DatasetError, match=r"no known kind. Use one of: \.pkl"):
        read_arrays(tmp_path / "f.mat")
    with pytest.raises(DatasetError, match="does not exist"):
        read_arrays(tmp_path / "missing.pkl")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="holds no array"):
        read_arrays(tmp_path / "empty")
    (tmp_path / "list.pkl").write_bytes(pickle.dumps([1]))
    with pytest.raises(DatasetError, match=r"holds a list\. Give a mapping"):
        read_arrays(tmp_path / "list.pkl")
