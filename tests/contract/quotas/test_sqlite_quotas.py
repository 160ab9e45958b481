import asyncio
import os
import sqlite3
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from ecluse.adapters.sqlite.counts import Counts
from ecluse.adapters.sqlite.quotas import TIDY_EVERY, SqliteQuotas
from ecluse.domain.errors import Unavailable
from ecluse.domain.quota import DAY_S, Bucket, Charge, Crowd, Sum
from tests.contract.quotas.contract import NOW, QuotasContract, crowd


@pytest.fixture
def quotas(tmp_path):
    opened = SqliteQuotas(tmp_path / "data" / "quotas.sqlite", b"salt")
    yield opened
    opened.close()


class TestSqliteQuotas(QuotasContract):
    pass


async def test_to_look_whether_it_would_be_denied_counts_nothing(quotas):
    charge = Charge(NOW, (Sum("s", 60, 2, most=3),), (crowd("ann"),))
    assert [await quotas.denied(charge) for _ in range(3)] == [None] * 3
    assert (await quotas.take(charge)).sums == (2,)
    assert await quotas.denied(charge) == charge.sums[0]


async def test_counts_survive_a_restart(tmp_path, quotas):
    await quotas.take(Charge(NOW, (Sum("s", 60, 3),), (crowd("ann"),)))
    quotas.close()
    again = SqliteQuotas(tmp_path / "data" / "quotas.sqlite", b"salt")
    grant = await again.take(Charge(NOW, (Sum("s", 60, 1),), (crowd("bob"),)))
    again.close()
    assert (grant.sums, grant.crowds) == ((4,), (2,))


def test_of_two_workers_that_ask_at_once_just_as_many_pass_as_may(tmp_path):
    """Contract 3-11: 500 pass, the 501st does not, whoever asks."""

    async def passed(number):
        quotas = SqliteQuotas(tmp_path / "quotas.sqlite", b"salt")
        charges = [Charge(NOW, crowds=(Crowd("c", (f"{number}-{one}",), 500),)) for one in range(300)]
        grants = await asyncio.gather(*map(quotas.take, charges))
        quotas.close()
        return sum(not grant.denied for grant in grants)

    pipes, children = [os.pipe() for _ in range(2)], []
    for number, (_, writing) in enumerate(pipes):
        if not (child := os.fork()):
            os.write(writing, str(asyncio.run(passed(number))).encode())
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    assert sum(int(os.read(reading, 10)) for reading, _ in pipes) == 500


async def test_while_another_process_writes_nothing_else_of_ours_waits(tmp_path, quotas):
    await quotas.take(Charge(NOW, (Sum("s", 60, 1),)))
    other = sqlite3.connect(tmp_path / "data" / "quotas.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    taken = asyncio.create_task(quotas.take(Charge(NOW, (Sum("s", 60, 1),))))
    turns = 0
    ends_at = asyncio.get_running_loop().time() + 0.1
    while asyncio.get_running_loop().time() < ends_at:
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100
    assert not taken.done()
    other.execute("ROLLBACK")
    other.close()
    assert (await taken).sums == (2,)


async def many(quotas, count):
    """Those who tidy up beside the mail are waited for: on a busy machine they would come after all of it."""
    for number in range(count):
        await quotas.take(Charge(NOW, (Sum(f"s{number}", 60, 1),), (crowd("ann", name=str(number)),)))
        if number % TIDY_EVERY == TIDY_EVERY - 1:
            await asyncio.wrap_future(quotas._thread.submit(int))


def no_room():
    problem = sqlite3.OperationalError("database or disk is full")
    problem.sqlite_errorcode = sqlite3.SQLITE_FULL
    return problem


async def test_what_is_written_ahead_is_taken_over_now_and_then(tmp_path, quotas):
    await many(quotas, 3 * TIDY_EVERY)
    ahead = tmp_path / "data" / "quotas.sqlite-wal"
    most = ahead.stat().st_size
    quotas.close()
    again = SqliteQuotas(tmp_path / "data" / "quotas.sqlite", b"salt")
    assert (await again.take(Charge(NOW, (Sum("s7", 60, 1),)))).sums == (2,)
    again.close()
    assert most < 2 * TIDY_EVERY * 4_096 * 6


async def test_where_nothing_can_be_forgotten_the_file_written_ahead_does_not_grow(tmp_path, quotas, monkeypatch):
    """On a disk that is nearly full, above all; and it is told."""

    def full(*_):
        raise no_room()

    monkeypatch.setattr(Counts, "purge", full)
    with capture_logs() as logs:
        await many(quotas, 6 * TIDY_EVERY)
        most = (tmp_path / "data" / "quotas.sqlite-wal").stat().st_size
        quotas.close()
    assert most < 2 * TIDY_EVERY * 4_096 * 6
    assert {each["event"] for each in logs} == {"quotas not tidied"}


async def test_a_charge_that_finds_no_room_leaves_nobody_waiting(tmp_path, quotas, monkeypatch):
    await quotas.take(Charge(NOW, (Sum("s", 60, 1),)))

    def full(_, store, charge):
        store.execute("ROLLBACK")  # As SQLite does it by itself.
        raise no_room()

    with monkeypatch.context() as patched:
        patched.setattr(Counts, "take", full)
        with pytest.raises(Unavailable, match="full"):
            await quotas.take(Charge(NOW, (Sum("s", 60, 1),)))
    assert (await quotas.take(Charge(NOW, (Sum("s", 60, 1),)))).sums == (2,)


async def test_what_is_over_is_forgotten(tmp_path, quotas):
    file = tmp_path / "data" / "quotas.sqlite"
    await quotas.take(Charge(NOW, (Sum("s", 60, 1),), (crowd("ann"),), (Bucket("b", 1.0, 0.0),)))
    for later in (120, 40 * DAY_S):
        await quotas.take(Charge(NOW + later))
    quotas.close()
    with closing(sqlite3.connect(file)) as store:
        assert [
            store.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("amount", "crowd", "bucket")
        ] == [0] * 3


async def test_no_name_stands_in_the_file(tmp_path, quotas):
    await quotas.take(Charge(NOW, (Sum("account/ann@a.example", 60, 1),), (crowd("bob@b.example"),)))
    quotas.close()
    octets = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert b"example" not in octets


async def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path):
    (tmp_path / "quotas.sqlite").mkdir()
    quotas = SqliteQuotas(tmp_path / "quotas.sqlite", b"salt")
    with pytest.raises(Unavailable):
        await quotas.take(Charge(NOW))
    quotas.close()
