import gzip
import io
import stat
import tarfile
import zipfile

import pytest

from teachtext.errors import DatasetError
from teachtext.interop.archives import unpack_archive
from teachtext.interop.damage import MOST_ALWAYS


def member(name, *, kind=tarfile.REGTYPE, link="", data=b"x"):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(data) if kind == tarfile.REGTYPE else 0
    return info, data


def write(path, *members, mode="w"):
    if mode == "zip":
        return write_zip(path, *members)
    with tarfile.open(path, mode) as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return path


def write_zip(path, *members):
    kinds = {tarfile.REGTYPE: stat.S_IFREG, tarfile.DIRTYPE: stat.S_IFDIR}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, data in members:
            entry = zipfile.ZipInfo(info.name + "/" * info.isdir())
            entry.external_attr = kinds.get(info.type, stat.S_IFLNK) << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return path


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz", "zip"])
def test_wanted_files_are_unpacked_under_numbers(tmp_path, scratch, mode):
    members = [member("./data/a.pkl", data=b"A"), member("data/b.txt"), member("c.npy", data=b"C")]
    archive = write(tmp_path / "a.tar", *members, mode=mode)
    found = unpack_archive(archive, scratch, wanted=lambda name: not name.endswith(".txt"))
    assert list(found) == ["data/a.pkl", "data/b.txt", "c.npy"]
    assert {path.name: path.read_bytes() for path in found.values() if path} == {
        "0.pkl": b"A",
        "2.npy": b"C",
    }
    assert len(list(scratch.iterdir())) == 2


@pytest.mark.parametrize(
    ("hostile", "words"),
    [
        (member("/etc/cron.d/x"), "leads out"),
        (member("data/../../x"), "leads out"),
        (member("..", kind=tarfile.DIRTYPE), "leads out"),
        (member("a\\..\\x"), "leads out"),
        (member("link", kind=tarfile.SYMTYPE, link="/etc/passwd"), "link or a device"),
        (member("link", kind=tarfile.LNKTYPE, link="good"), "link or a device"),
        (member("null", kind=tarfile.CHRTYPE), "link or a device"),
        (member("disk", kind=tarfile.BLKTYPE), "link or a device"),
        (member("pipe", kind=tarfile.FIFOTYPE), "link or a device"),
    ],
)
@pytest.mark.parametrize("mode", ["w", "w:gz", "zip"])
def test_a_hostile_member_refuses_the_archive_even_if_nobody_wants_it(
    tmp_path, scratch, hostile, words, mode
):
    archive = write(tmp_path / "a.tar", hostile, member("good"), mode=mode)
    with pytest.raises(DatasetError, match=words) as caught:
        unpack_archive(archive, scratch, wanted=lambda name: name == "good")
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "scratch"]
    assert not list(scratch.iterdir())


@pytest.mark.parametrize(("mode", "words"), [("w:gz", "more than 64 MB"), ("zip", "65 MB")])
def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path, scratch, mode, words):
    zeros = member("bomb.pkl", data=bytes(MOST_ALWAYS + (1 << 20)))
    archive = write(tmp_path / "a", zeros, mode=mode)
    assert archive.stat().st_size < 1 << 20
    with pytest.raises(DatasetError, match=f"unpacks to {words}, as bombs do"):
        unpack_archive(archive, scratch, wanted=lambda _: True)


def test_a_bomb_in_a_header_is_refused(tmp_path, scratch):
    info, _ = member("a")
    info.type, info.size = tarfile.XHDTYPE, MOST_ALWAYS * 2
    with gzip.open(tmp_path / "a.tar.gz", "wb") as stream:
        stream.write(info.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(130):
            stream.write(bytes(1 << 20))
    with pytest.raises(DatasetError, match="as bombs do"):
        unpack_archive(tmp_path / "a.tar.gz", scratch, wanted=lambda _: True)
