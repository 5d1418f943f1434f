import re

import pytest
import yaml

from teachtext.interop.benchmarks.benchmarks import BENCHMARKS
from tests.support.benchmark_files import PUT
from tests.support.running import ROOT

PRESETS = ROOT / "workflow/presets"


def test_every_benchmark_is_tried():
    assert PUT.keys() == BENCHMARKS.keys()


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_is_read_whole_in_its_own_layout(native, name):
    native.put(name)
    imported = native.read(name)
    counts = imported.counts()
    assert all(counts[split].videos for split in imported.benchmark.splits)
    assert bool(counts["val"].videos) == ("val" in imported.benchmark.splits)


@pytest.mark.parametrize(
    "name", [name for name in BENCHMARKS if (PRESETS / f"{name}.yaml").exists()]
)
def test_presets_agree_with_the_tables(name):
    settings = yaml.safe_load((PRESETS / f"{name}.yaml").read_text())["dataset"]
    assert settings["captions"] == f"data/{name}/captions.csv"
    assert settings["paragraphs"] == BENCHMARKS[name].paragraphs


@pytest.mark.parametrize(
    "name", [name for name in BENCHMARKS if (PRESETS / f"{name}.yaml").exists()]
)
def test_published_counts_are_those_that_presets_tell(name):
    head = (PRESETS / f"{name}.yaml").read_text().partition("\n")[0]
    videos = [f"{counts.videos:,}" for counts in BENCHMARKS[name].published.values()]
    assert " / ".join(videos) in re.sub(r"\s+", " ", head)
