import pytest

from teachtext.config import load_config
from teachtext.dataset import ValUser
from teachtext.val_split import first_val_user

SEARCH = {"text_encoder": "minilm", "keep": 2, "strategy": "backward"}
BEST, LAST = {"keep_epoch": "best"}, {"keep_epoch": "last"}


@pytest.mark.parametrize(
    ("of_all", "of_baseline", "search", "user"),
    [
        ("last", {}, None, None),
        ("last", LAST, None, None),
        ("best", LAST, None, ValUser("teachers.teacher-glove", "training.keep_epoch: last")),
        (
            "last", BEST, SEARCH,
            ValUser("students.baseline", "students.baseline.training.keep_epoch: last"),
        ),
        ("last", {}, SEARCH, ValUser("pruned.lean", "pruned.lean: null")),
    ],
)  # fmt: skip
def test_the_first_that_chooses_by_val(shipped_config, of_all, of_baseline, search, user):
    shipped_config["training"]["keep_epoch"] = of_all
    shipped_config["students"]["baseline"]["training"] = of_baseline
    shipped_config["pruned"]["lean"] = search
    assert first_val_user(load_config(shipped_config)) == user
