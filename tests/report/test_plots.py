import re
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np

from teachtext.report.curves import plot_recalls, plot_training
from teachtext.report.inputs import History
from teachtext.report.plots import Line, draw_lines
from teachtext.report.summary import summarize_models
from tests.support.report_inputs import evaluation

LINE = Line("m0", "#3b7dd8", "students", [0, 1], [1.0, 2.0], [0.5, 2.0], [1.5, 2.0], [(1.0, 2.0)])


def draw(name="one", lines=(LINE,)):
    return draw_lines(name, lines, x_label="epoch", y_label="loss")


def test_text_and_axes_take_the_colour_of_the_page():
    svg = draw()
    assert "#010203" not in svg
    assert "currentColor" in svg
    assert "#000000" not in svg
    assert ">epoch</text>" in svg


def test_same_bytes_every_time_and_for_every_user_style():
    first = draw()
    with mpl.rc_context({"font.size": 30, "axes.grid": False}):
        assert draw() == first


def test_ids_are_unique_across_pictures():
    ids = [re.findall(r'\bid="([^"]+)"', draw(name)) for name in ("one", "two")]
    assert set(ids[0]).isdisjoint(ids[1])
    assert {"one-line-m0", "one-band-m0", "one-mark-m0"} <= set(ids[0])


def test_references_point_to_ids_of_the_same_picture():
    svg = draw()
    ids = set(re.findall(r'\bid="([^"]+)"', svg))
    references = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg))
    assert references
    assert {first or second for first, second in references} <= ids


def test_svg_is_well_formed_and_names_no_other_place():
    svg = str(draw())
    ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns:xlink="x" ', 1))
    assert "http" not in svg
    assert "<style" not in svg


def test_one_seed_has_no_band():
    single = Line("m0", "#3b7dd8", "students", [0, 1], [1.0, 2.0], [1.0, 2.0], [1.0, 2.0])
    assert "band-m0" not in draw(lines=[single])


def test_colours_repeat_after_ten():
    models = summarize_models([evaluation(f"model-{place}") for place in range(11)])
    assert models[0].color == models[10].color
    assert len({model.color for model in models}) == 10


def history(seed, scores, distillation):
    return History(
        "teachtext",
        seed,
        {
            "epoch": list(range(len(scores))),
            "val_t2v_geometric_mean": scores,
            "val_v2t_geometric_mean": scores,
            "ranking_loss": scores,
            "distillation_loss": distillation,
        },
    )


def titles(histories):
    evaluations = [evaluation("teachtext", 0, best_epoch=1)]
    models = summarize_models(evaluations)
    return [plot.title for plot in plot_training(models, histories, evaluations)]


def test_a_loss_that_nobody_has_is_not_plotted():
    assert titles([history(0, [1.0, 2.0], [None, None])])[-1] == "Ranking loss"
    assert titles([history(0, [1.0, 2.0], [0.5, 0.4])])[-1] == "Distillation loss"


def test_seeds_may_stop_at_different_epochs():
    both = [history(0, [1.0, 2.0, 3.0], [None] * 3), history(1, [1.0, 2.0], [None] * 2)]
    assert len(titles(both)) == 3


def test_models_without_history_are_left_out():
    assert titles([]) == []


def test_recalls_are_drawn_in_both_directions():
    evaluations = [evaluation(ranks={"t2v": np.array([0.0, 3.0]), "v2t": np.array([1.0])})]
    plots = plot_recalls(summarize_models(evaluations), evaluations)
    assert [plot.title for plot in plots] == ["Text to video", "Video to text"]
    assert all("line-m0" in plot.svg and "line-chance" in plot.svg for plot in plots)
