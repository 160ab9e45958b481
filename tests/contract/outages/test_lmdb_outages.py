import os

import lmdb
import pytest

from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.outages import LmdbOutages
from ecluse.domain.errors import Unavailable
from ecluse.domain.outage import Outage
from tests.contract.another_process import in_another_process
from tests.contract.outages.contract import ONE, OutagesContract


@pytest.fixture
def outages(tmp_path):
    yield LmdbOutages(tmp_path / "data" / "outages")
    close_all()


class TestLmdbOutages(OutagesContract):
    pass


def test_an_outage_survives_a_restart(tmp_path, outages):
    outages.save(ONE)
    outages.close()
    assert LmdbOutages(tmp_path / "data" / "outages").find("one.example") == ONE


def test_all_processes_see_and_change_the_same_outages(outages):
    outages.save(ONE)

    def other():
        assert outages.find("one.example") == ONE
        outages.end("one.example")
        outages.save(Outage("two.example", 7.0))

    in_another_process(other)
    assert list(outages.all()) == [Outage("two.example", 7.0)]


def test_processes_that_write_at_once_lose_nothing(outages):
    children = []
    for number in range(4):
        if not (child := os.fork()):
            for step in range(20):
                outages.save(Outage(f"d{number}-{step}.example", float(step)))
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    assert len(list(outages.all())) == 80


def test_what_changes_nothing_is_not_written(tmp_path, outages):
    outages.save(ONE)
    data = tmp_path / "data" / "outages" / "data.mdb"
    before = data.read_bytes()
    outages.save(ONE)
    outages.end("two.example")
    assert data.read_bytes() == before


def test_a_store_that_cannot_be_opened_is_unavailable(tmp_path):
    (tmp_path / "outages").write_text("not a folder")
    store = LmdbOutages(tmp_path / "outages")
    for question in (lambda: store.find("x"), lambda: store.save(ONE), lambda: store.end("x"), store.all):
        with pytest.raises(Unavailable):
            question()


def test_a_damaged_record_is_unavailable(tmp_path, outages):
    outages.save(ONE)
    close_all()
    with lmdb.open(str(tmp_path / "data" / "outages")) as environment, environment.begin(write=True) as transaction:
        transaction.put(b"done.example", b"\xc1")
    with pytest.raises(Unavailable):
        outages.find("one.example")
