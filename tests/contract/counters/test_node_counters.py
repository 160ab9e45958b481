"""Memories on disk, and the way to the one process that writes them."""

import asyncio
import multiprocessing
import os
import signal
import socket
import stat

import lmdb
import pytest
import uvloop

from ecluse.adapters.counters import store as store_module
from ecluse.adapters.counters.exchange import MAX_IN_DATAGRAM, SOCKET, NodeCounters, Writer, listen
from ecluse.adapters.counters.keys import KEY_OCTETS, SALT_OCTETS, Keys, make_salt
from ecluse.adapters.counters.record import Record
from ecluse.adapters.counters.store import Store
from ecluse.adapters.lmdb.environment import close_all
from ecluse.domain.errors import Unavailable
from ecluse.domain.history import DAY_S, GREYLIST_WAITS_S, KEPT_S, Kind, Memory, Sighting
from tests.contract.another_process import in_another_process
from tests.contract.counters.contract import AT, NETWORK, CountersContract, eventually

SALT = b"s" * SALT_OCTETS


async def _serve(folder, is_ready):
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    store = Store(folder / "memories", SALT, is_writer=True)
    transport, _ = await listen(store, folder)
    is_ready.set()
    await ending.wait()
    transport.close()
    await asyncio.sleep(0)
    store.close()


@pytest.fixture
def writing_process(tmp_path):
    """The one process that writes, as the agent is one."""
    context = multiprocessing.get_context("fork")
    is_ready = context.Event()
    process = context.Process(target=lambda: uvloop.run(_serve(tmp_path, is_ready)))
    process.start()
    assert is_ready.wait(60)
    yield process
    if process.is_alive():
        os.kill(process.pid, signal.SIGTERM)
    process.join(10)
    process.close()


@pytest.fixture
def counters(tmp_path, writing_process, monkeypatch):
    monkeypatch.setattr(store_module, "LOOK_EVERY_S", 0.01)
    counters = NodeCounters(Store(tmp_path / "memories", SALT, is_writer=False), tmp_path)
    yield counters
    counters.close()


class TestNodeCounters(CountersContract):
    pass


@pytest.fixture
def writer(tmp_path):
    writer = Store(tmp_path / "memories", SALT, is_writer=True)
    yield writer
    close_all()


def reader(tmp_path):
    return Store(tmp_path / "memories", SALT, is_writer=False)


def record(writer, kind, name, at=AT, good=1.0):
    return Record(writer.keys.key(kind, name), at, good, 0.0)


def network(writer, number, at=AT):
    return record(writer, Kind.NETWORK, str(number), at)


# -- the writer and its readers


def test_before_anything_was_written_nobody_is_known(tmp_path):
    assert reader(tmp_path).find(Kind.NETWORK, "1") is None
    assert not (tmp_path / "memories").exists()


def test_memories_survive_a_restart(tmp_path, writer):
    writer.write([network(writer, 1)])
    writer.close()
    assert reader(tmp_path).find(Kind.NETWORK, "1") == Memory(AT, AT, 1.0, 0.0)


def test_memories_survive_the_end_of_the_writing_process(tmp_path, writing_process, counters):
    counters.note((NETWORK,))
    eventually(lambda: counters.find(Kind.NETWORK, "192.0.2.0/24") is not None)
    os.kill(writing_process.pid, signal.SIGKILL)
    writing_process.join(10)
    counters.note((NETWORK,))
    assert reader(tmp_path).find(Kind.NETWORK, "192.0.2.0/24") is not None
    successor = Store(tmp_path / "memories", SALT, is_writer=True)
    successor.write([network(successor, 2)])
    assert reader(tmp_path).find(Kind.NETWORK, "192.0.2.0/24") is not None
    successor.close()


def test_a_store_goes_through_a_fork(tmp_path, writer):
    store = reader(tmp_path)
    writer.write([network(writer, 1)])
    assert store.find(Kind.NETWORK, "1") is not None

    def other():
        assert store.find(Kind.NETWORK, "1") is not None

    in_another_process(other)
    in_another_process(lambda: writer.write([network(writer, 2)]))
    assert store.find(Kind.NETWORK, "2") is not None


def test_a_file_that_is_no_store_is_replaced_and_readers_find_the_new_one(tmp_path, writer, monkeypatch):
    monkeypatch.setattr(store_module, "LOOK_EVERY_S", 0.0)
    writer.write([network(writer, 1)])
    writer.close()
    (tmp_path / "memories" / "data.mdb").write_bytes(b"\xff" * 65_536)
    store = reader(tmp_path)
    with pytest.raises(Unavailable):
        store.find(Kind.NETWORK, "1")
    writer.write([network(writer, 2)])
    assert store.find(Kind.NETWORK, "1") is None
    assert store.find(Kind.NETWORK, "2") is not None


def test_readers_in_other_processes_follow_the_writer_to_a_new_file(tmp_path, monkeypatch):
    monkeypatch.setattr(store_module, "LOOK_EVERY_S", 0.0)

    def write(number):
        def work():
            mine = Store(tmp_path / "memories", SALT, is_writer=True)
            if number == 2:
                mine._begin_anew("a test")
            mine.write([network(mine, number)])

        in_another_process(work)

    write(1)
    store = reader(tmp_path)
    assert store.find(Kind.NETWORK, "1") is not None
    # The pipe holds the reader while the writer begins anew, with the first file open.
    here, there = multiprocessing.Pipe()
    child = os.fork()
    if not child:
        try:
            mine = reader(tmp_path)
            assert mine.find(Kind.NETWORK, "1") is not None
            there.send("read")
            there.recv()
            assert mine.find(Kind.NETWORK, "1") is None
            assert mine.find(Kind.NETWORK, "2") is not None
            os._exit(0)
        finally:
            os._exit(1)
    assert here.recv() == "read"
    write(2)
    here.send("written")
    assert os.waitpid(child, 0)[1] == 0


def test_after_a_power_cut_the_file_is_not_opened_and_begins_anew(tmp_path, writer, monkeypatch):
    writer.write([network(writer, 1)])
    close_all()  # Without the writer's farewell.
    monkeypatch.setattr(store_module, "_boot", lambda: "another boot")
    assert reader(tmp_path).find(Kind.NETWORK, "1") is None
    successor = Store(tmp_path / "memories", SALT, is_writer=True)
    successor.write([network(successor, 2)])
    store = reader(tmp_path)
    assert store.find(Kind.NETWORK, "1") is None
    assert store.find(Kind.NETWORK, "2") is not None


def test_after_an_orderly_shutdown_it_is(tmp_path, writer, monkeypatch):
    writer.write([network(writer, 1)])
    writer.close()
    monkeypatch.setattr(store_module, "_boot", lambda: "another boot")
    assert reader(tmp_path).find(Kind.NETWORK, "1") is not None
    successor = Store(tmp_path / "memories", SALT, is_writer=True)
    successor.write([network(successor, 2)])
    assert reader(tmp_path).find(Kind.NETWORK, "1") is not None


def test_a_store_that_cannot_be_opened_is_unavailable(tmp_path, writer):
    (tmp_path / "memories").write_text("not a folder")
    for work in (lambda: writer.write([network(writer, 1)]), lambda: writer.tidy(AT)):
        with pytest.raises(Unavailable):
            work()
    assert reader(tmp_path).find(Kind.NETWORK, "1") is None


def test_a_value_of_another_release_is_nothing(tmp_path, writer):
    writer.write([network(writer, 1)])
    key = writer.keys.key(Kind.NETWORK, "1")
    close_all()
    with lmdb.open(str(tmp_path / "memories")) as environment, environment.begin(write=True) as transaction:
        transaction.put(key, b"short")
    assert reader(tmp_path).find(Kind.NETWORK, "1") is None
    writer.write([network(writer, 1)])
    assert reader(tmp_path).find(Kind.NETWORK, "1") == Memory(AT, AT, 1.0, 0.0)


# -- bounds


def test_of_too_many_memories_the_oldest_go(tmp_path):
    store = Store(tmp_path / "memories", SALT, is_writer=True, max_memories=1_000)
    for number in range(5_000):
        store.write([network(store, number, AT + number)])
    found = [number for number in range(5_000) if store.find(Kind.NETWORK, str(number))]
    store.close()
    assert 500 < len(found) <= 1_010
    # Each stretch of the store loses its oldest, so the border is not sharp.
    assert sum(found) / len(found) > 3_900
    assert 4_999 in found


def test_a_map_that_is_full_begins_anew(tmp_path):
    store = Store(tmp_path / "memories", SALT, is_writer=True, map_bytes=131_072)
    for number in range(3_000):
        store.write([network(store, number)])
    assert store.find(Kind.NETWORK, "2999") is not None
    store.close()


def test_what_has_had_its_time_is_forgotten(tmp_path, writer):
    kinds = (Kind.NETWORK, Kind.GREYLIST)
    writer.write([record(writer, kind, "waits", good=0.0) for kind in kinds])
    writer.write([record(writer, Kind.GREYLIST, "came", good=1.0)])
    assert writer.tidy(AT + GREYLIST_WAITS_S + 1) == 1
    assert writer.find(Kind.GREYLIST, "waits") is None
    assert writer.tidy(AT + KEPT_S + 1) == 2


def test_tidying_goes_through_all_of_it_in_slices(tmp_path, writer):
    writer.write([network(writer, number) for number in range(100)])
    later = AT + 2 * KEPT_S
    assert [writer.tidy(later, 30) for _ in range(5)] == [30, 30, 30, 10, 0]


# -- the way there


def test_with_nobody_listening_noting_is_harmless(tmp_path):
    counters = NodeCounters(reader(tmp_path), tmp_path)
    counters.note((NETWORK,))
    counters.close()


def test_what_a_busy_writer_did_not_take_comes_with_the_next(tmp_path):
    deaf = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    deaf.bind(str(tmp_path / SOCKET))
    counters = NodeCounters(reader(tmp_path), tmp_path)
    for number in range(2_000):
        counters.note((Sighting(Kind.PAIR, str(number), AT, good=1.0),))
    # The writer awakes: what waits reaches it, and then what was kept, the newest where that was too much.
    heard = []
    store = Store(tmp_path / "memories", SALT, is_writer=True)

    def hear():
        try:
            while True:
                heard.append(deaf.recv(1 << 20))
        except BlockingIOError:
            pass

    hear()
    early = len(heard)
    counters.note((NETWORK,))
    hear()
    assert len(heard) == early + 1
    assert len(heard[-1]) == 1 + MAX_IN_DATAGRAM * (KEY_OCTETS + 24)

    async def take():
        writer = Writer(store)
        for data in heard:
            writer.datagram_received(data, None)
        writer.write()

    asyncio.run(take())
    assert store.find(Kind.NETWORK, "192.0.2.0/24") is not None
    assert store.find(Kind.PAIR, "1999") is not None
    counters.close()
    deaf.close()
    store.close()


@pytest.mark.parametrize("data", [b"", b"\x01x", b"\x02" + bytes(41), b"\x01" + bytes(40), os.urandom(500)])
async def test_datagrams_that_are_none_of_ours_are_ignored(tmp_path, writer, data):
    ear = Writer(writer)
    ear.datagram_received(data, None)
    ear.write()
    assert writer.find(Kind.NETWORK, "1") is None


async def test_a_key_of_a_kind_we_do_not_know_is_not_kept(tmp_path, writer):
    writer.write([Record(bytes(KEY_OCTETS - 1) + b"\xff", AT, 1.0, 0.0), network(writer, 1)])
    assert writer.tidy(AT) == 0
    assert writer.find(Kind.NETWORK, "1") is not None


async def test_trouble_with_the_store_does_not_end_the_writer(tmp_path, writer):
    (tmp_path / "memories").write_text("not a folder")
    ear = Writer(writer)
    ear.datagram_received(b"\x01" + bytes(KEY_OCTETS + 24), None)
    ear.write()


# -- names


def test_the_salt_is_made_once_and_for_us_alone(tmp_path):
    path = tmp_path / "state" / "salt"
    salt = make_salt(path)
    assert len(salt) == SALT_OCTETS
    assert make_salt(path) == salt
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["salt"]


def test_a_damaged_salt_is_made_anew(tmp_path):
    (tmp_path / "salt").write_bytes(b"short")
    assert len(make_salt(tmp_path / "salt")) == SALT_OCTETS


def test_processes_that_ask_for_the_salt_at_once_get_the_same(tmp_path):
    context = multiprocessing.get_context("fork")
    with context.Pool(4) as pool:
        assert len(set(pool.map(make_salt, [tmp_path / "salt"] * 16))) == 1


def test_no_name_stands_in_the_file_and_another_salt_finds_nothing(tmp_path, writer):
    writer.write([record(writer, Kind.PAIR, "ann@client.example")])
    assert b"client.example" not in (tmp_path / "memories" / "data.mdb").read_bytes()
    stranger = Store(tmp_path / "memories", b"t" * SALT_OCTETS, is_writer=False)
    assert stranger.find(Kind.PAIR, "ann@client.example") is None


def test_every_kind_has_keys_of_its_own():
    keys = Keys(SALT)
    assert len({keys.key(kind, "x") for kind in Kind}) == len(Kind)
    assert {len(keys.key(kind, "x" * length)) for kind in Kind for length in (0, 1, 1_000)} == {KEY_OCTETS}


def test_a_late_note_of_a_day_ago_counts_like_one_of_now(tmp_path, writer):
    writer.write([network(writer, 1)])
    writer.write([network(writer, 1, AT - DAY_S)])
    assert writer.find(Kind.NETWORK, "1") == Memory(AT - DAY_S, AT, 2.0, 0.0)
