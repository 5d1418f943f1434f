"""published.json against itself, its sources' peculiarities, and what can be checked by eye."""

import math
from dataclasses import asdict

import pytest

from teachtext.config.published import check_published, read_published
from teachtext.config.report import PublishedSettings
from teachtext.errors import ConfigError
from teachtext.interop.benchmarks.benchmarks import BENCHMARKS

PUBLISHED = read_published()
ROWS = [
    pytest.param(row, id=f"{row.benchmark} {row.model} {row.direction}") for row in PUBLISHED.rows
]
RECALLS = ("R@1", "R@5", "R@10", "R@50")
README = "TT-CE+ (QB-Norm's README)"


def metrics(benchmark, model, direction):
    row = PUBLISHED.row(benchmark, model, direction)
    return {metric: tuple(values) for metric, values in row.metrics.items()}


def test_rows_read_as_in_the_papers():
    assert metrics("msrvtt-full", "TT-CE+", "t2v") == {
        "R@1": (14.6, 0.0), "R@5": (37.9, 0.1), "R@10": (50.9, 0.2), "R@50": (78.9, 0.0),
        "MdR": (10.0, 0.0), "MnR": (63.1, 0.2), "geometric_mean": (30.4, 0.0),
    }  # fmt: skip
    assert metrics("msrvtt-1kb", "MoEE (Miech's features)", "v2t")["R@1"] == (14.5, 0.8)
    assert metrics("lsmdc", "CE (features-v2)", "t2v")["MnR"] == (96.8, 5.0)
    assert metrics("querydsegments", "S3D MIL-NCE (zero-shot)", "v2t")["MdR"] == (154.5, 0.0)
    assert metrics("vatex", README, "t2v")["geometric_mean"] == (75.7, 0.1)


def test_a_direction_that_was_not_published_has_no_row():
    assert PUBLISHED.row("vatex", README, "v2t") is None


def test_releases_of_one_name_are_told_apart():
    names = PUBLISHED.models("msvd")
    assert names[:2] == ["CE", "CE+"]
    assert "CE (features-v2)" in names
    keys = [(row.benchmark, row.model, row.direction) for row in PUBLISHED.rows]
    assert len(keys) == len(set(keys)) == 95


@pytest.mark.parametrize("benchmark", PUBLISHED.benchmarks)
def test_every_model_has_text_to_video_results(benchmark):
    models = PUBLISHED.models(benchmark)
    assert models
    assert all(PUBLISHED.row(benchmark, model, "t2v") for model in models)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_fits_together(row):
    assert row.source in PUBLISHED.sources
    assert row.benchmark in PUBLISHED.benchmarks
    assert row.direction in {"t2v", "v2t"}
    assert all(mean > 0 <= std for mean, std in row.metrics.values())
    recalls = [row.metrics[metric][0] for metric in RECALLS if metric in row.metrics]
    assert len(recalls) >= 3
    assert recalls == sorted(recalls)
    assert recalls[-1] <= 100


@pytest.mark.parametrize("row", ROWS)
def test_the_geometric_mean_is_that_of_the_recalls(row):
    """Up to rounding, and to what seeds differ: it is a mean of means."""
    means, stds = zip(*(row.metrics[metric] for metric in RECALLS[:3]), strict=True)
    shares = [std / mean for mean, std in zip(means, stds, strict=True)]
    geometric_mean = math.prod(means) ** (1 / 3)
    rounding = 0.05 + geometric_mean * sum(0.05 / mean for mean in means) / 3
    spread = geometric_mean * max(shares) ** 2
    assert row.metrics["geometric_mean"][0] == pytest.approx(geometric_mean, abs=rounding + spread)


def test_standard_deviations_of_the_readme_have_n_in_the_denominator():
    """Its rows are those of the release, whose standard deviations have n - 1."""
    released = {
        "msrvtt-full": "TT-CE+ denoised", "msvd": "TT-CE+ denoised",
        "didemo": "TT-CE+", "lsmdc": "TT-CE+",
    }  # fmt: skip
    with_1, with_0 = 0.0, 0.0
    for benchmark, model in released.items():
        first, again = metrics(benchmark, model, "t2v"), metrics(benchmark, README, "t2v")
        assert {metric: mean for metric, (mean, _) in again.items()}.items() <= {
            metric: mean for metric, (mean, _) in first.items()
        }.items()
        assert again["geometric_mean"] == first["geometric_mean"]
        with_1 += sum(first[metric][1] for metric in ("R@1", "R@5", "R@10", "MdR"))
        with_0 += sum(again[metric][1] for metric in ("R@1", "R@5", "R@10", "MdR"))
    assert with_0 / with_1 == pytest.approx(math.sqrt(2 / 3), abs=0.03)


@pytest.mark.parametrize("name", [k for k, row in PUBLISHED.benchmarks.items() if row.test])
def test_splits_are_as_large_as_those_that_are_imported(name):
    size, counts = PUBLISHED.benchmarks[name].test, BENCHMARKS[name].published["test"]
    queries = counts.videos if BENCHMARKS[name].paragraphs else counts.captions
    assert (size.videos, size.queries) == (counts.videos, queries)


def test_benchmarks_have_the_names_that_import_dataset_knows():
    assert set(PUBLISHED.benchmarks) <= set(BENCHMARKS)


@pytest.mark.parametrize("source", PUBLISHED.sources.values(), ids=PUBLISHED.sources)
def test_a_source_says_where_it_is_and_what_its_numbers_are(source):
    assert "github.com/" in source.citation
    assert source.features
    assert source.seeds == 3
    assert {source.ddof_of("R@1"), source.ddof_of("geometric_mean")} <= {0, 1}
    assert all(isinstance(value, str | int) for value in asdict(source).values())


@pytest.mark.parametrize(
    ("benchmark", "rows", "words"),
    [
        ("foo", {"ours": "CE"}, ["published.benchmark is 'foo'", "msrvtt-full, msrvtt-1ka"]),
        ("msvd", {"foo": "CE"}, ["rows names 'foo'", "Choose one of: ours, late", "null"]),
        (
            "msvd",
            {"ours": "CE++"},
            ["rows.ours is 'CE++'", "no published row of msvd", "CE+ denoised"],
        ),
    ],
)
def test_a_name_that_is_not_there_is_an_error_that_lists_the_others(benchmark, rows, words):
    settings = PublishedSettings(benchmark=benchmark, rows=rows)
    with pytest.raises(ConfigError) as caught:
        check_published(settings, ["ours", "late"])
    assert all(word in str(caught.value) for word in words)
    assert "\n" not in str(caught.value)
