import numpy as np

from teachtext.store.workdir import WorkDirectory


def test_items_come_back_and_missing_ones_are_none(tmp_path):
    work = WorkDirectory(tmp_path / "work")
    assert work.find("a") is None
    work.save("a", {"rows": np.arange(3)})
    assert work.find("a")["rows"].tolist() == [0, 1, 2]
    work.remove()
    assert not work.path.exists()


def test_an_item_torn_by_a_power_cut_counts_as_missing(tmp_path):
    work = WorkDirectory(tmp_path)
    work.save("a", {"rows": np.arange(300)})
    whole = (tmp_path / "a.npz").read_bytes()
    for kept in (0, 10, len(whole) // 2, len(whole) - 1):
        (tmp_path / "a.npz").write_bytes(whole[:kept])
        assert work.find("a") is None
