import tarfile
import zipfile

import pytest

from teachtext.errors import DatasetError
from teachtext.interop.benchmarks.benchmarks import BENCHMARKS
from teachtext.interop.benchmarks.files import find_annotations
from tests.support.benchmark_files import put

ACTIVITYNET = BENCHMARKS["activitynet"]


def packed(path, folder, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in sorted(folder.iterdir()):
            archive.write(member, f"captions/{member.name}")
    return path


def refused(places, benchmark=ACTIVITYNET):
    with pytest.raises(DatasetError) as error:
        find_annotations(places, benchmark)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_files_are_found_in_folders_zips_tars_and_by_themselves(native, tmp_path, rows):
    folder = native.put("activitynet")
    whole = rows(native.read("activitynet"))
    archive = packed(tmp_path / "captions.ZIP", folder)
    with tarfile.open(tmp_path / "captions.tar.gz", "w:gz") as tar:
        tar.add(folder, "some/folder")
    (tmp_path / "deep").mkdir()
    folder.rename(tmp_path / "deep/er")
    single = [tmp_path / "deep/er" / name for name in ("train.json", "val_1.json", "val_2.json")]
    for places in ([archive], [tmp_path / "captions.tar.gz"], [tmp_path / "deep"], single):
        assert rows(native.read("activitynet", *places)) == whole


def test_where_a_file_was_found_is_kept(native, tmp_path):
    archive = packed(tmp_path / "captions.zip", native.put("activitynet"))
    found = find_annotations([archive], ACTIVITYNET)
    assert found["train.json"].place == f"{archive}/captions/train.json"


def test_a_missing_file_is_answered_with_names_and_origin(native):
    put(native.folder, "val_1.json", {})
    put(native.folder, "readme.md", "hello")
    message = refused([native.folder])
    assert "needs train.json and val_1.json; found: val_1.json, readme.md." in message
    assert "cs.stanford.edu" in message


def test_alternatives_are_told(native):
    message = refused([native.folder], BENCHMARKS["msrvtt-full"])
    names = "MSRVTT_v2.json, or train_val_videodatainfo.json and test_videodatainfo.json"
    assert names in message
    assert "found: nothing" in message


def test_a_place_that_is_not_there_is_told(native):
    assert "nowhere does not exist" in refused([native.folder / "nowhere"])


def test_one_file_in_two_places_is_taken_once_and_two_are_refused(native, tmp_path):
    folder = native.put("activitynet")
    archive = packed(tmp_path / "captions.zip", folder)
    assert len(find_annotations([folder, archive], ACTIVITYNET)) == 3
    put(folder, "train.json", {"v_other": {"sentences": ["A."]}})
    assert "have one name and differ" in refused([folder, archive])


def test_an_encrypted_member_is_refused(native, tmp_path):
    archive = packed(tmp_path / "captions.zip", native.put("activitynet"))
    content = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(signature, at + 1)) >= 0:
            content[at + offset] |= 1
    archive.write_bytes(content)
    assert "is encrypted" in refused([archive])


def test_a_member_packed_in_an_unknown_way_is_refused(native, tmp_path):
    archive = packed(tmp_path / "captions.zip", native.put("activitynet"))
    content = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = -1
        while (at := content.find(signature, at + 1)) >= 0:
            content[at + offset] = 97
    archive.write_bytes(content)
    assert "compression method" in refused([archive])


def test_a_file_that_cannot_be_read_is_told(native):
    native.put("activitynet")
    (native.folder / "train.json").unlink()
    (native.folder / "train.json").symlink_to("nowhere")
    assert "Cannot read" in refused([native.folder])
