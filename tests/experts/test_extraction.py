import shutil

import pytest

from teachtext.errors import ConfigError, StoreError
from teachtext.experts.extraction import unfinished
from teachtext.experts.finished_shard import FinishedShard
from teachtext.store.features import FeatureStore
from teachtext.store.versions import STAGE_VERSIONS
from tests.support.expert_shards import LISTENS, LOOKS, Shard, ToyExpert, record, torn

ABC = [record("a", "A"), record("b", "B"), record("c", "C")]


@pytest.fixture
def shard(tmp_path, monkeypatch):
    return Shard(tmp_path, monkeypatch)


def test_rows_have_times_and_the_ledger_counts_them(shard):
    shard.run(ToyExpert(), ABC)
    store = FeatureStore(shard.store)
    assert store.rows()[1].tolist() == [[1], [1], [1], [1]]
    assert store.times[0][:4].tolist() == [0, 0.5, 1, 1.5]
    assert [row["rows"] for row in shard.entries().values()] == [4, 4, 4]
    assert shard.statuses()["a"] == ("ok", "")


def test_failed_absent_partial_and_ok_are_different_things(tmp_path, monkeypatch):
    records = [torn("t"), *ABC, record("d", "D")]
    shard = Shard(tmp_path, monkeypatch)
    broken = {"failed": True, "seconds": (), "problem": "took longer than 120 s"}
    cut = {"seconds": (0.0, 0.5), "problem": "2 of 4 frames, the first bad one at 1.00 s"}
    shard.run(ToyExpert(), records, b=broken, c=cut)
    assert shard.statuses() == {
        "t": ("failed", "not a readable video"),
        "a": ("ok", ""),
        "b": ("failed", "took longer than 120 s"),
        "c": ("partial", "2 of 4 frames, the first bad one at 1.00 s"),
        "d": ("ok", ""),
    }
    listening = Shard(tmp_path / "audio", monkeypatch, LISTENS)
    listening.run(ToyExpert(), ABC, b={"samples": 0}, c={"samples": 0, "audio_problem": "torn"})
    assert listening.statuses() == {
        "a": ("ok", ""),
        "b": ("absent", "no sound track"),
        "c": ("failed", "torn"),
    }
    assert listening.entries()["b"]["seconds"] == 0


class UnluckyExpert(ToyExpert):
    """Its disk flips a bit of every video before the first is looked at."""

    def __init__(self, results):
        super().__init__()
        self.results = results

    def extract_batch(self, videos):
        for path in self.results.glob("media1.done/*.pixels"):
            content = path.read_bytes()
            path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        return super().extract_batch(videos)


def test_damaged_frames_stop_the_job_and_fail_no_video(shard):
    with pytest.raises(StoreError, match=r"\.pixels is damaged\. Delete .*/media1\.done and run"):
        shard.run(UnluckyExpert(shard.results), ABC)
    assert not shard.ledger.exists()
    shard.run(ToyExpert(), ABC)
    assert {status for status, _ in shard.statuses().values()} == {"ok"}


class KilledError(BaseException):
    """Like SIGKILL, nothing catches it."""


class MortalExpert(ToyExpert):
    """Is killed in the batch after so many."""

    def __init__(self, batches, **arguments):
        super().__init__(**arguments)
        self.lives = batches

    def extract_batch(self, videos):
        self.lives -= 1
        if self.lives < 0:
            raise KilledError
        return super().extract_batch(videos)


@pytest.mark.parametrize("videos_per_batch", [1, 2, 5])
@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_killed_job_goes_on_with_the_same_batches(shard, tmp_path, videos_per_batch, batches):
    records = [record(name, name) for name in "abcde"]
    whole = Shard(tmp_path / "whole", shard._monkeypatch)
    undisturbed = whole.run(ToyExpert(videos_per_batch), records)
    mortal = MortalExpert(batches, videos_per_batch=videos_per_batch)
    if batches < len(undisturbed.batches):
        with pytest.raises(KilledError):
            shard.run(mortal, records)
    heir = shard.run(ToyExpert(videos_per_batch), records)
    assert mortal.batches + heir.batches == undisturbed.batches
    assert shard.files() == whole.files()


def test_a_new_video_is_the_only_one_computed(shard, tmp_path):
    shard.run(ToyExpert(), ABC[:2], {"a": 0, "b": 1})
    shutil.rmtree(shard.store)  # as snakemake does before it runs a job again
    shard.ledger.unlink()
    grown = shard.run(ToyExpert(), ABC, decoded=ABC[2:])
    assert grown.seen == [2]
    whole = Shard(tmp_path / "whole", shard._monkeypatch)
    whole.run(ToyExpert(), ABC)
    assert shard.files() == whole.files()


def test_a_dropped_video_is_gone_and_nothing_is_computed(shard):
    shard.run(ToyExpert(), ABC)
    shard.run(ToyExpert(), ABC[1:], decoded=[])
    assert not shard.loaded
    assert FeatureStore(shard.store).video_ids == ["b", "c"]


def test_a_video_whose_file_or_clip_changed_is_computed_again(shard):
    shard.run(ToyExpert(), ABC)
    changed = [record("a", "A2"), ABC[1], record("c", "C", start_seconds=1.0)]
    again = shard.run(ToyExpert(), changed, {"a": 10, "c": 12}, decoded=[changed[0], changed[2]])
    assert again.seen == [10, 12]
    assert FeatureStore(shard.store).rows().values[::4].ravel().tolist() == [10, 1, 12]


@pytest.mark.parametrize("change", [{"short_side": 4}, {"weights": "toy==0.2"}])
def test_another_request_computes_everything(change, shard):
    shard.run(ToyExpert(), ABC)
    finished = FinishedShard(shard.work)
    assert not unfinished(ABC, LOOKS, finished)
    assert [*unfinished(ABC, LOOKS.model_copy(update=change), finished)] == ["a", "b", "c"]


def test_the_same_content_under_two_ids_is_two_videos(shard):
    shard.run(ToyExpert(), [record("a", "A"), record("z", "A")])
    assert [row["rows"] for row in shard.entries().values()] == [4, 4]


def test_features_of_other_weights_do_not_mix(shard):
    shard.run(ToyExpert(), ABC[:2])
    with pytest.raises(StoreError, match=r"toy 2.*toy 1.*delete results/experts/appearance"):
        shard.run(ToyExpert(weights="2"), ABC, decoded=ABC[2:])


def test_features_of_sound_that_two_ffmpegs_decoded_do_not_mix(tmp_path, monkeypatch):
    shard = Shard(tmp_path, monkeypatch, LISTENS)
    shard.run(ToyExpert(), ABC[:2], ffmpeg="5.1")
    assert FeatureStore(shard.store).identity.ffmpeg == "5.1"
    with pytest.raises(StoreError, match=r"ffmpeg 9\.0 decoded.*ffmpeg 5\.1 did.*results/experts/"):
        shard.run(ToyExpert(), ABC, decoded=ABC[2:])


def test_what_only_looks_does_not_depend_on_ffmpeg(shard):
    shard.run(ToyExpert(), ABC[:2], ffmpeg="5.1")
    assert shard.run(ToyExpert(), ABC, decoded=ABC[2:]).seen == [2]
    assert FeatureStore(shard.store).identity.ffmpeg == ""


def test_media_that_lack_a_video_are_named(shard):
    with pytest.raises(StoreError, match=r"lacks 2 videos.*'b'.*forcerun decode_videos"):
        shard.run(ToyExpert(), ABC, decoded=ABC[:1])


@pytest.mark.parametrize("videos_per_batch", [1, 3])
def test_a_video_that_breaks_the_network_costs_only_itself(shard, videos_per_batch):
    shard.run(ToyExpert(videos_per_batch, breaks_on=[1]), ABC)
    assert shard.statuses() == {
        "a": ("ok", ""),
        "b": ("failed", "ValueError: level 1 is too much"),
        "c": ("ok", ""),
    }


def test_a_network_that_breaks_on_everything_stops_the_job(shard):
    records = [record(str(number), str(number)) for number in range(50)]
    expert = ToyExpert(breaks_on=range(50))
    with pytest.raises(ConfigError, match="failed on 6 of the first 6 videos"):
        shard.run(expert, records)
    assert len(expert.seen) == 6
    assert shard.run(ToyExpert(), records).seen == list(range(50))  # once it is mended


def test_a_killed_job_leaves_nothing_to_one_with_other_weights(shard):
    with pytest.raises(KilledError):
        shard.run(MortalExpert(2), ABC)
    assert shard.run(ToyExpert(weights="2"), ABC).seen == [0, 1, 2]


def test_a_killed_job_leaves_nothing_to_one_that_hears_through_another_ffmpeg(
    tmp_path, monkeypatch
):
    shard = Shard(tmp_path, monkeypatch, LISTENS)
    with pytest.raises(KilledError):
        shard.run(MortalExpert(2), ABC, ffmpeg="5.1")
    assert shard.run(ToyExpert(), ABC).seen == [0, 1, 2]


def test_a_damaged_finished_store_is_extracted_again(shard, caplog):
    shard.run(ToyExpert(), ABC)
    before = shard.files()
    chunk = shard.work / "finished/features.zarr/features/c/0/0"
    content = bytearray(chunk.read_bytes())
    content[9] ^= 1
    chunk.write_bytes(content)  # a hard link: the output is damaged too
    with pytest.raises(StoreError, match=r"0\.zarr.* is damaged"):
        FeatureStore(shard.store).rows()
    shutil.rmtree(shard.store)
    assert shard.run(ToyExpert(), ABC).seen == [0, 1, 2]
    assert "is damaged" in caplog.text
    assert shard.files() == before


def test_what_is_finished_takes_no_space(shard):
    shard.run(ToyExpert(), ABC)
    assert (shard.store / "features/c/0/0").stat().st_nlink == 2
    assert not (shard.work / "items").exists()


@pytest.mark.parametrize("rule", ["extract_expert", "decode_videos"])
def test_what_another_version_found_is_extracted_again(rule, shard, monkeypatch):
    shard.run(ToyExpert(), ABC)
    monkeypatch.setitem(STAGE_VERSIONS, rule, STAGE_VERSIONS[rule] + 1)
    assert [*unfinished(ABC, LOOKS, FinishedShard(shard.work))] == ["a", "b", "c"]
