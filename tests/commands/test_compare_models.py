import re
from functools import partial

import pytest

from teachtext.cli import run
from teachtext.errors import StoreError
from tests.support.report_inputs import Corpus, change_evaluation

main = partial(run, "compare-models")

SKILL = {"baseline": 0.2, "teachtext": 1.0, "teacher-glove": 0.2}


@pytest.fixture
def results(tmp_path):
    """Evaluations of three models, of which one is always right."""
    return Corpus(
        tmp_path / "results", dict.fromkeys(f"video{n}" for n in range(20)), skill=SKILL
    ).folder


def told(results, capsys, *arguments):
    main([*arguments, f"--directory={results.parent}", "--samples=200"])
    return capsys.readouterr().out.splitlines()


def test_a_model_that_is_always_right_is_surely_better(results, capsys):
    head, names, row = told(results, capsys, "teachtext", "--against", "baseline")
    assert "above baseline" in head
    assert "40 queries" in head
    assert names.split() == ["R@1", "R@5", "R@10", "geometric", "mean", "p"]
    assert row.startswith("teachtext")
    intervals = re.findall(r"([+-][\d.]+) \(([+-][\d.]+) to ([+-][\d.]+)\)", row)
    assert len(intervals) == 4
    assert all(float(low) <= float(value) <= float(high) for value, low, high in intervals)
    assert float(intervals[0][1]) > 0
    assert row.endswith("0.010")  # 2 / 201: no draw says otherwise


def test_a_model_compared_with_itself_is_no_better(results, capsys):
    *_, row = told(results, capsys, "baseline", "--against", "baseline")
    assert row.count("+0.0 (+0.0 to +0.0)") == 4
    assert row.endswith("1.000")


def test_several_models_may_be_compared_also_teachers(results, capsys):
    _, _, *rows = told(results, capsys, "teachtext", "teacher-glove", "--against", "baseline")
    assert [row.split()[0] for row in rows] == ["teachtext", "teacher-glove"]


def test_a_model_that_is_not_there_is_answered_with_those_that_are(results, tmp_path):
    with pytest.raises(StoreError, match=r"'foo' is not among.*baseline, teacher-glove, teachtext"):
        main(["foo", "--against", "baseline", f"--directory={results.parent}"])
    (tmp_path / "none").mkdir()
    with pytest.raises(StoreError, match="there are none"):
        main(["foo", "--against", "baseline", f"--directory={tmp_path / 'none'}"])


def test_models_are_compared_by_the_seeds_that_all_have(results, capsys):
    head, _, both = told(results, capsys, "teachtext", "--against", "baseline")
    assert "seeds 0, 1;" in head
    (results / "evaluate/teachtext/1.json").unlink()
    head, _, one = told(results, capsys, "teachtext", "--against", "baseline")
    assert "seeds 0;" in head
    assert one != both
    (results / "evaluate/teachtext/0.json").rename(results / "evaluate/teachtext/9.json")
    (results / "evaluate/teachtext/0.parquet").rename(results / "evaluate/teachtext/9.parquet")
    change_evaluation(results / "evaluate/teachtext/9.json", seed=9)
    with pytest.raises(StoreError, match="no seed in common"):
        main(["teachtext", "--against", "baseline", f"--directory={results.parent}"])
