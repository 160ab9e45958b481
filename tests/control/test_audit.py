"""The trail shows every tampering, outlives the purge of its content, and may forget a person."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecluse.control.audit import services as audit
from ecluse.control.audit.chain import Fault
from ecluse.control.audit.models import Checkpoint, Entry
from ecluse.control.audit.queries import head, verify
from ecluse.control.audit.signing import audit_key
from ecluse.domain.errors import Impossible
from tests.control.cast import client

pytestmark = pytest.mark.django_db
KEY = Ed25519PrivateKey.generate()
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def trail():
    """Five entries, a day apart."""
    for day in range(5):
        with time_machine.travel(START + dt.timedelta(days=day), tick=False):
            client(f"Client {day}")


def faults():
    return list(verify(KEY.public_key()))


def test_an_untouched_trail_has_no_fault(trail):
    assert faults() == []
    assert head()[0] == 5


@pytest.mark.parametrize(
    ("field", "value"),
    [("actor_name", "somebody else"), ("after", {"name": "x"}), ("action", "client.read"), ("at", START), ("ip", None)],
)
def test_a_changed_entry_is_found(trail, field, value):
    Entry.objects.filter(number=3).update(**{field: value})
    assert faults() == [Fault(3, "changed since it was written")]


def test_a_changed_entry_with_a_commitment_to_match_is_found(trail):
    entry = Entry.objects.get(number=3)
    Entry.objects.filter(number=3).update(commitment=bytes(32))
    assert Fault(3, "not bound to the entry before it") in faults()
    Entry.objects.filter(number=3).update(hash=bytes(32), commitment=bytes(entry.commitment))
    assert [fault.number for fault in faults()] == [3, 4]


def test_a_missing_entry_is_found(trail):
    Entry.objects.filter(number=2).delete()
    assert Fault(2, "missing: the next entry is 3") in faults()


def test_entries_that_changed_places_are_found(trail):
    Entry.objects.filter(number=2).update(number=99)
    Entry.objects.filter(number=3).update(number=2)
    Entry.objects.filter(number=99).update(number=3)
    assert {2, 3} <= {fault.number for fault in faults()}


def test_the_purge_leaves_a_checkpoint_from_which_the_rest_is_verified(trail):
    assert audit.purge(START + dt.timedelta(days=3), KEY) == 3
    assert list(Entry.objects.values_list("number", flat=True)) == [4, 5]
    assert faults() == []
    assert audit.purge(START + dt.timedelta(days=3), KEY) == 0
    Entry.objects.filter(number=4).delete()
    assert Fault(4, "missing: the next entry is 5") in faults()


def test_numbers_go_on_after_everything_was_purged(trail):
    assert audit.purge(START + dt.timedelta(days=30), KEY) == 5
    assert head()[0] == 5
    client("Client 6")
    assert Entry.objects.get().number == 6
    assert faults() == []


def test_an_entry_that_is_old_only_by_a_clock_that_stepped_back_makes_no_hole(trail):
    Entry.objects.filter(number=5).update(at=START - dt.timedelta(days=1))
    assert audit.purge(START + dt.timedelta(days=2), KEY) == 2


def test_a_forged_checkpoint_is_found(trail):
    audit.purge(START + dt.timedelta(days=3), KEY)
    Checkpoint.objects.update(hash=bytes(32))
    assert Fault(3, "the checkpoint is not signed by this installation") in faults()


def test_what_a_person_did_can_be_forgotten_and_the_trail_still_holds(trail):
    assert audit.erase_content([2]) == 1
    entry = Entry.objects.get(number=2)
    assert (entry.actor_name, entry.ip, entry.after) == ("", None, None)
    assert faults() == []


def test_the_key_is_made_once_for_its_owner_alone(tmp_path):
    file = tmp_path / "keys" / "audit.pem"
    first, again = audit_key(file), audit_key(file)
    assert first.private_bytes_raw() == again.private_bytes_raw()
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("-----BEGIN NONSENSE-----\n")
    with pytest.raises(Impossible, match="Ed25519"):
        audit_key(file)
