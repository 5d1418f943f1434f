import pickle

import numpy as np
import pytest

from teachtext import load_features
from teachtext.cli import main
from teachtext.errors import StoreError
from teachtext.store.similarities import open_similarities
from teachtext.store.tokens import read_tokens
from teachtext.tables.dataset import Caption, read_captions, write_captions
from tests.support.authors_archive import words_of, write_archive

VIDEOS = ["video0", "video1", "it's $(video2)"]


@pytest.fixture
def folder(tmp_path):
    captions = [
        Caption(f"{video}#{number}", video, "train", words_of(video, number).capitalize() + ".")
        for video in VIDEOS
        for number in (1, 0)
    ]
    write_captions(tmp_path / "captions.csv", captions)
    return tmp_path


def run(folder, *arguments):
    table = ["--captions", str(folder / "captions.csv")]
    main(["import-features", *table, *map(str, arguments), "--output", str(folder / "features")])


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.iterdir()}


def test_an_archive_of_the_authors_becomes_stores(folder, capsys):
    archive = write_archive(folder / "a.tar.gz", VIDEOS)
    run(folder, "--archives", archive)
    features = folder / "features"
    assert files(features) == {
        "audio.zarr",
        "captions.csv",
        "imagenet.senet154.0.zarr",
        "r2p1d.r2p1d-ig65m.0.zarr",
        "scene.densenet161.0.zarr",
        "teachers",
        "text",
    }
    visual = load_features(features, "imagenet.senet154.0")
    assert {video: visual[video].features_TD.tolist() for video in visual} == {
        video: [[number] * 4] for number, video in enumerate(VIDEOS)
    }
    sound = load_features(features, "audio")
    assert sound.video_ids == VIDEOS
    assert {video: sound[video].features_TD.shape for video in sound} == {VIDEOS[2]: (2, 5)}
    tokens = read_tokens(features / "text/gpt2-xl-finetune.parquet")
    rows = tokens.tokens.select(np.arange(6))
    first = [rows.take(np.array([i])).values[0, 0] for i in range(6)]
    assert first == [0, 1, 10, 11, 20, 21]
    teacher = open_similarities(features / "teachers/w2v.parquet")
    # of captions 0 and 1 of each video, in the archive's order
    sims = np.concatenate(list(teacher.blocks())).tolist()
    assert sims == [[0, 1, 2], [0, 11, 22]] * 3
    said = capsys.readouterr().out
    assert "expert  audio                               5         1" in said
    assert "1 not in the dataset: 'elsewhere'" in said
    assert "captions.csv: 6 of 6 captions" in said


def test_the_captions_are_in_the_archives_order(folder):
    run(folder, "--archives", write_archive(folder / "a.tar", VIDEOS, mode="w"))
    captions = read_captions(folder / "features/captions.csv")
    assert [c.caption_id for c in captions[:2]] == ["video0#0", "video0#1"]


def test_an_unpacked_archive_is_as_good(folder):
    write_archive(folder / "a.tar", VIDEOS, mode="w")
    run(folder, "--archives", folder / "a.tar-content")
    assert len(load_features(folder / "features", "scene.densenet161.0")) == len(VIDEOS)


def test_files_are_added_one_by_one_and_take_the_place_of_others(folder, capsys):
    run(folder, "--archives", write_archive(folder / "a.tar", VIDEOS, mode="w"))
    np.savez(folder / "mine.npz", **{VIDEOS[0]: np.full(2, 7.0)})
    vectors = {VIDEOS[0]: [np.ones((1, 2)), np.ones((1, 2))]}
    (folder / "t.pkl").write_bytes(pickle.dumps(vectors))
    run(folder, "--experts", f"audio={folder}/mine.npz", "--text", f"own={folder}/t.pkl")
    features = folder / "features"
    assert load_features(features, "audio")[VIDEOS[0]].features_TD.tolist() == [[7, 7]]
    assert load_features(features, "scene.densenet161.0").dim == 3
    # only of these captions all encoders have vectors
    assert {c.video_id for c in read_captions(features / "captions.csv")} == {VIDEOS[0]}
    assert "captions.csv: 2 of 6 captions" in capsys.readouterr().out


def dump(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(value, protocol=2))


def test_msvd_has_two_names_for_each_video_and_text_in_three_files(folder):
    root = folder / "unpacked/data/MSVD/structured-symlinks"
    rows = {video: np.full(3, number) for number, video in enumerate(VIDEOS)}
    dump(root / "aggregated_scene_25fps_256px_stride1_offset0/densenet161-avg.pickle", rows)
    dump(root / "dict_youtube_mapping.pkl", {v: f"vid{n}" for n, v in enumerate(VIDEOS)})
    for number, split in enumerate(("train", "val", "test")):
        # without words captions are in the order of the table, which has #1 before #0
        vectors = {f"vid{number}": [np.full((1, 2), number + 0.5), np.full((1, 2), number)]}
        dump(root / f"aggregated_text_feats/openai-caption-{split}.pkl", vectors)
    run(folder, "--archives", folder / "unpacked")
    tokens = read_tokens(folder / "features/text/openai.parquet")
    values = tokens.tokens.select(np.arange(6)).take(np.arange(6)).values[:, 0].tolist()
    found = {c.caption_id: value for c, value in zip(tokens.captions, values, strict=True)}
    assert found == {
        f"{video}#{caption}": number + (0.5 if caption else 0)
        for number, video in enumerate(VIDEOS)
        for caption in (0, 1)
    }


def test_didemo_names_features_by_files(folder):
    rows = {f"{video}.mov.mp4": np.full(3, number) for number, video in enumerate(VIDEOS)}
    name = "aggregated_scene_25fps_256px_stride1_offset0/densenet161-avg.pickle"
    dump(folder / "unpacked" / name, rows)
    run(folder, "--archives", folder / "unpacked")
    assert set(load_features(folder / "features", "scene.densenet161.0")) == set(VIDEOS)


class Hostile:
    def __reduce__(self):
        return (exec, ("open('hacked', 'w')",))


@pytest.mark.parametrize("name", ["aggregated_ocr_feats/x.pickle", "aggregated_text_feats/zzz.pkl",
                                  "raw-captions.pkl", "dict_youtube_mapping.pkl"])  # fmt: skip
def test_a_hostile_pickle_in_an_archive_writes_nothing(folder, name, monkeypatch):
    monkeypatch.chdir(folder)
    content = folder / "a.tar-content"
    write_archive(folder / "a.tar", VIDEOS, mode="w")
    (content / name).parent.mkdir(parents=True, exist_ok=True)
    (content / name).write_bytes(pickle.dumps({VIDEOS[0]: Hostile()}))
    before = files(folder)
    with pytest.raises(SystemExit) as stopped:
        run(folder, "--archives", content)
    assert str(stopped.value).count("\n") == 0
    assert "'builtins.exec'" in str(stopped.value)
    assert files(folder) == before
    assert not (folder / "features").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nothing to import"),
        (["--archives", "missing.tar"], "No such file"),
        (["--experts", "a=missing.npz"], "does not exist"),
        (["--experts", "../a=x.npz"], "is not NAME=PATH"),
        (["--experts", "a"], "is not NAME=PATH"),
    ],
)
def test_what_cannot_be_imported_is_one_line(folder, arguments, words, capsys):
    with pytest.raises(SystemExit) as stopped:
        run(folder, *arguments)
    assert words in f"{stopped.value} {capsys.readouterr().err}"


def test_an_archive_of_something_else_says_what_to_do(folder):
    (folder / "other").mkdir()
    with pytest.raises(SystemExit, match="Name its files one by one"):
        run(folder, "--archives", folder / "other")


def test_an_expert_that_is_not_there_is_told_with_those_that_are(folder):
    run(folder, "--archives", write_archive(folder / "a.tar", VIDEOS, mode="w"))
    with pytest.raises(StoreError, match=r"no expert 'ocr'. It has: audio, imagenet"):
        load_features(folder / "features", "ocr")
