from pathlib import Path

import pytest

from teachtext.jobs.records import LastRun, describe_lock


@pytest.mark.parametrize(
    ("is_alive", "words"),
    [
        (True, ["is running in this folder. `teachtext status`", "when it has ended"]),
        (False, ["was killed and has left its lock. Type `snakemake --unlock`, then"]),
        (None, ["has locked this folder. If it is running on no machine any more: `snakemake"]),
    ],
)
def test_a_lock_is_told_in_one_line(is_alive, words):
    told = describe_lock(LastRun(Path("a.log"), 0.0, frozenset(), is_alive))
    assert [word for word in words if word not in told] == []
    assert "\n" not in told


def test_a_lock_of_nobody_who_ran_jobs_may_be_anybodys():
    assert describe_lock(None) == describe_lock(LastRun(Path("a.log"), 0.0, frozenset(), None))
