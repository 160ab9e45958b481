"""What people ask of their data: the register with its clock, the search, the export, the erasure (15-1, 15-2)."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from django_scopes import ScopeError, scope, scopes_disabled

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.abuse.models import BusyDay
from ecluse.control.accounts.models import BreakGlass, Invitation, Membership, User
from ecluse.control.accounts.personal_data import LOOKED
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.audit.queries import verify
from ecluse.control.audit.signing import audit_key
from ecluse.control.mail.models import NodeOrder, Objection
from ecluse.control.privacy import requests, searching
from ecluse.control.privacy.declared import IN_DATABASE
from ecluse.control.privacy.erasing import erase
from ecluse.control.privacy.exporting import export, found
from ecluse.control.privacy.models import PersonRequest, RequestStep
from ecluse.control.privacy.naming import Names
from ecluse.control.privacy.reminders import remind
from ecluse.control.privacy.reports import lines_of
from ecluse.control.privacy.requests import Channel, Right
from ecluse.control.privacy.searching import model_of, traces
from ecluse.control.support.models import Ticket
from ecluse.control.suppression.models import SuppressedRecipient
from ecluse.control.tenants.models import Address
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.personal_data import Erasing
from ecluse.domain.suppression import SuppressionCause
from tests.contract.message_log.contract import outcome, recipient
from tests.control.cast import OPERATOR, client, make_master_key
from tests.control.known_person import ADDRESS, HERSELF, OTHER, invited, known_at

pytestmark = pytest.mark.django_db
NAMES = Names((ADDRESS,))


@pytest.fixture
def one(tmp_path, settings):
    make_master_key(tmp_path, settings)
    return client("One")


@pytest.fixture
def log(tmp_path):
    made = SqliteMessageLog(tmp_path / "log")
    made.append(
        [
            outcome(time.time() - 60, recipient(ADDRESS), client="One"),
            outcome(time.time() - 50, recipient(OTHER), client="One"),
            outcome(time.time() - 40, recipient(ADDRESS), client="Two"),
        ]
    )
    yield made
    made.close()


def asked(whose, right=Right.ERASURE, addresses=(ADDRESS,), **about):
    """Received, and proven."""
    with scopes_disabled():
        row = requests.open_request(whose, right, addresses, channel=Channel.MAIL, by=OPERATOR, **about)
        requests.confirm_identity(row, "wrote from the address, answered the code there", by=OPERATOR)
        return row


def erased(row):
    with requests.scope_of(row):
        return erase(row, by=OPERATOR)


def rows_that_name(names):
    """Every field of every table of every app that has it in any form, whatever is declared: "store.field"."""
    found = set()
    with scopes_disabled():
        for model in apps.get_models(include_auto_created=True):
            for row in model._base_manager.all():
                for field in model._meta.local_concrete_fields:
                    value = getattr(row, field.attname)
                    value = bytes(value).decode("latin-1") if isinstance(value, (bytes, memoryview)) else value
                    if names.are_in(value):
                        found.add(f"{model._meta.label}.{field.name}")
    return found


def staying():
    return {
        f"{store.name}.{each.field}"
        for store in IN_DATABASE
        for each in store.personal
        if each.erasing in {Erasing.KEPT, Erasing.LAPSES}
    }


def test_an_address_is_named_where_it_stands_and_not_within_another_one():
    names = Names(("ann@one.example", "a+b@one.example"))
    assert names.are_in("person:ANN@one.example (by mail)")
    assert names.are_in({"to": [["<ann@one.example>."]]})
    assert names.are_in("a+b@one.example")
    for written in ("'ann@one.example'", "**ann@one.example**", "?to=ann@one.example&x", "prvs=1=ann@one.example"):
        assert names.are_in(written), written
        assert not names.are(written), written  # It may be a mailbox of somebody else's.
    assert names.are("person:ANN@one.example")
    for other in (
        "joann@one.example",
        "x.ann@one.example",
        "o'ann@one.example",
        "b+ann@one.example",
        "ann@one.example.org",
        "ann@one.examples",
        "annx@one.example",
    ):
        assert not names.are_in(other), other
    assert names.replaced({"ann@one.example": ["to ANN@one.example, a+b@one.example, joann@one.example"]}, "xy") == {
        "x": ["to x, y, joann@one.example"]
    }


def test_of_what_json_holds_only_what_is_said_of_him_is_his():
    names = Names(("ann@one.example",))
    mine = {"address": "ann@one.example", "fate": "held", "findings": ["X"]}
    assert names.own_part({"recipients": [mine, {"address": "bob@one.example"}], "size": 1}) == {
        "recipients": [{"address": "ann@one.example", "fate": "held"}]
    }
    assert names.own_part({"people": {"ann@one.example": ["A"], "bob@one.example": ["B"]}}) == {
        "people": {"ann@one.example": ["A"]}
    }
    assert names.own_part("ann@one.example and bob@one.example") == "ann@one.example and bob@one.example"


def test_what_names_somebody_is_found_in_every_table(one):
    known_at(one)
    with scope(client=one):
        stores = {f"{each.store.name}.{each.field.field}" for each in traces(NAMES, one)}
    assert stores == rows_that_name(NAMES) - {
        "policies.ListEntry.pattern",  # Beside `entry`, in the same row.
        # They follow what they are published of, and the provider's are not a client's to look through.
        "policies.PublishedObject.key",
        "policies.PublishedObject.body",
        "policies.PolicyChange.key",
    } | {"accounts.Membership.user"}


def test_a_clients_word_erases_its_user_everywhere_but_where_a_law_keeps_him(one, tmp_path):
    known_at(one)
    lines = erased(asked(one))
    left = rows_that_name(NAMES)
    # The lines of held copies go with their messages; their contents are ordered away.
    assert left <= staying() | {"mail.HeldCopy.recipient", "audit.Entry.after"}
    assert {"billing.BuyerVersion.plain", "privacy.PersonRequest.addresses"} <= left
    naming = [entry for entry in Entry.objects.all() if NAMES.are_in([entry.before, entry.after])]
    assert {entry.actor_name for entry in naming} == {ADDRESS}
    assert not User.objects.filter(email=ADDRESS).exists()
    with scopes_disabled():
        assert NodeOrder.objects.filter(kind="delete", target="h-eve@").count() == 1
        kept = lines_of(PersonRequest.objects.get().report)
    assert list(kept) == lines
    assert all(each.why for each in lines if not each.is_gone)
    assert list(verify(audit_key(tmp_path / "audit.key").public_key())) == []


def test_his_name_goes_with_his_address(one):
    """Nobody finds it by itself."""
    known_at(one)
    with scope(client=one):
        Ticket.objects.filter(requester=ADDRESS).update(requester_name="Eve Martin")
        erased(asked(one))
        assert Ticket.objects.get(requester="").requester_name == ""
        assert Ticket.objects.get(requester=OTHER).requester_name == "Somebody"


def test_who_has_two_addresses_is_erased_where_a_table_has_each_but_once(one):
    both, day = (ADDRESS, "eva@one.example"), date(2026, 11, 20)
    with scope(client=one):
        known_at(one)
        for address in both:
            BusyDay.objects.create(client=one, day=day, direction="inbound", address=address, messages=501)
            Objection.objects.create(
                client=one,
                message="both",
                recipient=address,
                received_at=0,
                kind="blocked",
                state="open",
                raised_by="person:paul@one.example",
                raised_at=0,
                evidence={},
            )
        erased(asked(one, addresses=both))
        assert len({each.recipient for each in Objection.objects.filter(message="both")}) == 2
        assert len({each.address for each in BusyDay.objects.filter(day=day)}) == 2
    assert rows_that_name(Names(both)) <= staying() | {"mail.HeldCopy.recipient", "audit.Entry.after"}


def test_nothing_of_who_is_called_nearly_the_same_goes(one):
    known_at(one)
    before = count_of(OTHER)
    erased(asked(one))
    after = count_of(OTHER)
    # The act has ordered nothing of his; in one note both stood.
    assert {key: before[key] - after[key] for key in before if before[key] != after[key]} == {}
    with scope(client=one):
        assert Address.objects.filter(key=OTHER).exists()
        assert SuppressedRecipient.objects.filter(recipient=OTHER).count() == 1


def count_of(address):
    names, counts = Names((address,)), {}
    with scopes_disabled():
        for each in traces(names, None):
            key = f"{each.store.name}.{each.field.field}"
            counts[key] = counts.get(key, 0) + 1
    return counts


def test_who_has_complained_of_mail_is_not_written_to_again(one):
    known_at(one)
    with scope(client=one):
        SuppressedRecipient.objects.filter(recipient=ADDRESS).update(cause=SuppressionCause.COMPLAINT)
        SuppressedRecipient.objects.filter(recipient=OTHER).update(why=f"forwards to {ADDRESS}")
        lines = erased(asked(one))
        left = {each.recipient: each.why for each in SuppressedRecipient.objects.all()}
    assert left.keys() == {ADDRESS, OTHER}
    assert not any(map(NAMES.are_in, left.values()))
    [kept] = [each for each in lines if each.store == "suppression.SuppressedRecipient" and not each.is_gone]
    assert "complained" in kept.why


def test_the_trail_keeps_what_he_did_and_loses_what_was_done_about_him(one):
    known_at(one)
    erased(asked(one))
    about = Entry.objects.filter(subject__startswith="address:").exclude(actor_name=ADDRESS)
    assert {entry.after for entry in about if NAMES.are_in(entry.after)} == set()
    assert Entry.objects.filter(actor_name=ADDRESS, action="list.entry-added").exists()
    last = Entry.objects.filter(action="request.erased").get()
    assert set(last.after) == {"rows"}


def test_who_asks_himself_loses_no_mailbox_that_his_client_has_served(one):
    """The client answers for that, and says when it ends."""
    known_at(one)
    lines = erased(asked(None))
    with scopes_disabled():
        assert Address.objects.filter(key=ADDRESS).exists()
    assert User.objects.filter(email=ADDRESS).exists()
    kept = {each.store for each in lines if each.erasing is Erasing.KEPT}
    assert {"tenants.Address", "accounts.User"} <= kept
    with scopes_disabled():
        assert not SuppressedRecipient.objects.filter(recipient=ADDRESS).exists()


def test_who_has_looked_at_a_clients_mail_stays_as_long_as_that_is_to_be_proven(one):
    """14-3: else his erasure would take what the client reads of it with it."""
    sam = User.objects.create_user("sam@provider.example", "a long way to the sea", name="Sam")
    now = datetime.now(UTC)
    look = {"reason": "asked by the client", "wants_content": True, "asked_at": now, "ends_at": now}
    BreakGlass.objects.create(user=sam, client=one, **look)
    [line] = [each for each in erased(asked(None, addresses=(sam.email,))) if each.store == "accounts.User"]
    assert (line.is_gone, line.why) == (False, LOOKED)
    BreakGlass.objects.get(user=sam).delete()  # Its year is over.
    assert any(each.is_gone for each in erased(asked(None, addresses=(sam.email,))) if each.store == "accounts.User")
    assert not User.objects.filter(email=sam.email).exists()


def test_the_last_owner_stays_and_the_report_says_so(one):
    known_at(one)
    Membership.objects.exclude(user__email=ADDRESS).delete()
    Membership.objects.filter(user__email=ADDRESS).update(role=Role.OWNER)
    lines = erased(asked(one))
    assert User.objects.filter(email=ADDRESS).exists()
    assert any(each.store == "accounts.User" and each.erasing is Erasing.KEPT for each in lines)


def test_a_clients_request_reaches_nothing_of_another_client(one, log):
    known_at(one)
    two = client("Two")
    invited(two)
    row = asked(one)
    with scope(client=one):
        assert len(found_log(row, log)) == 1
    erased(row)
    assert Invitation.objects.filter(client=two, email=ADDRESS).exists()
    with scope(client=two), pytest.raises((ScopeError, Impossible)):
        requests.open_request(one, Right.ACCESS, [ADDRESS], channel=Channel.MAIL, by=OPERATOR)
    with scope(client=two):
        assert list(requests.requests()) == []


def test_a_request_of_no_client_is_shown_and_taken_in_no_clients_scope(one):
    row = asked(None)
    with scope(client=one):
        assert list(requests.requests()) == []
        assert requests.find_request(row.pk) is None
        with pytest.raises(ScopeError):
            requests.open_request(None, Right.ACCESS, [ADDRESS], channel=Channel.MAIL, by=OPERATOR)
        if connection.vendor == "postgresql":  # The database's own fence, past our managers.
            assert not PersonRequest._base_manager.exists()
            assert not RequestStep._base_manager.exists()
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                PersonRequest._base_manager.bulk_create(
                    [PersonRequest(right="access", channel="mail", addresses=[], received_at=row.received_at)]
                )
    with requests.of_everybody():
        assert requests.find_request(row.pk) == row


def found_log(row, log):
    parts = found(row, log, datetime.now(UTC)).parts
    return next((part.rows for part in parts if part.store.name == "message log"), ())


def test_he_gets_what_is_held_of_him_and_nothing_of_who_stands_beside_him(one, log):
    known_at(one)
    with scope(client=one):
        beside = {"recipients": [{"address": ADDRESS, "category": "Q"}, {"address": OTHER, "category": "P"}]}
        Objection.objects.filter(recipient=ADDRESS).update(evidence=beside, answered_by=OPERATOR.name)
    row = asked(one, Right.ACCESS)
    with scope(client=one):
        taken = export(row, log, datetime.now(UTC), by=OPERATOR).plain
    parts = {part["store"]: part["rows"] for part in taken["parts"]}
    assert parts["suppression.SuppressedRecipient"][0]["recipient"] == ADDRESS
    assert "added_by" not in parts["suppression.SuppressedRecipient"][0]
    assert parts["accounts.User"][0]["name"] == "Eve"
    assert "password" not in parts["accounts.User"][0]
    assert [each["recipient"] for each in parts["message log"]] == [ADDRESS]
    [said] = parts["mail.Objection"]
    assert ADDRESS in said["evidence"]
    assert OTHER not in said["evidence"]
    assert said["raised_by"] == ADDRESS
    assert "answered_by" not in said
    assert [step.what for step in steps_of(row)] == ["opened", "proven", "exported"]


def test_an_export_that_leaves_out_what_is_too_much_says_so(one, log, monkeypatch):
    row = asked(None, Right.ACCESS)
    with requests.scope_of(row):
        assert found(row, log, datetime.now(UTC)).is_whole
        monkeypatch.setattr(searching, "MAX_LOG_ROWS", 1)
        cut = found(row, log, datetime.now(UTC))
    assert not cut.is_whole
    assert cut.plain["is_whole"] is False
    assert len(next(part.rows for part in cut.parts if part.store.name == "message log")) == 1


def steps_of(row):
    with scopes_disabled():
        return list(row.steps.all())


def test_nothing_is_given_or_erased_before_he_has_proven_who_he_is(one, log):
    with scope(client=one):
        known = known_at(one)
        row = requests.open_request(one, Right.ERASURE, [ADDRESS], channel=Channel.POST, by=OPERATOR)
        with pytest.raises(Impossible):
            erase(row, by=OPERATOR)
        with pytest.raises(Impossible):
            export(row, log, datetime.now(UTC), by=OPERATOR)
        with pytest.raises(Impossible):
            requests.answer(row, "done", by=OPERATOR)
        with pytest.raises(Impossible):
            requests.confirm_identity(row, " ", by=OPERATOR)
        assert known.addresses.filter(key=ADDRESS).exists()


def test_who_asked_to_see_is_not_erased_and_nobody_twice(one):
    row = asked(None, Right.ACCESS)
    with pytest.raises(Impossible):
        erased(row)
    row = asked(None)
    erased(row)
    with pytest.raises(Impossible):
        erased(row)


def test_a_client_asks_for_its_own_people_alone(one):
    with scope(client=one):
        known_at(one)
        for other in ("eve@far.example", "no address", ""):
            with pytest.raises(Impossible):
                requests.open_request(one, Right.ACCESS, [other], channel=Channel.CONSOLE, by=HERSELF)


def test_the_clock_begins_with_the_receipt_and_reminds_at_each_step_once(one):
    pia = User.objects.create_user("pia@provider.example", "a long way to the sea")
    Membership.objects.create(user=pia, client=None, role=Role.PROVIDER_OWNER)
    support = User.objects.create_user("sue@provider.example", "a long way to the sea")
    Membership.objects.create(user=support, client=None, role=Role.SUPPORT)
    now = datetime.now(UTC)
    row = asked(None, received_at=now - timedelta(days=3))
    letters = []
    told = {}
    for day in range(35):
        if remind(now + timedelta(days=day), letters.append):
            told[day] = letters[-1].is_late
        assert remind(now + timedelta(days=day), letters.append) == 0
    assert row.due_at == now + timedelta(days=27)
    assert told == {12: False, 20: False, 25: False, 27: False, 28: True}
    assert {each.recipient for each in letters} == {"pia@provider.example"}


def test_a_reminder_that_could_not_be_sent_is_sent_later(one):
    pia = User.objects.create_user("pia@provider.example", "a long way to the sea")
    Membership.objects.create(user=pia, client=None, role=Role.PROVIDER_OWNER)
    row = asked(None)
    late = row.due_at + timedelta(days=2)

    def away(_):
        raise Unavailable("away")

    assert remind(late, away) == 0
    letters = []
    assert remind(late, letters.append) == 1
    assert letters[0].is_late


def test_an_answered_request_is_reminded_of_no_more_and_forgotten_after_five_years(one):
    row = asked(None)
    with scopes_disabled():
        requests.answer(row, "sent what is held of him", by=OPERATOR)
    assert remind(row.due_at + timedelta(days=2), lambda _: None) == 0
    assert requests.forget_old(row.closed_at + timedelta(days=1_826)) == 0
    assert requests.forget_old(row.closed_at + timedelta(days=1_828)) > 0


def test_no_trail_of_ours_names_who_asks(one):
    row = asked(None)
    entries = Entry.objects.filter(subject=f"personrequest:{row.pk}")
    assert entries.count() == 2
    assert not any(NAMES.are_in([each.before, each.after]) for each in entries)


def test_the_word_that_stands_for_him_fits_into_every_column():
    for store in IN_DATABASE:
        for each in store.personal:
            if each.erasing is Erasing.UNNAMED:
                most = getattr(model_of(store)._meta.get_field(each.field), "max_length", None)
                assert most is None or most >= 100
