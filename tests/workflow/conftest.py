import pytest

from tests.support import whole_run
from tests.support.plan import plan


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """A finished run that has an entry of every kind."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    folder.mkdir()
    whole_run.write_data(folder)
    whole_run.run(folder)
    assert plan(folder).runs == set()
    return folder
