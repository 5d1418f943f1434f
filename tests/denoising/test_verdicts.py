import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from teachtext.cli import main
from teachtext.denoising.ranks import place_captions
from teachtext.denoising.verdicts import (
    MISPLACED,
    NARROW,
    VAGUE,
    best_fraction,
    judge_captions,
    kept_captions,
    ranked_below,
    review_table,
    verdict_table,
)
from teachtext.store.similarities import write_similarities
from teachtext.store.tables import read_table, table_metadata, write_table
from teachtext.tables.dataset import Caption

VIDEO = np.array([0, 0, 1, 1])
CAPTIONS = [Caption(f"c{number}", f"v{number // 2}", "train", f"w{number}") for number in range(4)]


def judge(sims, select, keep_per_video=1, captions=CAPTIONS, video=VIDEO):
    placement = place_captions([np.array(sims, np.float32)], video)
    videos = [f"v{number}" for number in range(len(sims[0]))]
    return judge_captions(
        placement, select(placement), captions, videos, video, keep_per_video=keep_per_video
    )


def first(placement):
    return ranked_below(placement, 1)


def test_good_captions_are_kept_and_one_of_every_video():
    verdicts = judge([[0.9, 0.1], [0.1, 0.9], [0.9, 0.1], [0.8, 0.2]], first)
    assert [verdict.rank for verdict in verdicts] == [0, 1, 1, 1]
    assert [verdict.kept for verdict in verdicts] == [True, False, False, True]
    assert verdicts[0].reason == "its video is first"
    assert verdicts[1].reason.startswith("its video is not first; check ")
    assert verdicts[3].reason.startswith("its video's best; check ")


@pytest.mark.parametrize(
    ("keep_per_video", "kept"), [(0, set()), (1, {"c0", "c3"}), (2, {"c0", "c1", "c2", "c3"})]
)
def test_a_video_keeps_its_best_captions(keep_per_video, kept):
    sims = [[0.2, 0.9], [0.1, 0.9], [0.9, 0.1], [0.9, 0.2]]
    verdicts = judge(sims, first, keep_per_video)
    assert kept_captions(verdict_table(verdicts)) == kept


@pytest.mark.parametrize(
    ("fraction", "kept"),
    [
        (0.25, {"c0"}),
        (0.5, {"c0", "c3"}),
        (0.75, {"c0", "c2", "c3"}),
        (1, {"c0", "c1", "c2", "c3"}),
    ],
)
def test_the_best_fraction_is_of_all_captions_by_rank_then_margin(fraction, kept):
    sims = [[0.9, 0.1], [0.1, 0.9], [0.9, 0.8], [0.1, 0.8]]
    verdicts = judge(sims, lambda placement: best_fraction(placement, fraction), keep_per_video=0)
    assert kept_captions(verdict_table(verdicts)) == kept
    percent = f"the best {100 * fraction:g} % of the captions"
    assert verdicts[0].reason == f"it is among {percent}"
    assert fraction == 1 or verdicts[1].reason.startswith(f"it is not among {percent}; ")


@given(
    sims=arrays(np.float32, (12, 4), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0])),
    fraction=st.floats(0, 1),
    keep_per_video=st.integers(0, 4),
)
def test_no_dropped_caption_is_better_than_a_kept_one_of_its_video(sims, fraction, keep_per_video):
    video = np.repeat(np.arange(4), 3)
    captions = [Caption(f"c{n}", f"v{n // 3}", "train", "") for n in range(12)]
    verdicts = judge(
        sims, lambda placement: best_fraction(placement, fraction), keep_per_video, captions, video
    )
    for own in range(4):
        of_video = [v for v in verdicts if v.caption.video_id == f"v{own}"]
        kept = [(v.rank, -v.margin) for v in of_video if v.kept]
        dropped = [(v.rank, -v.margin) for v in of_video if not v.kept]
        assert len(kept) >= min(keep_per_video, 3)
        assert not kept or not dropped or max(kept) <= min(dropped)


def test_a_verdict_tells_what_ranked_first_and_what_that_is_said_to_show():
    verdict = judge([[0.9, 0.1], [0.25, 0.5], [0.1, 0.75], [0.1, 1.0]], first)[1]
    assert (verdict.own_similarity, verdict.margin) == (0.25, -0.25)
    assert (verdict.first_video_id, verdict.first_similarity) == ("v1", 0.5)
    assert verdict.first_caption == "w3"


def test_the_advice_tells_misplaced_captions_from_vague_ones():
    own = [[0.9, 0.1], [0.0, 0.0], [0.1, 0.75], [0.1, 0.5]]
    misplaced = judge([own[0], [0.1, 0.5], *own[2:]], first)[1]
    vague = judge([own[0], [0.1, 0.4], *own[2:]], first)[1]
    assert misplaced.reason.endswith(MISPLACED)
    assert vague.reason.endswith(VAGUE)
    narrow = judge([own[0], [0.3, 0.2], *own[2:]], lambda p: best_fraction(p, 0.75))[1]
    assert narrow.reason.endswith(NARROW)


def verdicts_of(seed, *rows):
    """A seed's table: (rank, margin, kept) of captions x, y, z."""
    verdicts = [
        {"caption_id": name, "video_id": "v", "caption": name, "rank": rank, "own_similarity": 0.5,
         "margin": margin, "first_video_id": f"first of {seed}", "first_similarity": 0.5 - margin,
         "first_caption": "", "kept": kept, "reason": f"of {seed}"}
        for name, (rank, margin, kept) in zip("xyz", rows, strict=True)
    ]  # fmt: skip
    return pa.Table.from_pylist(verdicts, metadata={"seed": str(seed)})


def test_the_worst_by_mean_rank_are_reviewed_as_the_seed_that_likes_them_least_sees_them():
    table = review_table(
        [
            verdicts_of(0, (9.0, -0.2, False), (1.0, -0.1, True), (8.0, -0.5, False)),
            verdicts_of(1, (5.0, -0.3, True), (1.0, -0.4, True), (8.0, -0.1, False)),
        ],
        worst=2,
    )
    assert table["caption_id"].to_pylist() == ["z", "x"]
    assert table["rank"].to_pylist() == [8, 7]
    assert (table["kept"].to_pylist(), table["seeds"].to_pylist()) == ([0, 1], [2, 2])
    assert table["first_video_id"].to_pylist() == ["first of 0", "first of 1"]
    assert table["margin"].to_pylist() == [-0.5, -0.3]


def test_equal_ranks_are_reviewed_by_margin():
    table = verdicts_of(0, (0.0, 0.2, True), (0.0, 0.1, True), (0.0, 0.3, True))
    assert review_table([table], worst=5)["caption_id"].to_pylist() == ["y", "x", "z"]


@pytest.fixture
def denoise(tmp_path):
    """Run the stage on two videos with two captions each."""
    table = tmp_path / "captions.csv"
    table.write_text("video_id,caption,split\na,x,train\na,y,train\nb,z,train\nb,w,train\n")

    def run(
        *opinions, arguments=(), videos=("a", "b"), captions=("a#0", "a#1", "b#0", "b#1"),
        models=("t0/0", "t1/0"), **settings,
    ):  # fmt: skip
        for number, sims in enumerate(opinions):
            write_similarities(
                tmp_path / f"{number}.parquet", [(captions, np.array(sims, np.float32))],
                model=models[number], video_ids=videos if number else ("a", "b"),
            )  # fmt: skip
        entry = {"teachers": ["t0", "t1"], **(settings or {"keep_rank_below": 1})}
        main([
            "denoise-captions",
            "--similarities", *(str(tmp_path / f"{n}.parquet") for n in range(len(opinions))),
            "--captions", str(table), "--name", "clean", "--seed", "0",
            "--settings", json.dumps(entry), "--output", str(tmp_path / "verdicts"), *arguments,
        ])  # fmt: skip
        return read_table(tmp_path / "verdicts")

    return run


def test_the_stage_judges_by_the_mean_of_the_teachers(denoise):
    first = [[1, 0], [0, 0.5], [0, 1], [0.5, 0]]
    second = [[1, 0], [0.75, 0], [0, 1], [0, 0.25]]
    verdicts = denoise(first, second)
    assert verdicts.column("rank").to_pylist() == [0, 0, 0, 1]
    assert kept_captions(verdicts) == {"a#0", "a#1", "b#0"}
    metadata = table_metadata(verdicts)
    assert (metadata["teachers"], metadata["keeps"]) == ("t0/0 t1/0", "its video is first")


def test_the_stage_aggregates_and_selects_as_the_set_asks_for(denoise):
    first = [[1, 0], [0, 0.5], [0, 1], [0.5, 0]]
    second = [[1, 0], [0.75, 0], [0, 1], [0, 0.25]]
    worst = denoise(first, second, keep_fraction=0.5, aggregation="min", keep_per_video=0)
    assert kept_captions(worst) == {"a#0", "b#0"}
    assert denoise(first, second, keep_rank_below=1, aggregation=[1, 3])["rank"][3].as_py() == 0


def test_a_teacher_of_several_seeds_has_one_voice(denoise):
    """Two seeds of the first think a#1 is of the other video, by less than the second is sure."""
    unsure = [[1, 0], [0, 0.5], [0, 1], [0, 1]]
    sure = [[1, 0], [0.75, 0], [0, 1], [0, 1]]
    verdicts = denoise(unsure, sure, unsure, models=("t0/0", "t1/0", "t0/1"))
    assert verdicts.column("rank").to_pylist() == [0, 0, 0, 0]
    assert table_metadata(verdicts)["teachers"] == "t0/0 t1/0 t0/1"
    three = denoise(unsure, sure, unsure, models=("t0/0", "t1/0", "t2/0"))
    assert three.column("rank").to_pylist() == [0, 1, 0, 0]


def test_teachers_of_different_videos_are_refused(denoise):
    sims = [[1, 0], [0, 1], [0, 1], [1, 0]]
    with pytest.raises(SystemExit, match="t1/0 and t0/0 have similarities of different captions"):
        denoise(sims, sims, videos=("b", "a"))


def test_paragraphs_are_judged_as_one_caption(denoise):
    sims = [[1, 0], [0, 1]]
    verdicts = denoise(sims, sims, arguments=["--paragraphs"], captions=("a", "b"))
    assert verdicts.column("caption").to_pylist() == ["x y", "z w"]
    assert verdicts.column("kept").to_pylist() == [True, True]


def test_the_review_stage_reads_what_the_denoising_stage_wrote(denoise, tmp_path):
    denoise([[1, 0], [0, 0.5], [0, 1], [0.5, 0]], [[1, 0], [0, 0.5], [0, 1], [0, 0.25]])
    review, verdicts = tmp_path / "review", str(tmp_path / "verdicts")
    main(["review-captions", "--verdicts", verdicts, "--worst", "1", "--output", str(review)])
    table = read_table(review)
    assert table["caption_id"].to_pylist() == ["a#1"]
    assert table_metadata(table)["captions"] == "clean"
    other = tmp_path / "other.parquet"
    write_table(other, pa.table({"caption_id": ["a#1"]}))
    with pytest.raises(SystemExit, match="has no column 'video_id': another version"):
        main(["review-captions", f"--verdicts={other}", "--worst=1", f"--output={review}"])
