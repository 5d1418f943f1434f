import pytest

from teachtext.errors import StoreError
from teachtext.report import inputs
from tests.support.report_inputs import write_report_table


def test_history_needs_its_model(tmp_path):
    path = write_report_table(tmp_path / "history.parquet", [{"epoch": 0}], {"seed": "0"})
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
    assert inputs.read_split_counts(write_report_table(tmp_path / "c.parquet", rows)) == [
        ("val", 1, 1)
    ]


def test_denoised_set_keeps_its_identity(corpus):
    denoised = inputs.read_denoised(corpus.denoise(1))
    assert (denoised.captions, denoised.seed) == ("clean", "1")
    assert denoised.keeps == "its video is among the first 100"
    assert (denoised.kept, denoised.dropped) == (4, 2)
    assert denoised.percent_dropped == pytest.approx(100 / 3)
