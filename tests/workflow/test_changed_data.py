"""What the user gives is changed over a finished run: it is seen at once, by what it holds."""

import shutil

import pytest

from teachtext.tables.dataset import shard_of
from tests.support import changes_of_data as changes
from tests.support import whole_run
from tests.support.authors_models import EXPERT_DIMS
from tests.support.plan import plan, write_distribution

pytestmark = pytest.mark.e2e

CAPTIONS = ["finetune_text_encoder", "embed_captions", "import_tokens", "import_similarities"]
CAPTIONS += ["denoise_captions", "write_report"]
"""The jobs that read captions."""


def probing(video):
    return f"probe_videos {shard_of(video, 2)}"


NAMES_OF_VIDEOS = [f"import_expert {expert}" for expert in EXPERT_DIMS]
FIRST = {
    changes.edit_caption: CAPTIONS,
    changes.add_caption: CAPTIONS,
    changes.remove_caption: CAPTIONS,
    changes.move_split: CAPTIONS,
    changes.add_video: [probing("new"), *NAMES_OF_VIDEOS],
    changes.add_video_and_caption: [probing("new"), *NAMES_OF_VIDEOS, *CAPTIONS],
    changes.remove_video: [probing(changes.VIDEO), *NAMES_OF_VIDEOS, *CAPTIONS],
    changes.rename_video: [probing(changes.VIDEO), probing("new"), *NAMES_OF_VIDEOS, *CAPTIONS],
    changes.replace_video: [probing(changes.VIDEO)],
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
    told = plan(folder, versions={"embed_captions": 2})
    assert told.runs == told.below(told.named("embed_captions"))


def test_a_model_that_is_missing_is_made_while_a_store_is_made_again(whole, tmp_path):
    folder = whole_run.copy_run(whole, tmp_path / "run")
    shutil.rmtree(folder / "results/experts/motion/0.zarr")
    shutil.rmtree(folder / "results/models/student/0")
    whole_run.run_all(folder, "results/models/student/0")
    assert (folder / "results/models/student/0/model.safetensors").exists()
