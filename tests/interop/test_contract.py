"""What holds of every importer, whatever it is given: one line of error, and nothing is written.

An importer is a command or stage whose name begins with ``import-``, with each kind of file that it
takes; a new one, a new benchmark or a new kind of file is missed here until it has its entry.
"""

import io
import json
import pickle
import stat
import tarfile
import tempfile
import zipfile
from functools import cache, partial

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from teachtext.cli import command_names, main, stage_names
from teachtext.interop.benchmarks.benchmarks import BENCHMARKS
from teachtext.interop.damage import MOST_ALWAYS
from teachtext.interop.features.arrays import READERS
from teachtext.store.features import StoreIdentity
from teachtext.store.records import Features
from teachtext.store.tokens import write_tokens
from teachtext.store.weights import WeightsIdentity
from teachtext.tables.dataset import Caption, write_captions
from tests.support.authors_archive import words_of, write_archive
from tests.support.authors_checkpoint import write_checkpoint
from tests.support.authors_models import EXPERT_DIMS, tensors
from tests.support.benchmark_files import PUT
from tests.support.reference import load_reference, section
from tests.support.stores import write_store
from tests.support.toy_sets import toy_architecture

VIDEOS = ("a", "b", "c")
CAPTIONS = [Caption(f"{video}#0", video, "train", words_of(video, 0)) for video in VIDEOS]
WEIGHTS = WeightsIdentity("archive", "hash")


def dump(path, value):
    path.write_bytes(pickle.dumps(value))


def write_hdf5(path, arrays):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array


WRITERS = {
    ".npz": lambda path, arrays: np.savez(path, **arrays),
    **dict.fromkeys((".pkl", ".pickle", ".pckl", ".pk"), dump),
    **dict.fromkeys((".h5", ".hdf5", ".hkl", ".hickle"), write_hdf5),
}
"""End of a file's name -> what writes arrays by name to it."""


def pack(folder, path):
    """A zip or tar archive of a folder."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file in folder.rglob("*"):
                archive.write(file, file.relative_to(folder))
    else:
        with tarfile.open(path, "w:gz") as tar:
            tar.add(folder, arcname=".")
    return path


def table(folder):
    write_captions(folder / "captions.csv", CAPTIONS)
    return ["--captions", folder / "captions.csv"]


def dataset(name, folder):
    (folder / "native").mkdir()
    PUT[name](folder / "native")
    return list((folder / "native").iterdir()), [
        *("import-dataset", name, "--annotations", folder / "native"),
    ]


def packed_dataset(ending, folder):
    dataset("didemo", folder)
    file = pack(folder / "native", folder / f"given{ending}")
    return [file], ["import-dataset", "didemo", "--annotations", file]


def archive(ending, folder):
    write_archive(folder / "made.tar.gz", VIDEOS, captions=1)
    file = pack(folder / "made.tar.gz-content", folder / f"given{ending}")
    return [file], ["import-features", *table(folder), "--archives", file]


def features(ending, folder):
    file = folder / f"given{ending}"
    WRITERS[ending](file, {video: np.ones((1, 2)) for video in VIDEOS})
    return [file], ["import-features", *table(folder), "--experts", f"x={file}"]


def rows_in_a_folder(folder):
    (folder / "given").mkdir()
    for video in VIDEOS:
        np.save(folder / "given" / f"{video}.npy", np.ones(2))
    arguments = ["import-features", *table(folder), "--experts", f"x={folder / 'given'}"]
    return list((folder / "given").iterdir()), arguments


def columns(ending, folder):
    file = folder / f"given{ending}"
    ids = np.array(VIDEOS) if ending == ".npz" else list(VIDEOS)
    WRITERS[ending](file, {"video_id": ids, "features": np.eye(3)})
    (folder / "t.csv").write_text("video_id,caption,split\na,x,train\nb,x,train\nc,x,train\n")
    options = ["--expert", "x", "--shards", "trainval=1", "--captions", folder / "t.csv"]
    options += ["--shard", "trainval-0", "--ledger", folder / "ledger.parquet"]
    return [file], ["import-expert", *options, "--features", file]


def pickled(option, content, folder):
    file = folder / "given.pkl"
    dump(file, content)
    np.savez(folder / "x.npz", **{video: np.ones(2) for video in VIDEOS})
    value = f"x={file}" if option == "--text" else file
    others = ["--experts", f"x={folder / 'x.npz'}"]
    return [file], ["import-features", *table(folder), *others, option, value]


def token_columns(ending, folder):
    file = folder / f"given{ending}"
    ids = [caption.caption_id for caption in CAPTIONS]
    arrays = {"tokens": np.ones((3, 3)), "offsets": np.arange(4)}
    WRITERS[ending](file, {"caption_id": np.array(ids) if ending == ".npz" else ids, **arrays})
    return [file], ["import-features", *table(folder), "--text", f"x={file}"]


def put_tokens(file, dim, max_tokens):
    vectors = [np.ones((1, dim), np.float32) for _ in CAPTIONS]
    identity = {"encoder": "x", "weights": WEIGHTS, "dim": dim, "max_tokens": max_tokens}
    write_tokens(file, [(CAPTIONS, vectors)], **identity)
    return file


def tokens(folder):
    file = put_tokens(folder / "given.parquet", 3, 4)
    options = ["--name", "x", "--max-tokens", "4", "--portion", "trainval"]
    return [file], ["import-tokens", *table(folder), *options, "--tokens", file]


def similarities(folder):
    file = folder / "given.parquet"
    sims = pa.array(np.eye(3).tolist(), pa.list_(pa.float32()))
    rows = pa.table({"caption_id": [caption.caption_id for caption in CAPTIONS], "sim": sims})
    pq.write_table(rows.replace_schema_metadata({"video_ids": json.dumps(VIDEOS)}), file)
    options = ["--model", "x", "--seed", "0"]
    return [file], ["import-similarities", *table(folder), *options, "--similarities", file]


def put_stores(folder):
    for expert, dim in EXPERT_DIMS.items():
        found = {"a": Features(np.ones((1, dim), np.float32), np.zeros(1), np.ones(1))}
        identity = StoreIdentity(expert, "import", dim, WEIGHTS, {})
        write_store(folder / expert / "trainval-0.zarr", identity, found)


def checkpoint(zipped, folder):
    weights = tensors(section(load_reference("ce"), "state/"))
    file = write_checkpoint(folder / "given.pth", weights, zipped=zipped)
    stores = [f"{expert}={folder.parent / 'stores' / expert}" for expert in EXPERT_DIMS]
    options = ["--model", "x", "--shards", "trainval=1", "--max-failed-fraction", "0"]
    architecture = toy_architecture(max_rows={"audio": 5, "ocr": 4}).model_dump_json()
    given = ["--tokens", put_tokens(folder / "t.parquet", 20, 7), "--features", *stores]
    return [file], [
        *("import-checkpoint", *options, *given),
        *("--architecture", architecture, "--checkpoint", file),
    ]


ENDINGS = (".zip", ".tar.gz")
KINDS = {reader: ending for ending, reader in READERS.items()}.values()
LINES = ("import-dataset lsmdc", "import-dataset msvd")
"""Of what has neither a frame nor a checksum, half is a shorter one."""
IMPORTERS = {
    **{f"import-dataset {name}": partial(dataset, name) for name in BENCHMARKS},
    **{f"import-dataset {ending}": partial(packed_dataset, ending) for ending in ENDINGS},
    **{f"import-features --archives {ending}": partial(archive, ending) for ending in ENDINGS},
    **{f"import-features --experts {ending}": partial(features, ending) for ending in KINDS},
    "import-features --experts .npy": rows_in_a_folder,
    **{f"import-expert {ending}": partial(columns, ending) for ending in (".npz", ".h5")},
    "import-features --text .pkl": partial(
        pickled, "--text", {video: [np.ones((1, 3))] for video in VIDEOS}
    ),
    "import-features --words": partial(pickled, "--words", {v: [words_of(v, 0)] for v in VIDEOS}),
    "import-features --ids": partial(pickled, "--ids", {"vid1": "a", "vid2": "b"}),
    "import-features --text .npz": partial(token_columns, ".npz"),
    "import-features --text .h5": partial(token_columns, ".h5"),
    "import-tokens": tokens,
    "import-similarities": similarities,
    "import-checkpoint zip": partial(checkpoint, True),
    "import-checkpoint legacy": partial(checkpoint, False),
}
"""Importer and kind of file -> what makes good files in a folder, and how they are imported."""


class Hostile:
    def __reduce__(self):
        return (exec, ("open('hacked', 'w')",))


@cache
def zipped(name, link=False, size=1):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (stat.S_IFLNK if link else stat.S_IFREG) << 16
        made.writestr(entry, bytes(size), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


@cache
def tarred(name, link=False, size=1):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as made:
        entry = tarfile.TarInfo(name)
        entry.type, entry.size = (tarfile.SYMTYPE, 0) if link else (tarfile.REGTYPE, size)
        entry.linkname = "/etc/passwd" if link else ""
        made.addfile(entry, None if link else io.BytesIO(bytes(size)))
    return stream.getvalue()


@cache
def called_by_torch():
    stream = io.BytesIO()
    torch.save({"a": Hostile()}, stream)
    return stream.getvalue()


SPOILED = {
    "empty": lambda _: b"",
    "text": lambda _: b"some text, and nothing else\n" * 99,
    "noise": lambda _: np.random.default_rng(0).bytes(4000),
    "half of it": lambda whole: whole[: len(whole) // 2],
    "its beginning": lambda whole: whole[:10],
    "a pickle that calls": lambda _: pickle.dumps({"a": Hostile()}),
    "a pickle of another thing": lambda _: pickle.dumps([1, {"a": (None, "b")}]),
    "a checkpoint that calls": lambda _: called_by_torch(),
    "a zip bomb": lambda _: zipped("a.npy", size=MOST_ALWAYS + 1),
    "a tar bomb": lambda _: tarred("a.npy", size=MOST_ALWAYS + 1),
    "a zip with a way out": lambda _: zipped("../outside"),
    "a tar with a way out": lambda _: tarred("../outside"),
    "a zip with an absolute name": lambda _: zipped("/outside"),
    "a tar with an absolute name": lambda _: tarred("/outside"),
    "a zip with a link": lambda _: zipped("a.npy", link=True),
    "a tar with a link": lambda _: tarred("a.npy", link=True),
}
"""What a file becomes -> its new content."""


@pytest.fixture
def run(tmp_path, monkeypatch, made_once):
    """Import files, of which something may be made before; what is in the folder then."""
    folder, scratch = tmp_path / "folder", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    (tmp_path / "stores").symlink_to(made_once("stores", put_stores))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.chdir(folder)

    def run(importer, spoil=lambda _: None):
        files, arguments = IMPORTERS[importer](folder)
        for file in files:
            spoil(file)
        before = sorted(folder.rglob("*"))
        try:
            main([*map(str, arguments), "--output", str(folder / "out")])
        finally:
            made = [path for path in sorted(folder.rglob("*")) if path not in before]
            assert not list(scratch.glob("tmp*"))
        return made

    def refused(importer, spoil):
        with pytest.raises(SystemExit) as stopped:
            run(importer, spoil)
        assert isinstance(stopped.value.code, str)
        assert stopped.value.code.startswith(f"teachtext {importer.split()[0]}: ")
        assert "\n" not in stopped.value.code
        assert not (folder / "out").exists()
        assert not (folder / "hacked").exists()
        assert not (tmp_path / "outside").exists()

    run.refused = refused
    return run


def test_every_importer_is_tried():
    names = {name for name in (*command_names(), *stage_names()) if name.startswith("import-")}
    assert {importer.split()[0] for importer in IMPORTERS} == names
    assert WRITERS.keys() == READERS.keys()


@pytest.mark.parametrize("importer", IMPORTERS)
def test_a_good_file_is_imported(run, importer):
    made = run(importer)
    assert made
    # beside its output a stage may write a ledger, and leave the tables that it has dealt out
    allowed = {"out", "ledger.parquet", ".snakemake"}
    assert all(allowed & {*path.parts} for path in made)


@pytest.mark.parametrize(
    ("importer", "what"),
    [
        (importer, what)
        for importer in IMPORTERS
        for what in SPOILED
        if importer not in LINES or what != "half of it"
    ],
)
def test_a_spoiled_file_is_one_line_and_nothing_is_written(run, importer, what):
    run.refused(importer, lambda file: file.write_bytes(SPOILED[what](file.read_bytes())))


@pytest.mark.parametrize("importer", IMPORTERS)
def test_what_is_no_file_is_one_line_and_nothing_is_written(run, importer):
    def become_a_folder(file):
        file.unlink()
        file.mkdir()

    run.refused(importer, become_a_folder)


@pytest.mark.parametrize("importer", IMPORTERS)
def test_a_link_to_nothing_is_one_line_and_nothing_is_written(run, importer):
    def become_a_link(file):
        file.unlink()
        file.symlink_to("nowhere")

    run.refused(importer, become_a_link)
