import pytest

from tests.support import whole_run
from tests.support.plan import plan


def make_whole(folder):
    whole_run.write_data(folder)
    whole_run.run_all(folder)
    assert plan(folder).runs == set()


@pytest.fixture(scope="session")
def whole(made_once):
    """A finished run that has an entry of every kind."""
    return made_once("whole", make_whole)
