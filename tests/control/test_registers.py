"""The registers of security incidents and of requisitions: who is told, once, and who reads what (15-10, 15-12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.models import Membership, User
from ecluse.control.accounts.roles import PERMISSIONS, Permission, Role
from ecluse.control.audit.models import Entry
from ecluse.control.privacy import alarms, incidents, requisitions
from ecluse.control.privacy.incidents import Authority, Nature, Told
from ecluse.control.privacy.letters import CLAIMED, send_letters
from ecluse.control.privacy.models import AffectedClient, Incident, RegisterLetter, Requisition
from ecluse.control.privacy.requisitions import Demand
from ecluse.domain.errors import Impossible, Refused, Unavailable
from ecluse.web.backoffice.incident_mail import incident_mail
from tests.control.cast import OPERATOR, client

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def one():
    found = client("One")
    for name, role in (("owner", Role.OWNER), ("ann", Role.ADMINISTRATOR), ("hal", Role.HELP_DESK)):
        user = User.objects.create_user(f"{name}@one.example", language="fr" if name == "owner" else "")
        Membership.objects.create(user=user, client=found, role=role)
    return found


@pytest.fixture
def two():
    found = client("Two")
    user = User.objects.create_user("owner@two.example")
    Membership.objects.create(user=user, client=found, role=Role.OWNER)
    return found


def told(**more):
    values = {
        "title": "A lost disk",
        "nature": Nature.CONFIDENTIALITY,
        "happened_at": NOW - 5 * HOUR,
        "detected_at": NOW - 4 * HOUR,
        "account": "A disk was stolen.",
    }
    return Told(**{**values, **more})


def demand(**more):
    values = {
        "authority": "Parquet de Toulouse",
        "reference": "2026/1",
        "legal_basis": "Code de procédure pénale, art. 60-1",
        "scope": "the log of one address",
        "received_at": NOW - DAY,
        "forbids_telling": False,
    }
    return Demand(**{**values, **more})


class Mail:
    """A mail server: what it was given, and what it says to whom."""

    def __init__(self, **trouble):
        self.letters, self.trouble = [], trouble

    def send(self, news):
        problem = self.trouble.get(news.recipient.partition("@")[0])
        if problem:
            raise problem
        self.letters.append(news)

    def recipients(self):
        return sorted(each.recipient for each in self.letters)


def test_whom_an_incident_affects_is_told_at_once_and_each_of_its_people_once(one, two):
    row, mail = incidents.open_incident(told(), by=OPERATOR), Mail()
    assert send_letters(NOW, mail.send) == 0
    incidents.affect(row, one, "the addresses of ten people", by=OPERATOR)
    assert send_letters(NOW, mail.send) == 2
    incidents.affect(row, one, "of eleven", by=OPERATOR)
    incidents.correct(row, told(measures="keys changed"), by=OPERATOR)
    assert send_letters(NOW + DAY, mail.send) == 0
    assert mail.recipients() == ["ann@one.example", "owner@one.example"]
    assert {each.language for each in mail.letters} == {"fr", one.language}
    with scope(client=one):
        [mine] = incidents.extract()
        assert (mine.consequence, mine.told_at, mine.incident.measures) == ("of eleven", NOW, "keys changed")
    with scope(client=two):
        assert list(incidents.extract()) == []


def test_a_letter_that_could_not_be_sent_is_tried_again_and_one_that_nobody_takes_is_not(one):
    row = incidents.open_incident(told(), by=OPERATOR)
    incidents.affect(row, one, "", by=OPERATOR)
    away = Mail(ann=Unavailable("away"), owner=Refused("no such mailbox"))
    assert send_letters(NOW, away.send) == 0
    there = Mail()
    assert send_letters(NOW, there.send) == 1
    assert there.recipients() == ["ann@one.example"]


def test_a_letter_whose_worker_was_killed_is_repeated_once(one):
    row = incidents.open_incident(told(), by=OPERATOR)
    incidents.affect(row, one, "", by=OPERATOR)
    with scopes_disabled():
        RegisterLetter.objects.update(times=1, tried_at=NOW)
    mail = Mail()
    assert send_letters(NOW + CLAIMED / 2, mail.send) == 0
    assert send_letters(NOW + CLAIMED * 2, mail.send) == 2
    with scopes_disabled():
        assert not RegisterLetter.objects.exists()


def test_a_client_reads_nothing_of_whom_else_an_incident_affected_or_of_our_own_notes(one, two):
    row = incidents.open_incident(told(description="Bob lost it"), by=OPERATOR)
    for each in (one, two):
        incidents.affect(row, each, f"for {each.name}", by=OPERATOR)
    with scope(client=one):
        [mine] = incidents.plain_extract(incidents.extract())
    assert mine["consequence"] == "for One"
    assert "Bob" not in str(mine)
    assert "Two" not in str(mine)
    assert {each.client for each in incidents.affected_by(row)} == {one, two}


@pytest.mark.parametrize(("after_h", "left"), [(0, 68), (67.9, 0), (68.1, -1)])
def test_the_authority_is_to_be_told_within_72_hours_of_the_detection(after_h, left):
    row = incidents.open_incident(told(), by=OPERATOR)
    assert row.authority_due_at == NOW + 68 * HOUR
    assert incidents.hours_left(row, NOW + after_h * HOUR) == left


def test_an_incident_ends_with_a_decision_about_the_authority():
    row = incidents.open_incident(told(), by=OPERATOR)
    with pytest.raises(Impossible):
        incidents.close(row, by=OPERATOR)
    with pytest.raises(Impossible):
        incidents.decide(row, Authority.NOT_NEEDED, " ", by=OPERATOR)
    incidents.decide(row, Authority.NEEDED, "names and addresses", by=OPERATOR)
    with pytest.raises(Impossible):
        incidents.close(row, by=OPERATOR)
    incidents.note_authority(row, "CNIL-7", NOW - HOUR, by=OPERATOR)
    with pytest.raises(Impossible):
        incidents.note_authority(row, "CNIL-8", NOW - HOUR, by=OPERATOR)
    incidents.close(row, by=OPERATOR)
    with pytest.raises(Impossible):
        incidents.close(row, by=OPERATOR)
    assert incidents.forget_old(row.closed_at + timedelta(days=1_826)) == 0
    assert incidents.forget_old(row.closed_at + timedelta(days=1_828)) == 1


@pytest.mark.parametrize(
    "more",
    [{"title": " "}, {"account": ""}, {"happened_at": NOW - HOUR}, {"detected_at": NOW + DAY}],
)
def test_an_incident_that_cannot_be_is_not_written_down(more):
    with pytest.raises(Impossible):
        incidents.open_incident(told(**more), by=OPERATOR)
    assert not Incident.objects.exists()


def test_a_client_is_told_of_a_requisition_by_its_owners_alone_and_once(one):
    requisitions.enter(one, demand(), by=OPERATOR)
    requisitions.enter(None, demand(reference="2026/2"), by=OPERATOR)
    mail = Mail()
    assert requisitions.prepare_letters(NOW) == 1
    assert requisitions.prepare_letters(NOW) == 0
    assert send_letters(NOW, mail.send) == 1
    assert mail.recipients() == ["owner@one.example"]
    assert requisitions.prepare_letters(NOW + DAY) == send_letters(NOW + DAY, mail.send) == 0
    assert Requisition.objects.get(reference="2026/1").told_at == NOW


def test_a_requisition_that_nobody_takes_a_letter_of_is_not_written_again(one):
    requisitions.enter(one, demand(), by=OPERATOR)
    requisitions.prepare_letters(NOW)
    assert send_letters(NOW, Mail(owner=Refused("no")).send) == 0
    assert requisitions.prepare_letters(NOW + DAY) == 0
    assert Requisition.objects.get().told_at is None


def test_nobody_is_told_while_it_is_forbidden(one):
    day = NOW.date()
    for number, until in enumerate((None, day, day - DAY)):
        wanted = demand(reference=str(number), forbids_telling=True, forbidden_until=until)
        requisitions.enter(one, wanted, by=OPERATOR)
    assert requisitions.prepare_letters(NOW) == 1  # Of the one whose last day is over.
    assert requisitions.prepare_letters(NOW + DAY) == 1
    for_good = Requisition.objects.get(reference="0")
    requisitions.allow_telling(for_good, by=OPERATOR)
    assert requisitions.prepare_letters(NOW + DAY) == 1
    with pytest.raises(Impossible):
        requisitions.allow_telling(for_good, by=OPERATOR)


def test_what_was_handed_over_is_written_down_once(one):
    row = requisitions.enter(one, demand(), by=OPERATOR)
    with pytest.raises(Impossible):
        requisitions.hand_over(row, " ", NOW, by=OPERATOR)
    requisitions.hand_over(row, "rows of the log", NOW - HOUR, by=OPERATOR)
    with pytest.raises(Impossible):
        requisitions.hand_over(row, "more", NOW - HOUR, by=OPERATOR)
    assert (row.handed_over, row.handed_at) == ("rows of the log", NOW - HOUR)
    for missing in ("authority", "reference", "legal_basis", "scope"):
        with pytest.raises(Impossible):
            requisitions.enter(one, demand(**{missing: " "}), by=OPERATOR)


def test_the_trail_does_not_say_whom_a_requisition_concerns(one):
    row = requisitions.enter(one, demand(), by=OPERATOR)
    requisitions.prepare_letters(NOW)
    send_letters(NOW, Mail().send)
    entries = Entry.objects.filter(subject=f"requisition:{row.pk}")
    assert {each.action for each in entries} == {"requisition.entered", "requisition.told"}
    assert {(each.client_id, each.before, each.after) for each in entries} == {(None, None, None)}


def test_the_register_of_requisitions_outlives_the_client(one):
    row = requisitions.enter(one, demand(), by=OPERATOR)
    one.delete()
    row.refresh_from_db()
    assert row.client is None
    assert requisitions.forget_old(NOW + timedelta(days=1_900)) == 1


def test_only_the_providers_owners_see_requisitions():
    assert [role for role in Role if Permission.SEE_REQUISITIONS in PERMISSIONS[role]] == [Role.PROVIDER_OWNER]


def test_a_client_is_affected_once(one):
    row = incidents.open_incident(told(), by=OPERATOR)
    for _ in range(2):
        incidents.affect(row, one, "", by=OPERATOR)
    with scopes_disabled():
        assert AffectedClient.objects.count() == 1
        assert RegisterLetter.objects.count() == 2


def test_the_providers_owners_are_told_of_an_incident_and_of_its_72_hours_each_once():
    """While the authority is not told, and may have to be (GDPR art. 33)."""
    for name, role in (("boss", Role.PROVIDER_OWNER), ("gone", Role.PROVIDER_OWNER), ("op", Role.OPERATOR)):
        user = User.objects.create_user(f"{name}@provider.example", language="fr" if name == "boss" else "")
        Membership.objects.create(user=user, client=None, role=role)
    User.objects.filter(email="gone@provider.example").update(is_active=False)
    row = incidents.open_incident(told(), by=OPERATOR)
    letters = []

    def told_by(hours):
        return alarms.tell_owners(row.detected_at + hours * HOUR, letters.append)

    def away(_):
        raise Unavailable

    assert alarms.tell_owners(NOW, away) == 0
    assert [told_by(each) for each in (5, 6, 47, 48, 71, 72, 100)] == [1, 0, 0, 1, 0, 1, 0]
    assert [(each.recipient, each.step.name) for each in letters] == [
        ("boss@provider.example", step.name) for step in alarms.Step
    ]
    text = incident_mail(letters[2]).text
    assert f"avant le {row.authority_due_at:%d/%m/%Y %H:%M} UTC" in text
    assert "stolen" not in text
    assert Entry.objects.filter(action="incident.owners-told").count() == 3


def test_of_an_incident_whose_authority_is_told_or_need_not_be_nobody_is_warned():
    user = User.objects.create_user("boss@provider.example")
    Membership.objects.create(user=user, client=None, role=Role.PROVIDER_OWNER)
    for each in range(2):
        row = incidents.open_incident(told(), by=OPERATOR)
        if each:
            incidents.decide(row, Authority.NOT_NEEDED, "It was encrypted.", by=OPERATOR)
        else:
            incidents.note_authority(row, "CNIL 1", NOW, by=OPERATOR)
    assert alarms.tell_owners(NOW, lambda _: None) == 2
    assert alarms.tell_owners(NOW + 100 * HOUR, lambda _: None) == 0


def test_an_owner_whose_letter_cannot_be_written_keeps_no_other_owner_nor_incident_from_theirs():
    for name in ("ann", "boss"):
        user = User.objects.create_user(f"{name}@provider.example")
        Membership.objects.create(user=user, client=None, role=Role.PROVIDER_OWNER)
    for _ in range(2):
        incidents.open_incident(told(), by=OPERATOR)
    asked = []

    def send(letter):
        asked.append((letter.incident, letter.recipient))
        if letter.recipient.startswith("ann"):
            raise ZeroDivisionError

    assert alarms.tell_owners(NOW, send) == 2
    assert len(set(asked)) == 4
