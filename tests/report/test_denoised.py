import pyarrow as pa

from teachtext.report.denoised import WORST_CAPTIONS, summarize_denoised
from teachtext.report.inputs import DenoisedSet


def denoised(ranks, kept):
    table = pa.table(
        {
            "caption_id": [f"c{place:03}" for place in range(len(ranks))],
            "video_id": ["v"] * len(ranks),
            "caption": ["x"] * len(ranks),
            "rank": pa.array(ranks, pa.float64()),
            "kept": pa.array(kept, pa.bool_()),
            "reason": ["" if keep else "too far" for keep in kept],
        }
    )
    return summarize_denoised(DenoisedSet("clean", "0", "100", table))


def test_counts_and_share():
    summary = denoised([5.0, 300.0, 200.0, 1.0], [True, False, False, True])
    assert (summary.kept, summary.dropped, summary.percent_dropped) == (2, 2, 50)


def test_worst_ranks_come_first_and_unranked_last():
    summary = denoised([5.0, 300.0, None, 200.0], [True, False, False, False])
    assert [worst.rank for worst in summary.worst] == [300.0, 200.0, 5.0, None]


def test_only_the_worst_are_listed():
    assert len(denoised([1.0] * 50, [True] * 50).worst) == WORST_CAPTIONS


def test_empty_set():
    summary = denoised([], [])
    assert (summary.kept, summary.dropped, summary.percent_dropped, summary.worst) == (0, 0, 0, ())
