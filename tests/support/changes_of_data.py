"""Changes of what the user gives, over the data of ``tests.support.whole_run``."""

import os

from tests.support import whole_run
from tests.support.clips import write_clip

VIDEO = "train $(0)"
LONG_AGO = 1_000_000_000


def edit_rows(path, edit):
    header, rows = whole_run.read_rows(path)
    whole_run.write_rows(path, header, edit(rows))
    os.utime(path, (LONG_AGO, LONG_AGO))  # as a file that is moved here may be


def edit_captions(data, edit):
    edit_rows(data / "captions.csv", edit)


def edit_caption(data):
    edit_captions(data, lambda rows: [[rows[0][0], "a cat", rows[0][2]], *rows[1:]])


def add_caption(data):
    edit_captions(data, lambda rows: [*rows, [VIDEO, "a dog", "train"]])


def add_test_caption(data):
    edit_captions(data, lambda rows: [*rows, ["test $(0)", "a dog", "test"]])


def remove_caption(data):
    edit_captions(data, lambda rows: rows[1:])


def move_split(data):
    edit_captions(data, lambda rows: [[v, c, "val" if v == VIDEO else s] for v, c, s in rows])


def add_video(data):
    write_clip(data / "clips/new.mp4", seconds=1, sound=False)
    edit_rows(data / "videos.csv", lambda rows: [*rows, ["new", "clips/new.mp4"]])


def add_video_and_caption(data):
    add_video(data)
    edit_captions(data, lambda rows: [*rows, ["new", "a cat", "train"]])


def remove_video(data):
    for table in ("videos", "captions"):
        edit_rows(data / f"{table}.csv", lambda rows: [row for row in rows if row[0] != VIDEO])


def rename_video(data):
    for table in ("videos", "captions"):
        edit_rows(
            data / f"{table}.csv",
            lambda rows: [["new" if row[0] == VIDEO else row[0], *row[1:]] for row in rows],
        )


def replace_file(path, write):
    """Put another file in its place, which is older than what was made from the first."""
    write(path)
    os.utime(path, (LONG_AGO, LONG_AGO))


def replace_video(data):
    replace_file(data / f"clips/{VIDEO}.mp4", lambda path: write_clip(path, seconds=2, sound=False))


def replace_features(data):
    replace_file(data / "ocr.npz", lambda path: whole_run.write_feature_file(path, 300, seed=1))


def replace_similarities(data):
    replace_file(data / "scores.parquet", lambda path: whole_run.write_scores(path, seed=1))


def replace_tokens(data):
    replace_file(data / "theirs.parquet", lambda path: whole_run.write_their_tokens(path, seed=1))


def change_bytes(path):
    path.write_bytes(path.read_bytes()[::-1])


def replace_checkpoint(data):
    replace_file(data / "ce.pth", change_bytes)


def replace_word_vectors(data):
    replace_file(data / "words.txt", lambda path: path.write_text("a 1 0\ndog 1 1\ncat 0 1\n"))


def replace_weights(data):
    replace_file(data / "clip/model.safetensors", change_bytes)


def replace_tuned_weights(data):
    replace_file(data / "gpt2/model.safetensors", change_bytes)


def touch_tables(data):
    for table in ("videos", "captions"):
        (data / f"{table}.csv").touch()


def touch_what_others_made(data):
    for path in [*data.glob("*.npz"), *data.glob("*.parquet"), data / "ce.pth", data / "words.txt"]:
        path.touch()
