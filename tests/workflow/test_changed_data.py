"""What the user gives is changed over a finished run: it is seen at once, by what it holds."""

import shutil

import pytest

from tests.support import changes_of_data as changes
from tests.support import whole_run
from tests.support.plan import plan, write_distribution

pytestmark = pytest.mark.e2e

LEARNED = ["finetune_text_encoder", "embed_captions trainval", "import_tokens trainval"]
LEARNED += ["import_similarities", "denoise_captions", "write_report"]
"""The jobs that read the captions that models learn from."""


def of_shard(shard):
    """The jobs that begin with the rows of a shard."""
    return [f"probe_videos {shard}", f"import_expert {shard}"]


CHANGED = of_shard("trainval-0")
FIRST = {
    changes.edit_caption: LEARNED,
    changes.add_caption: LEARNED,
    changes.add_test_caption: ["embed_captions test", "import_tokens test", "write_report"],
    changes.remove_caption: LEARNED,
    changes.move_split: LEARNED,
    changes.add_video: of_shard("none-0"),
    changes.add_video_and_caption: [*CHANGED, *LEARNED],
    changes.remove_video: [*CHANGED, *LEARNED],
    changes.rename_video: [*CHANGED, *LEARNED],
    changes.replace_video: ["probe_videos trainval-0"],
    changes.replace_features: ["import_expert ocr"],
    changes.replace_similarities: ["import_similarities scorer"],
    changes.replace_tokens: ["import_tokens theirs"],
    changes.replace_checkpoint: ["import_checkpoint ce"],
    changes.replace_word_vectors: ["embed_captions words"],
    changes.replace_weights: ["decode_videos", "embed_captions joint"],
    changes.replace_tuned_weights: ["finetune_text_encoder tuned"],
    changes.touch_tables: [],
    changes.touch_what_others_made: [],
}
"""Change -> the jobs that begin."""


@pytest.mark.parametrize("change", FIRST, ids=lambda change: change.__name__)
def test_what_is_given_counts_by_what_it_holds(change, whole, tmp_path):
    folder = whole_run.copy_run(whole, tmp_path / "run")
    change(folder / "data")
    told = plan(folder)
    assert told.runs == told.below({job for first in FIRST[change] for job in told.named(first)})


def test_another_version_of_a_package_that_holds_a_network(whole, tmp_path):
    folder = whole_run.copy_run(whole, tmp_path / "run")
    write_distribution(tmp_path / "packages", "opencv-python-headless", "0.1")
    told = plan(folder, packages=tmp_path / "packages")
    assert told.runs == told.below(told.named("decode_videos"))


def test_another_version_of_a_stage(whole, tmp_path):
    folder = whole_run.copy_run(whole, tmp_path / "run")
    told = plan(folder, versions={"embed_captions": 3})
    assert told.runs == told.below(told.named("embed_captions"))


def test_a_model_that_is_missing_is_made_while_a_store_is_made_again(whole, tmp_path):
    folder = whole_run.copy_run(whole, tmp_path / "run")
    shutil.rmtree(folder / "results/experts/motion/test-0.zarr")
    shutil.rmtree(folder / "results/models/student/0")
    whole_run.run_all(folder, "results/models/student/0")
    assert (folder / "results/models/student/0/model.safetensors").exists()
