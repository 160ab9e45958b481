import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lmdb
import msgspec
import pytest

from ecluse.adapters.lmdb.environment import Environment, _open_here, close_all
from ecluse.adapters.lmdb.policies import LmdbPolicies, publish
from ecluse.domain.address import Address
from ecluse.domain.errors import NoRoom, Unavailable
from ecluse.domain.policy import Policy, Route
from ecluse.domain.published import ListEntry, PublishedPolicy
from tests.contract.another_process import in_another_process
from tests.contract.policies.contract import ANN, ONE, SENDER, TWO, PoliciesContract, entry, published

EMPTY = PublishedPolicy((), (), ())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data" / "policy"
    close_all()


class CountingPolicies(LmdbPolicies):
    """Counts the look-ups in LMDB: what may not grow with the store."""

    gets = 0

    @staticmethod
    def _get(store: lmdb.Transaction, key: bytes) -> bytes | None:
        CountingPolicies.gets += 1
        return LmdbPolicies._get(store, key)


class TestLmdbPolicies(PoliciesContract):
    @pytest.fixture
    def serve(self, store):
        def serve(policy: PublishedPolicy) -> LmdbPolicies:
            publish(store, policy)
            return LmdbPolicies(store)

        return serve


class TestPublishing:
    def test_a_node_that_never_had_a_policy_knows_it(self, store):
        policies = LmdbPolicies(store)
        assert not policies.has_policy
        publish(store, EMPTY)
        assert policies.has_policy

    def test_without_a_policy_nothing_is_answered_for_good(self, store):
        """ "Not ours" would refuse everybody's mail 550."""
        for question in (
            lambda: LmdbPolicies(store).domain("one.example"),
            lambda: LmdbPolicies(store).has_address(ANN),
            lambda: LmdbPolicies(store).list_hits(ONE, ANN, SENDER, "192.0.2.7"),
            lambda: LmdbPolicies(store).reader_check(),
            lambda: LmdbPolicies(store).has_client("One"),
        ):
            with pytest.raises(Unavailable):
                question()

    def test_an_empty_store_is_not_a_policy(self, store):
        store.mkdir(parents=True)
        lmdb.open(str(store)).close()
        policies = LmdbPolicies(store)
        assert not policies.has_policy
        with pytest.raises(Unavailable):
            policies.domain("one.example")
        with pytest.raises(Unavailable):
            policies.has_address(ANN)

    def test_what_is_no_longer_published_is_gone(self, store):
        publish(store, published(entry("mail.a.example"), entry("192.0.2.0/24")))
        policies = LmdbPolicies(store)
        assert policies.list_hits(ONE, ANN, SENDER, "192.0.2.7")
        assert policies.log_days() == {"One": 100}  # Who has not asked for fewer is not named.
        publish(store, PublishedPolicy((TWO,), (), ()))
        assert policies.domain("one.example") is None
        assert policies.domain("two.example") == TWO
        assert (policies.has_client("One"), policies.has_client("Two")) == (False, True)
        assert policies.log_days() == LmdbPolicies(store.with_name("none")).log_days() == {}
        assert not policies.has_address(ANN)
        assert policies.list_hits(ONE, ANN, SENDER, "192.0.2.7") == ()

    def test_a_reader_sees_what_another_process_publishes_at_once(self, store):
        publish(store, published())
        policies = LmdbPolicies(store)
        assert policies.domain("one.example") == ONE
        changed = Policy("One", "one.example", (Route("new.example"),))
        in_another_process(lambda: publish(store, PublishedPolicy((changed,), (), ())))
        assert policies.domain("one.example") == changed

    def test_only_what_changed_is_written(self, store):
        assert publish(store, published(entry("a.example"))) == 7
        assert publish(store, published(entry("a.example"))) == 0
        assert publish(store, published(entry("b.example"))) == 2

    def test_publishing_nothing_new_leaves_the_file_as_it_is(self, store):
        publish(store, published())
        before = (store / "data.mdb").read_bytes()
        in_another_process(lambda: publish(store, published()))
        assert (store / "data.mdb").read_bytes() == before

    def test_the_store_is_for_our_user_alone(self, store):
        publish(store, published())
        assert (store.stat().st_mode & 0o777, (store / "data.mdb").stat().st_mode & 0o777) == (0o700, 0o600)

    def test_a_policy_that_cannot_be_written_is_unavailable(self, store):
        store.parent.mkdir()
        store.write_text("not a folder")
        with pytest.raises(Unavailable):
            publish(store, published())

    def test_a_policy_that_finds_no_room_leaves_the_old_one(self, store, monkeypatch):
        monkeypatch.setattr("ecluse.adapters.lmdb.environment.MAP_BYTES", 262_144)
        publish(store, published())
        with pytest.raises(NoRoom):
            publish(store, _size(clients=1_000, entries_each=10))
        assert LmdbPolicies(store).domain("one.example") == ONE
        assert LmdbPolicies(store).domain("d0.example") is None

    def test_a_damaged_record_is_unavailable_not_unknown(self, store):
        publish(store, published(entry("a.example")))
        _overwrite(store, b"d\0one.example", b"\xc1")
        _overwrite(store, b"o\0client\0One", b"\xc1")
        policies = LmdbPolicies(store)
        with pytest.raises(Unavailable):
            policies.domain("one.example")
        with pytest.raises(Unavailable):
            policies.list_hits(ONE, ANN, SENDER, "")

    def test_a_field_of_the_next_release_is_passed_over(self, store):
        """A roll-back keeps the store."""
        publish(store, published())
        newer = {**msgspec.msgpack.decode(msgspec.msgpack.encode(ONE)), "invented_later": [1, 2]}
        _overwrite(store, b"d\0one.example", msgspec.msgpack.encode(newer))
        assert LmdbPolicies(store).domain("one.example") == ONE


class TestReading:
    def test_a_policy_is_decoded_once(self, store):
        publish(store, published())
        policies = LmdbPolicies(store)
        assert policies.domain("one.example") is policies.domain("one.example")

    def test_decoded_policies_do_not_fill_the_memory(self, store, monkeypatch):
        monkeypatch.setattr("ecluse.adapters.lmdb.policies.MAX_POLICIES_KEPT", 3)
        publish(store, _size(clients=8, entries_each=0))
        policies = LmdbPolicies(store)
        assert all(policies.domain(f"d{number}.example") for number in range(8))
        assert len(policies._decoded) <= 3

    def test_parent_and_forked_children_read_side_by_side(self, store):
        publish(store, published())
        policies = LmdbPolicies(store)
        assert policies.domain("one.example") == ONE

        def read():
            assert policies.domain("one.example") == ONE
            assert policies.has_address(ANN)

        for _ in range(3):
            in_another_process(read)
            assert policies.domain("two.example") == TWO

    def test_nothing_is_open_across_a_fork(self, store):
        """A child that inherits a reader's slot would free or share it."""
        publish(store, published())
        policies = LmdbPolicies(store)
        policies.domain("one.example")

        assert _open_files_below(store)

        def inherits_nothing():
            assert not _open_files_below(store)

        in_another_process(inherits_nothing)

    def test_threads_read_while_one_publishes(self, store):
        """As in the agent, which publishes while its health page and its reader check look into the store."""
        publish(store, published())

        def look(_number):
            policies = LmdbPolicies(store)
            return policies.has_policy and policies.domain("one.example") is not None and policies.reader_check() == 0

        with ThreadPoolExecutor(4) as threads:
            looks = threads.map(look, range(400))
            for number in range(20):
                publish(store, published(*(entry(f"{number}-{each}.example") for each in range(200))))
        assert all(looks)

    def test_reading_makes_no_store(self, store):
        assert not LmdbPolicies(store).has_policy
        with pytest.raises(Unavailable):
            LmdbPolicies(store).domain("one.example")
        assert not store.exists()

    def test_the_slots_of_killed_readers_are_freed(self, store):
        publish(store, published())
        policies = LmdbPolicies(store)
        is_reading, reads = os.pipe()
        child = os.fork()
        if not child:
            _begun = policies._environment.read()
            os.write(reads, b"!")
            time.sleep(60)
            os._exit(1)
        os.read(is_reading, 1)
        # Whoever opens a store that nobody has open clears all slots anyway: the workers never come to that.
        assert policies.has_policy
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert policies.reader_check() == 1
        assert policies.reader_check() == 0

    def test_no_transaction_outlives_a_call(self, store):
        """A reader's snapshot keeps old pages: the file would grow with every publication."""
        publish(store, published(entry("mail.a.example")))
        policies = LmdbPolicies(store)
        policies.domain("one.example")
        policies.has_address(ANN)
        policies.list_hits(ONE, ANN, SENDER, "192.0.2.7")
        readers = _open_here[str(store)].readers()
        assert [line.split()[-1] for line in readers.strip().splitlines()[1:]] == ["-"]

    def test_look_ups_do_not_grow_with_the_store(self, store):
        few = _size(clients=2, entries_each=4)
        counts = []
        for policy in (few, _size(clients=300, entries_each=100)):
            publish(store, policy)
            policies = CountingPolicies(store)
            CountingPolicies.gets = 0
            served = policies.domain("d0.example")
            assert served is not None
            policies.has_address(Address("a0", "d0.example"))
            policies.list_hits(served, Address("a0", "d0.example"), SENDER, "192.0.2.7")
            counts.append(CountingPolicies.gets)
        # Domain and address; the user's (absent) lists; the client's, with four patterns of the sender and one network.
        assert counts == [2 + 1 + 1 + 4 + 1] * 2


def _size(*, clients: int, entries_each: int) -> PublishedPolicy:
    names = range(clients)
    return PublishedPolicy(
        tuple(Policy(f"c{name}", f"d{name}.example", (Route("mx.example"),)) for name in names),
        tuple(Address(f"a{name}", f"d{name}.example") for name in names),
        tuple(_some_entry(f"c{name}", number) for name in names for number in range(entries_each)),
    )


def _some_entry(client: str, number: int) -> ListEntry:
    texts = (f"x{number}@y.example", f"s{number}.example", f"*.s{number}.example", f"10.{number % 250}.0.0/16")
    return entry(texts[number % 4], owner=client)


def _overwrite(store: Path, key: bytes, value: bytes) -> None:
    with Environment(store, creates=False).write() as transaction:
        assert transaction.get(key) is not None
        transaction.put(key, value)


def _open_files_below(folder: Path) -> list[str]:
    """What /proc shows to be open in this process."""
    links = list(Path("/proc/self/fd").iterdir())
    # The descriptor that lists the folder is gone when its link is read.
    targets = [os.readlink(link) for link in links if os.path.lexists(link)]  # noqa: PTH115 - no path, a name of the kernel's.
    return [target for target in targets if target.startswith(str(folder))]
