import json

import pytest

from teachtext.errors import StoreError
from teachtext.report import inputs

from .corpus import write_table


def test_evaluation_with_its_ranks(corpus):
    evaluation = inputs.read_evaluation(corpus.evaluations[-1])
    assert (evaluation.model, evaluation.seed) == ("teachtext", 1)
    assert evaluation.teachers == ("teacher-glove",)
    assert [len(evaluation.ranks[direction]) for direction in ("t2v", "v2t")] == [6, 3]
    assert evaluation.own_captions.tolist() == [2, 2, 2]


def test_an_incomplete_evaluation_says_what_to_do(corpus):
    path = corpus.evaluations[0]
    values = json.loads(path.read_text())
    del values["best_epoch"]
    path.write_text(json.dumps(values))
    with pytest.raises(StoreError, match=r"0\.json .*'best_epoch'.*Delete it"):
        inputs.read_evaluation(path)


def test_an_evaluation_may_have_no_val(corpus):
    path = corpus.evaluations[0]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"val": None}))
    assert inputs.read_evaluation(path).val is None
    assert inputs.read_evaluation(corpus.evaluations[1]).val is not None


@pytest.mark.parametrize("text", ["{", "[]", "\udc80"])
def test_a_damaged_evaluation_is_a_store_error(corpus, text):
    corpus.evaluations[0].write_text(text, errors="surrogateescape")
    with pytest.raises(StoreError, match="evaluation"):
        inputs.read_evaluation(corpus.evaluations[0])


def test_missing_and_damaged_tables_are_store_errors(tmp_path):
    with pytest.raises(StoreError, match="Cannot read the table"):
        inputs.read_table(tmp_path / "gone.parquet")
    (tmp_path / "noise.parquet").write_bytes(b"noise" * 20)
    with pytest.raises(StoreError, match="Cannot read the table"):
        inputs.read_table(tmp_path / "noise.parquet", ["a"])


def test_a_missing_column_is_named(tmp_path):
    path = write_table(tmp_path / "t.parquet", [{"a": 1}])
    with pytest.raises(StoreError, match="has no column b"):
        inputs.read_table(path, ["a", "b"])


def test_history_needs_its_model(tmp_path):
    path = write_table(tmp_path / "history.parquet", [{"epoch": 0}], {"seed": "0"})
    with pytest.raises(StoreError, match="does not say its model"):
        inputs.read_history(path)


def test_splits_from_csv_with_line_breaks_and_numbers_as_ids(tmp_path):
    path = tmp_path / "captions.csv"
    path.write_text(
        'video_id,caption,split\n007,"two\nlines",test\n7,x,test\n1,x,train\n1,y,train\n'
    )
    assert inputs.read_split_counts(path) == [("train", 2, 1), ("test", 2, 2)]


def test_splits_from_parquet(tmp_path):
    rows = [{"video_id": "a", "caption": "x", "split": "val", "caption_id": "1"}]
    assert inputs.read_split_counts(write_table(tmp_path / "c.parquet", rows)) == [("val", 1, 1)]


def test_found_videos_of_the_asked_text_queries_only(corpus):
    path = corpus.evaluations[0].with_suffix(".parquet")
    ranks = inputs.read_text_query_ranks(path)
    assert list(ranks) == sorted(corpus.captions)
    found = inputs.read_found(path, ["first#1"])
    assert list(found) == ["first#1"]
    assert found["first#1"].rank == ranks["first#1"]
    assert found["first#1"].video_id == "first"


def test_denoised_set_keeps_its_identity(corpus):
    denoised = inputs.read_denoised(corpus.denoise(1))
    assert (denoised.captions, denoised.seed) == ("clean", "1")
    assert denoised.keeps == "its video is among the first 100"
    assert (denoised.kept, denoised.dropped) == (4, 2)
    assert denoised.percent_dropped == pytest.approx(100 / 3)
