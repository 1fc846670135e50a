"""What the servers of a measurement work on."""

import shutil

import pytest

from bench import dataset
from bench.dataset import RUN, Size

TINY = Size(organizations=2, contacts=10, big_contacts=20, agents=1, big_agents=1)
LAST_STEP = "building the search indexes"


class Interrupted(BaseException):
    """Ctrl-C."""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "BUILD", tmp_path / "bench")
    monkeypatch.setattr(dataset, "FEW", TINY)
    yield
    shutil.rmtree(tmp_path / "bench", ignore_errors=True)


@pytest.mark.usefixtures("place")
def test_data_of_an_interrupted_load_is_loaded_again():
    heard: list[str] = []

    def hear(step):
        heard.append(step)
        if heard.count(LAST_STEP) == 2:
            raise Interrupted

    with pytest.raises(Interrupted), dataset.loaded(TINY, hear):
        pytest.fail("it was not interrupted")
    heard.clear()
    with dataset.loaded(TINY, heard.append) as data, data.connect(RUN) as connection:
        contacts = connection.execute("SELECT count(*) FROM customers").fetchone()
    assert (contacts, heard.count(LAST_STEP)) == ((30,), 2)
