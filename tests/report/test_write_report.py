import json
import re
from functools import partial

import pytest

from teachtext.cli import parse, run
from teachtext.errors import ConfigError, StoreError
from teachtext.report.inputs import read_model
from teachtext.report.page import format_millions, format_rank, render_page
from teachtext.stages.write_report import read_report
from teachtext.store.tables import read_table, table_metadata, write_table
from tests.support.report_inputs import MODELS, Corpus, change_evaluation, three
from tests.support.report_pages import Page, write

main = partial(run, "write-report")

HOSTILE = "<script>alert(1)</script> \"quoted\" 'n' ../../etc & <img src=http://example.com/x>"


def rendered(corpus):
    """The page of models whose names no config.yaml may have, so that they are not checked."""
    arguments = parse("write-report", corpus.arguments(corpus.folder / "index.html"))
    return render_page(read_report(arguments, [read_model(one) for one in arguments.models]))


@pytest.fixture(scope="module")
def written(tmp_path_factory, video):
    """The page of three videos and three models, without more arguments."""
    return write(Corpus(tmp_path_factory.mktemp("report") / "run", three(video)))


def test_page_is_well_formed_and_has_every_part_in_order(corpus):
    text = write(corpus, denoise=[corpus.denoise(0)], reviews=[corpus.review()])
    assert len(text) < 500_000
    page = Page(text)
    assert page.open == []
    assert re.findall(r'<section id="(\w+)"', text) == [
        "results", "training", "recall", "agreement", "mixture", "availability", "denoising",
        "gallery", "provenance",
    ]  # fmt: skip
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_without_captions_the_page_shows_what_the_experts_found(corpus):
    config = corpus.config | {"dataset": corpus.config["dataset"] | {"captions": None}}
    given = {
        **{"title": "no words", "manifest": corpus.manifest, "ledger": corpus.ledger},
        **{"queries": 4, "results-per-query": 2, "seed": 0, "heat-map": 3},
        **{"bootstrap-samples": 9, "bootstrap-seed": 0, "config": json.dumps(config)},
    }
    none = ["--evaluations", "--models", "--denoise", "--reviews", "--searches"]
    output = corpus.folder / "index.html"
    main([*none, *(f"--{name}={value}" for name, value in given.items()), f"--output={output}"])
    text = output.read_text()
    assert Page(text).open == []
    assert re.findall(r'<section id="(\w+)"', text) == ["availability", "provenance"]
    assert re.findall(r'<a href="#(\w+)"', text) == ["availability", "provenance"]
    assert "There are no captions" in text


def test_nothing_is_loaded_from_elsewhere(written):
    page = Page(written)
    for tag, name, value in page.attributes:
        if name in {"src", "href", "xlink:href", "srcset", "action"}:
            assert value.startswith(("data:", "#")), (tag, name, value)
        assert name == "style" or "url(" not in value or "url(#" in value
    assert not {"link", "iframe", "object", "base"} & set(page.tags)


def test_the_policy_allows_this_script_only(written):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', written)[1]
    assert "default-src 'none'" in policy.replace("&#39;", "'")
    assert "sha256-" in policy
    assert Page(written).tags.count("script") == 1
    assert not [name for _, name, _ in Page(written).attributes if name.startswith("on")]


def test_hostile_captions_and_ids_are_text(tmp_path, video):
    videos = {'"><script>alert(2)</script>': video, "../../b": None, "c": video}
    spoken = {f"{video_id}#{number}": HOSTILE for video_id in videos for number in range(2)}
    corpus = Corpus(tmp_path, videos, spoken=spoken)
    reviews = [corpus.review(first='"><script>alert(2)</script>')]
    text = write(corpus, denoise=[corpus.denoise(0)], reviews=reviews)
    page = Page(text)
    assert page.tags.count("script") == 1
    assert "alert(1)" in text
    assert not [value for tag, name, value in page.attributes if (tag, name) == ("img", "onerror")]
    images = [value for tag, name, value in page.attributes if (tag, name) == ("img", "src")]
    assert images
    assert all(value.startswith("data:image/") for value in images)


def test_hostile_model_names_are_text(tmp_path, video):
    models = {"<b>bold</b>": MODELS["baseline"]}
    text = rendered(Corpus(tmp_path, {"a": video, "b": video}, models=models, seeds=(0,)))
    assert "<b>bold" not in text
    assert "&lt;b&gt;bold" in text


def test_same_bytes_when_written_twice(corpus):
    denoise = [corpus.denoise(0), corpus.denoise(1)]
    assert write(corpus, denoise=denoise) == write(corpus, denoise=denoise)


def test_one_seed_shows_no_deviation(tmp_path, video):
    text = write(Corpus(tmp_path, {"a": video, "b": video}, seeds=(3,)))
    results = text[text.index('id="pane-t2v"') : text.index("Fair comparisons")]
    assert "±" not in results.replace("Mean ± standard", "")
    assert "in one seed, of unknown spread" in text


def test_a_caption_to_review_shows_its_video_and_what_ranked_first(corpus):
    text = write(corpus, denoise=[corpus.denoise(0)], reviews=[corpus.review(kept=1)])
    table = text[text.index('<table class="sortable review">') :].split("</table>")[0]
    first = table[table.index("<tbody>") :].split("</tr>")[0]
    assert '<td class="number" data-value="100.0">101</td>' in first
    assert [text for text in ("somebody shows first", "somebody shows third") if text in first]
    assert first.count('<img src="data:image/jpeg;base64,') == 2
    assert "kept by 1 of 2 seeds" in first
    assert "its own" not in first
    assert table.count("its own</td>") == 2  # captions of the video that ranks first


def test_without_denoising_there_is_no_such_section(written):
    assert "enoising</" not in written


def test_a_video_without_picture_says_why(tmp_path, video):
    videos = {"seen": video, "gone": tmp_path / "gone.mp4", "known": None}
    text = write(Corpus(tmp_path / "run", videos), queries=6, results_per_query=3)
    assert 'alt="no picture: no such file"' in text
    assert 'alt="no picture: moov atom not found"' in text
    assert "data:image/jpeg;base64," in text


def test_features_alone_show_ids_and_no_pictures(corpus):
    output = corpus.folder / "alone.html"
    arguments = [a for a in corpus.arguments(output) if not a.startswith("--manifest=")]
    main(arguments)
    text = output.read_text(encoding="utf-8")
    assert "img" not in Page(text).tags
    assert "no picture" not in text[text.index('id="gallery"') :]
    assert Page(text).open == []
    for video in corpus.videos:
        assert f'<span class="id" title="{video}">{video}</span>' in text
    assert "none, features alone" in text


def test_without_val_the_page_says_so_and_draws_the_losses_alone(corpus, written):
    assert "<figcaption>Validation" in written
    assert "the best on the validation split" in written
    for path in corpus.evaluations:
        change_evaluation(path, val=None)
    for path in corpus.histories:
        history = read_table(path)
        scores = [name for name in history.column_names if name.startswith("val_")]
        write_table(path, history.drop_columns(scores), table_metadata(history))
    text = write(corpus)
    assert re.findall("<figcaption>(.*?)</figcaption><svg", text)[:2] == [
        "Ranking loss", "Distillation loss",
    ]  # fmt: skip
    assert "kept: the last, for there is no val split." in text
    assert "<dt>split val</dt><dd>no val split</dd>" in text


def test_results_name_every_model_and_the_best_student_is_bold(written):
    pane = written[written.index('id="pane-t2v"') : written.index('id="pane-v2t"')]
    for model in MODELS:
        assert pane.count(f"</i>{model}</th>") == 1
    teachers, students = pane.split("<span>students</span>")
    best = re.compile(r'class="number best')
    assert best.findall(teachers) == []
    assert len(best.findall(students)) >= 7


def test_normalized_results_have_rows_of_their_own_and_are_never_bold(written):
    t2v, v2t = written[written.index('id="pane-t2v"') :].split('id="pane-v2t"')
    plain, normalized = t2v.split("<span>QB-Norm</span>")
    assert "</i>teachtext</th>" in plain
    assert "</i>teachtext <small>+ QB-Norm</small></th>" in normalized
    assert "</i>teachtext <small>+ dual softmax</small></th>" in normalized
    assert 'class="number best' not in normalized
    assert "all test queries" in normalized
    assert "+ QB-Norm" not in v2t
    assert "teachtext <small>+ dual softmax</small>" in v2t


def test_a_difference_is_told_and_drawn_with_its_interval(written):
    table = written[written.index('<table class="differences">') :].split("</table>")[0]
    assert table.count('<th scope="row">') == 1
    assert "<td>baseline</td>" in table
    assert len(re.findall(r'class="forest (better|worse|open)"', table)) == 1
    assert table.count("<b style=") == 1


def test_one_model_per_section_leaves_nothing_to_compare(tmp_path, video):
    models = {"baseline": MODELS["baseline"]}
    assert "Differences from the first" not in write(Corpus(tmp_path, {"a": video}, models=models))


PUBLISHED = {"benchmark": "msvd", "rows": {"baseline": "CE+", "teachtext": "TT-CE+"}}


def test_without_published_rows_there_is_no_such_section(corpus, written):
    for text in (written, write(corpus, published={"benchmark": "msvd", "rows": {}})):
        assert 'id="published"' not in text
        assert "#published" not in text


def test_published_rows_stand_beside_ours_in_both_directions(corpus):
    text = write(corpus, published=PUBLISHED)
    assert Page(text).open == []
    section = text[text.index('<section id="published">') :].split("</section>")[0]
    assert re.findall(r"<h3>(.*?)</h3>", section) == ["Text to video", "Video to text", "Sources"]
    assert section.count("<span>teachtext</span> <small>beside TT-CE+; 2 seeds against 3<") == 2
    assert '<td class="number">25.1 ± 0.9</td>' in section  # R@1 of CE+
    badges = set(re.findall(r'class="badge (\w+)">(.*?)</span>', section))
    assert badges
    assert badges <= {("better", "better"), ("worse", "worse"), ("within", "within 2")}
    assert "5ccf96e" in section
    assert "features-v2" not in section  # the source of other rows


def test_a_split_that_is_not_the_published_one_is_warned_of_before_the_numbers(corpus):
    section = write(corpus, published=PUBLISHED).split('<section id="published">')[1]
    warning = section[: section.index("<table>")]
    assert '<p class="warning">MSVD. The test split has 6 text queries and 3 videos' in warning
    assert "the numbers cannot be compared." in warning
    vatex = {"benchmark": "vatex", "rows": {"baseline": "TT-CE+ (QB-Norm's README)"}}
    assert 'class="warning"' not in write(corpus, published=vatex)


def test_one_seed_beside_published_rows_is_said(tmp_path, video):
    corpus = Corpus(tmp_path, {"a": video, "b": video}, seeds=(0,))
    text = write(corpus, published=PUBLISHED)
    assert "1 seed against 3: s is not known, t alone counts" in text


def test_a_model_that_is_not_evaluated_cannot_stand_beside_published_rows(corpus):
    with pytest.raises(ConfigError, match=r"rows names 'foo', .* teacher-glove, baseline"):
        write(corpus, published={"benchmark": "msvd", "rows": {"foo": "CE+"}})


UNTRAINED = {
    **{"section": "zero_shot", "captions": "none", "best_epoch": None, "training": None},
    "models": {"architecture": "ZeroShot"},
}


def test_what_is_not_trained_has_a_section_of_its_own_and_no_training_curve(tmp_path, video):
    models = MODELS | {"CLIP": UNTRAINED}
    text = write(Corpus(tmp_path, {"a": video, "b": video}, models=models))
    headings = re.findall(r'scope="rowgroup"><span>([^<]*)</span>', text)
    assert headings[:3] == ["teachers", "students", "zero-shot: nothing trained"]
    training = text[text.index('<section id="training">') : text.index('<section id="recall">')]
    assert "teachtext</li>" in training
    assert "CLIP" not in training
    assert "CLIP</li>" in text[text.index('<section id="recall">') :]


def test_a_run_in_which_nothing_is_trained_has_a_report(tmp_path, video):
    corpus = Corpus(tmp_path, {"a": video, "b": video}, models={"CLIP": UNTRAINED}, seeds=(0,))
    assert "CLIP reaches a test text-to-video geometric mean of" in write(corpus)


def section_of(text, name):
    return text[text.index(f'<section id="{name}">') :].split("</section>")[0]


def test_text_encoders_stand_side_by_side(tmp_path, video):
    more = {"teacher-<b>": {"section": "teachers", "text_encoder": "$x_1$ <b>"}}
    text = rendered(Corpus(tmp_path, {"a": video, "b": video}, models=MODELS | more))
    section = section_of(text, "encoders")
    assert Page(text).open == []
    assert "<b>" not in section.replace("<b style", "")
    assert section.count("$x_1$ &lt;b&gt;") >= 2  # in the table and in the plot, as it is
    assert ">the first<" in section
    assert 'id="encoders"' not in write(Corpus(tmp_path / "one", {"a": video}))


def test_agreement_names_teachers_of_the_section_and_marks_the_own_ones(written):
    section = section_of(written, "agreement")
    assert section.count("teacher-glove</td>") == 2
    baseline, teachtext = section.split('rowspan="1">teachtext<')
    assert '<td class="best">teacher-glove' in teachtext
    assert 'class="best"' not in baseline
    assert section.count("data:image/png;base64") >= 3
    assert "Of 3 drawn test captions" in section


def test_samples_that_differ_are_refused(corpus):
    path = corpus.evaluations[-1].with_suffix(".parquet")
    table = read_table(path)
    swapped = {"sample": json.dumps(["third#0", "second#0", "first#0"])}
    write_table(path, table, table_metadata(table) | swapped)
    with pytest.raises(StoreError, match=r"1\.parquet .* keep different samples\. Delete both"):
        write(corpus)


def test_every_query_says_who_decided(written):
    section = section_of(written, "gallery")
    assert section.count("<b>appearance</b> decided for the right video") == 4
    assert section.count("appearance +0.200, motion 0.000, audio \N{MINUS SIGN}0.100.") == 4
    assert section.count('style="--share: 50.0%"') == 4


def test_provenance_names_versions_weights_durations_and_the_configuration(written):
    section = section_of(written, "provenance")
    assert "<dt>torch</dt><dd>2.99.0</dd>" in section
    assert f'<td class="long">words 1.0</td><td class="id">{"f0" * 32}</td>' in section
    assert '<td>experts</td><th scope="row">audio</th><td class="number" data-value="0.3' in section
    assert "seeds:\n- 0\n- 1\n" in section
    assert "SHA-256 of the videos" in section


def test_a_missing_input_leaves_no_page(corpus):
    corpus.ledger.unlink()
    with pytest.raises(StoreError, match="ledger"):
        write(corpus)
    assert not (corpus.folder / "report").exists()


def test_every_argument_is_required(corpus, capsys):
    arguments = corpus.arguments(corpus.folder / "index.html")
    for name in ("title", "ledger", "queries", "seed", "output"):
        left = [value for value in arguments if not value.startswith(f"--{name}=")]
        with pytest.raises(SystemExit):
            main(left)
        assert f"required: --{name}" in capsys.readouterr().err


@pytest.mark.parametrize(("rank", "shown"), [(0.0, "1"), (16.0, "17"), (0.5, "1.5"), (None, "")])
def test_ranks_count_from_one(rank, shown):
    assert format_rank(rank) == shown


def test_parameters_are_short():
    assert [format_millions(n) for n in (1_234_567, 262_700_000)] == ["1.23 M", "263 M"]
