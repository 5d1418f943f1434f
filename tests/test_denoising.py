import numpy as np
import pytest

from teachtext.cli import main
from teachtext.dataset import Caption
from teachtext.denoising import judge_captions, kept_captions, mean_ranks, verdict_table
from teachtext.evaluation.metrics import text_to_video_ranks
from teachtext.store.similarities import write_similarities
from teachtext.store.tables import read_table, table_metadata


def test_good_captions_are_kept_and_one_of_every_video():
    captions = [Caption(f"c{i}", f"v{i // 2}", "train", "") for i in range(4)]
    video = np.array([0, 0, 1, 1])
    sims = np.array([[0.9, 0.1], [0.1, 0.9], [0.9, 0.1], [0.8, 0.2]], np.float32)
    verdicts = judge_captions(mean_ranks([[sims]], video), captions, video, keep_rank_below=1)
    assert [verdict.rank for verdict in verdicts] == [0, 1, 1, 1]
    assert kept_captions(verdict_table(verdicts)) == {"c0", "c2"}
    assert verdicts[2].reason == "the video's best caption"


def test_block_by_block_the_teachers_mean_ranks_as_at_once():
    teachers = np.random.default_rng(0).standard_normal((3, 50, 6)).astype(np.float32)
    video = np.arange(50) % 6
    blocks = [[sims[begin : begin + 7] for begin in range(0, 50, 7)] for sims in teachers]
    whole = text_to_video_ranks(teachers.mean(axis=0), video)
    assert mean_ranks(blocks, video).tolist() == whole.tolist()


@pytest.fixture
def denoise(tmp_path):
    """Run the stage on two videos with two captions each."""
    table = tmp_path / "captions.csv"
    table.write_text("video_id,caption,split\na,x,train\na,y,train\nb,z,train\nb,w,train\n")

    def run(
        *opinions, arguments=(), videos=("a", "b"), captions=("a#0", "a#1", "b#0", "b#1"),
        models=("t0/0", "t1/0"),
    ):  # fmt: skip
        for number, sims in enumerate(opinions):
            write_similarities(
                tmp_path / f"{number}.parquet", [(captions, np.array(sims, np.float32))],
                model=models[number], video_ids=videos if number else ("a", "b"),
            )  # fmt: skip
        main([
            "denoise-captions",
            "--similarities", *(str(tmp_path / f"{n}.parquet") for n in range(len(opinions))),
            "--captions", str(table), "--name", "clean", "--seed", "0", "--keep-rank-below", "1",
            "--output", str(tmp_path / "verdicts"), *arguments,
        ])  # fmt: skip
        return read_table(tmp_path / "verdicts")

    return run


def test_the_stage_judges_by_the_mean_of_the_teachers(denoise):
    first = [[1, 0], [0, 0.5], [0, 1], [0.5, 0]]
    second = [[1, 0], [0.75, 0], [0, 1], [0, 0.25]]
    verdicts = denoise(first, second)
    assert verdicts.column("rank").to_pylist() == [0, 0, 0, 1]
    assert kept_captions(verdicts) == {"a#0", "a#1", "b#0"}
    assert table_metadata(verdicts)["teachers"] == "t0/0 t1/0"


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
