import pytest

from ecluse.adapters.lmdb.detours import LmdbDetours
from ecluse.adapters.lmdb.environment import close_all
from ecluse.domain.errors import Unavailable
from tests.contract.another_process import in_another_process
from tests.contract.detours.contract import BOTH, DetoursContract, way


@pytest.fixture
def detours(tmp_path):
    yield LmdbDetours(tmp_path / "data" / "detours")
    close_all()


class TestLmdbDetours(DetoursContract):
    pass


def test_all_processes_see_it_at_once_and_it_survives_a_restart(tmp_path, detours):
    in_another_process(lambda: detours.put(BOTH))
    assert way(detours) == BOTH.host
    detours.close()
    assert way(LmdbDetours(tmp_path / "data" / "detours")) == BOTH.host


def test_a_store_that_cannot_be_opened_is_unavailable(tmp_path):
    (tmp_path / "detours").write_text("not a folder")
    detours = LmdbDetours(tmp_path / "detours")
    for question in (lambda: way(detours), lambda: detours.put(BOTH), lambda: detours.end("A", ""), detours.all):
        with pytest.raises(Unavailable):
            question()
