import numpy as np
import pytest

from teachtext.report.shown_queries import choose_evaluation, choose_queries, show_queries
from teachtext.tables.dataset import VideoSource
from teachtext.video.manifest import probe_video
from tests.support.report_inputs import evaluation, write_report_table


def generator():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("hits", "misses", "count", "expected"),
    [(9, 9, 4, (2, 2)), (1, 9, 4, (1, 3)), (9, 1, 4, (3, 1)), (1, 1, 9, (1, 1)), (0, 9, 3, (0, 3))],
)
def test_half_hits_half_misses_when_there_are_enough(hits, misses, count, expected):
    ranks = {f"hit{n}": 0.0 for n in range(hits)} | {f"miss{n}": 2.5 for n in range(misses)}
    chosen = choose_queries(ranks, count, generator())
    counts = sum(query.startswith("hit") for query in chosen)
    assert (counts, len(chosen) - counts) == expected
    assert chosen == sorted(chosen)  # hits first
    assert len(set(chosen)) == len(chosen)


def test_the_seed_decides():
    ranks = {f"{n:03}": float(n % 2) for n in range(200)}
    first, again = (choose_queries(ranks, 10, generator()) for _ in range(2))
    assert first == again
    assert first != choose_queries(ranks, 10, np.random.default_rng(1))


def test_the_main_student_is_the_first_with_teachers_in_its_smallest_seed():
    student = [evaluation("teachtext", seed, teachers=("t",)) for seed in (2, 1)]
    teacher = evaluation("teacher", section="teachers")
    assert choose_evaluation([teacher, evaluation("baseline"), *student]) is student[1]
    assert choose_evaluation([teacher, evaluation("baseline")]) is teacher


def query_of(tmp_path, rank, top, videos=None, similarities=None):
    row = {
        "direction": "t2v",
        "query_id": "q",
        "query": "a dog",
        "video_id": "own",
        "rank": rank,
        "top": top,
        "top_similarities": similarities or [0.5] * len(top),
        "weights": [0.25, 0.75],
        "own_parts": [0.3, 0.1],
        "rival": "x",
        "rival_parts": [0.1, 0.2],
    }
    other = {**row, "direction": "v2t", "query_id": "own", "query": ""}
    path = write_report_table(tmp_path / "0.parquet", [row, other], {"experts": '["audio", "ocr"]'})
    shown = show_queries(
        evaluation(ranks_path=path),
        videos or {},
        queries=5,
        results_per_query=2,
        generator=generator(),
    )
    (query,) = shown.queries
    return query


def test_the_right_video_is_marked(tmp_path):
    query = query_of(tmp_path, 1.0, ["x", "own", "y"])
    assert [(result.video_id, result.right) for result in query.results] == [
        ("x", False),
        ("own", True),
    ]
    assert query.missed is None


def test_a_right_video_below_the_shown_ones_is_added_with_its_similarity(tmp_path):
    query = query_of(tmp_path, 2.0, ["x", "y", "own"], similarities=[0.5, 0.4, 0.3])
    assert [result.video_id for result in query.results] == ["x", "y"]
    assert (query.missed.video_id, query.missed.similarity) == ("own", 0.3)


def test_a_right_video_outside_of_the_table_has_no_similarity(tmp_path):
    assert query_of(tmp_path, 77.0, ["x", "y"]).missed.similarity is None


def test_pictures_come_from_the_videos(tmp_path, video):
    record = probe_video(VideoSource("own", video))
    query = query_of(tmp_path, 0.0, ["own", "x"], {"own": record})
    assert query.results[0].thumbnail.uri
    assert query.results[1].thumbnail.reason == "not in the manifest"


def test_a_query_says_what_it_weighs_and_who_decided(tmp_path):
    query = query_of(tmp_path, 0.0, ["own", "x"])
    assert query.weights == (("ocr", 0.75), ("audio", 0.25))
    assert (query.decision.expert, query.decision.rival) == ("audio", "x")
