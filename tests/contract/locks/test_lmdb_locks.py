from dataclasses import replace

import pytest

from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.domain.errors import Unavailable
from tests.contract.another_process import in_another_process
from tests.contract.locks.contract import ANN, NOW, LocksContract, stops


@pytest.fixture
def locks(tmp_path):
    yield LmdbLocks(tmp_path / "data" / "locks")
    close_all()


class TestLmdbLocks(LocksContract):
    pass


def test_a_lock_survives_a_restart(tmp_path, locks):
    locks.put(ANN)
    locks.close()
    assert stops(LmdbLocks(tmp_path / "data" / "locks")) == "1"


def test_all_processes_see_it_at_once(locks):
    in_another_process(lambda: locks.put(ANN))
    assert stops(locks) == "1"


def test_of_two_processes_that_lock_the_same_the_first_counts(locks):
    in_another_process(lambda: locks.add(ANN, NOW))
    assert locks.add(replace(ANN, id="2"), NOW) == ANN


def test_a_store_that_cannot_be_opened_is_unavailable(tmp_path):
    (tmp_path / "locks").write_text("not a folder")
    locks = LmdbLocks(tmp_path / "locks")
    for question in (lambda: stops(locks), lambda: locks.put(ANN), lambda: locks.add(ANN, NOW), locks.all):
        with pytest.raises(Unavailable):
            question()
