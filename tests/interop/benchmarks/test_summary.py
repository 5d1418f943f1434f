from dataclasses import replace

from teachtext.interop.benchmarks.benchmarks import BENCHMARKS
from teachtext.interop.benchmarks.records import Counts
from teachtext.interop.benchmarks.summary import describe_import


def told(native, name, **options):
    native.put(name)
    return describe_import(native.read(name, **options)).splitlines()


def test_counts_stand_beside_the_published_ones(native):
    title, head, train, val, test, *words = told(native, "msrvtt-full")
    assert title == "MSR-VTT, full split"
    assert head.split() == ["videos", "published", "captions", "published"]
    assert train.split() == ["train", "3", "6,513", "6", "130,260"]
    assert val.split() == ["val", "1", "497", "2", "9,940"]
    assert test.split() == ["test", "2", "2,990", "4", "59,794"]
    assert words[0] == "train has 6,510 videos fewer than published."
    assert words[-1] == "test has 59,790 captions fewer than published."


def test_what_is_as_published_is_said(native, monkeypatch):
    whole = {"train": Counts(3, 6), "val": Counts(1), "test": Counts(2, 3)}
    monkeypatch.setitem(
        BENCHMARKS, "msrvtt-full", replace(BENCHMARKS["msrvtt-full"], published=whole)
    )
    assert told(native, "msrvtt-full")[5:] == ["test has 1 captions more than published."]
    whole["test"] = Counts(2, 4)
    assert told(native, "msrvtt-full")[5:] == ["These are the published counts."]


def test_what_is_to_be_set_is_said(native):
    *_, paragraphs, val = told(native, "activitynet")
    assert "dataset.paragraphs: true" in paragraphs
    assert "training.keep_epoch: last" in val
    assert "--hold-out" in val


def test_what_is_not_published_is_said(native):
    assert "not known here" in "".join(told(native, "queryd"))
    assert told(native, "queryd")[2].split() == ["train", "3", "-", "6", "-"]


def test_held_out_videos_are_said(native):
    lines = told(native, "msrvtt-1ka", held_out=2)
    assert lines[3].split()[:2] == ["val", "2"]
    assert lines[-1].startswith("2 training videos are val")
