import re
from xml.etree import ElementTree

import pytest

from teachtext.pruning.pareto import pareto_table
from teachtext.report.headline import MINUS
from teachtext.report.prunings import read_pruning
from teachtext.store.tables import write_table
from teachtext.store.versions import MADE_BY, stamp
from tests.support.report_inputs import evaluations_of
from tests.support.report_pages import Page, write

MADE = {MADE_BY: stamp("compute_pareto"), "search": "lean", "runs": "[]"}
SECONDS = {"appearance": 0.3, "ocr": 0.3, "speech": 0.4}
SUBSETS = [("appearance", "ocr", "speech"), ("appearance", "ocr"), ("appearance",)]


def result(folder, *scores, seconds=SECONDS, plain=()):
    """A pruning with the scores of the seeds at each level; `plain`: also without teachers."""
    evaluations = [
        evaluation
        for teachers, curve in ((("t/0",), scores), ((), plain))
        for experts, values in zip(SUBSETS, curve, strict=False)
        for evaluation in evaluations_of(
            "lean", values, experts=experts, parameters=100 * len(experts), teachers=teachers
        )
    ]
    path = folder / "pareto.parquet"
    write_table(path, pareto_table(evaluations, seconds), MADE)
    return read_pruning(path, place=0)


def sentences(found):
    return [sentence.replace(MINUS, "-") for sentence in found.sentences]


@pytest.mark.parametrize(
    ("full", "less", "sentence"),
    [
        ([50, 50.2], [49.7, 49.9], "-0.3 points (± 0.2), 40 % less extraction time."),
        ([50, 50], [52, 52], "+2.0 points (± 0.0), 40 % less extraction time."),
        (
            [49, 51],
            [48, 51],
            "no difference beyond the spread of the seeds (-0.5 points ± 2.5); "
            "40 % less extraction time.",
        ),
        (
            [50, 50],
            [50, 50],
            "no difference beyond the spread of the seeds (0.0 points ± 0.0); "
            "40 % less extraction time.",
        ),
        ([50], [45], "-5.0 points in one seed, of unknown spread; 40 % less extraction time."),
    ],
)
def test_a_sentence_claims_what_the_spread_carries(tmp_path, full, less, sentence):
    assert sentences(result(tmp_path, full, less)) == [f"Without speech: {sentence}"]


def test_a_level_names_all_that_is_dropped(tmp_path):
    found = result(tmp_path, [50, 50], [49, 49], [40, 40])
    last = "Without speech and ocr: -10.0 points (± 0.0), 70 % less extraction time."
    assert sentences(found)[-1] == last


def test_parameters_are_told_where_seconds_are_not_known(tmp_path):
    found = result(tmp_path, [50, 50], [49, 49], seconds={**SECONDS, "ocr": None})
    assert not found.timed
    assert sentences(found) == ["Without speech: -1.0 points (± 0.0), 33 % fewer parameters."]
    assert "parameters, millions" in found.plot


def test_only_the_curve_that_decided_is_labelled(tmp_path):
    found = result(tmp_path, [50, 50], [49, 49], plain=([40, 40], [30, 30]))
    assert [curve.name for curve in found.curves] == ["with teachers", "without teachers"]
    labels = re.findall(r">(all|- \w+)</text>", found.plot.replace(MINUS, "-"))
    assert labels == ["all", "- speech"]


def test_the_plot_is_well_formed_and_the_same_each_time(tmp_path):
    scores = ([49, 51], [48, 50])
    plot = str(result(tmp_path, *scores, plain=scores).plot)
    ElementTree.fromstring(plot.replace("<svg ", '<svg xmlns:xlink="x" ', 1))
    assert plot == result(tmp_path, *scores, plain=scores).plot
    assert "#010203" not in plot
    assert "seconds of extraction per video" in plot


def test_a_pruning_that_drops_nothing_has_no_sentence(tmp_path):
    found = result(tmp_path, [50, 50])
    assert sentences(found) == []
    assert [level.dropped for level in found.curves[0].levels] == [()]


def test_names_are_no_formulas(tmp_path):
    evaluations = [
        *evaluations_of("lean", [50], experts=("a", "b_$x^2$")),
        *evaluations_of("lean", [40], experts=("a",)),
    ]
    table = pareto_table(evaluations, {"a": 1.0, "b_$x^2$": 1.0})
    write_table(tmp_path / "pareto.parquet", table, {"search": "lean"})
    assert "b_$x^2$</text>" in read_pruning(tmp_path / "pareto.parquet", place=0).plot


def test_the_page_tells_and_draws_every_pruning(corpus):
    result(corpus.folder, [49, 51], [48, 50], plain=([40, 41], [30, 31]))
    text = write(corpus, searches=[corpus.folder / "pareto.parquet"])
    assert Page(text).open == []
    section = text[text.index('<section id="pruned">') : text.index('<section id="availability">')]
    assert "<li>Without speech: " in section
    assert section.count("<svg") == 1
    table = section[section.index("<table") :]
    assert table.count('<tr><th scope="row"') == 4
    assert '<td class="number" data-value="0.6">0.6</td>' in table
    assert "<td>speech</td>" in table
    assert "made elsewhere" not in section


def test_without_a_pruning_there_is_no_such_section(corpus):
    assert 'id="pruned"' not in write(corpus)
