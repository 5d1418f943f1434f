import numpy as np
import pyarrow.parquet as pq
import pytest

from teachtext.errors import StoreError
from teachtext.evaluation import records
from teachtext.store.json_files import read_json, write_json
from teachtext.store.tables import read_table, table_metadata, write_table
from teachtext.store.versions import STAGE_VERSIONS
from tests.support.report_inputs import Corpus, change_evaluation


@pytest.fixture
def corpus(tmp_path):
    return Corpus(tmp_path, dict.fromkeys(["first", "second", "third"]))


def test_evaluation_with_its_ranks(corpus):
    evaluation = records.read_evaluation(corpus.evaluations[-1])
    assert (evaluation.model, evaluation.seed) == ("teachtext", 1)
    assert evaluation.teachers == ("teacher-glove",)
    assert [len(evaluation.ranks[direction]) for direction in ("t2v", "v2t")] == [6, 3]
    assert evaluation.own_captions.tolist() == [2, 2, 2]


def test_an_incomplete_evaluation_says_what_to_do(corpus):
    path = corpus.evaluations[0]
    change_evaluation(path, val={})
    with pytest.raises(StoreError, match=r"0\.json .*'t2v'.*Delete it"):
        records.read_evaluation(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [("teachers", [7]), ("weights", {}), ("weights", 7), ("seed", "first"), ("test", {"t2v": {}})],
)
def test_a_value_of_another_kind_says_what_to_do(corpus, key, value):
    change_evaluation(corpus.evaluations[0], **{key: value})
    with pytest.raises(StoreError, match=rf"0\.json .*\({key}.*\)\. Delete it to evaluate again"):
        records.read_evaluation(corpus.evaluations[0])


def test_an_evaluation_may_have_no_val(corpus):
    path = corpus.evaluations[0]
    change_evaluation(path, val=None)
    assert records.read_evaluation(path).val is None
    assert records.read_evaluation(corpus.evaluations[1]).val is not None


def test_ranks_of_another_evaluation_are_refused(corpus):
    path = corpus.evaluations[0]
    write_json(path, read_json(path) | {"best_epoch": 0})
    ranks = path.with_suffix(".parquet")
    line = f"{ranks} does not belong to {path}. Delete both and run snakemake again."
    with pytest.raises(StoreError, match=f"^{line}$"):
        records.read_evaluation(path)


def test_an_evaluation_of_another_version_is_refused(corpus, monkeypatch):
    monkeypatch.setitem(STAGE_VERSIONS, "evaluate_model", 2)
    with pytest.raises(StoreError, match=r"\(evaluate_model 1, this one makes 2\)"):
        records.read_evaluation(corpus.evaluations[0])


@pytest.mark.parametrize("text", ["", "{", "[]", "\udc80"])
def test_a_damaged_evaluation_is_a_store_error(corpus, text):
    corpus.evaluations[0].write_text(text, errors="surrogateescape")
    with pytest.raises(StoreError, match=r"0\.json.* Delete it and run snakemake again"):
        records.read_evaluation(corpus.evaluations[0])


def test_found_videos_of_the_asked_text_queries_only(corpus):
    path = corpus.evaluations[0].with_suffix(".parquet")
    ranks = records.read_text_query_ranks(path)
    assert list(ranks) == sorted(corpus.captions)
    found = records.read_found(path, ["first#1"])
    assert list(found) == ["first#1"]
    assert found["first#1"].rank == ranks["first#1"]
    assert found["first#1"].video_id == "first"


def test_a_table_without_the_details_says_what_to_delete(corpus):
    path = corpus.evaluations[0].with_suffix(".parquet")
    table = read_table(path)
    write_table(path, table.drop_columns(["weights"]), table_metadata(table))
    with pytest.raises(StoreError, match=r"0\.parquet has no column 'weights': .* Delete it"):
        records.read_details(path)
    write_table(path, table, {"sample": "[]"})
    with pytest.raises(StoreError, match=r"does not say its experts\. Delete it"):
        records.read_details(path)


def test_details_are_in_the_order_of_the_ids(corpus):
    path = corpus.evaluations[0].with_suffix(".parquet")
    details = records.read_details(path)
    assert details.experts == ("appearance", "audio", "motion")
    assert details.captions == ("first#0", "second#0", "third#0")
    assert details.weights_QM.tolist() == [[0.5, 0.3, 0.2]] * 6
    rows = {row["query_id"]: row for row in pq.read_table(path).to_pylist()}
    videos = ["first", "second", "third"]
    for place, caption in enumerate(sorted(corpus.captions)):
        assert [videos[index] for index in details.top_QK[place]] == rows[caption]["top"]
    sampled = [rows[caption]["sampled"] for caption in details.captions]
    np.testing.assert_array_equal(details.sampled_SS, sampled)
