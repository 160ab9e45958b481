"""Whom his server does not know is not written to any more, until somebody takes him off the list."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from django_scopes import scope, scopes_disabled

from ecluse.adapters.controldb.publications import ControlPublications
from ecluse.adapters.controldb.told_unknown import ControlToldUnknown
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.abuse.complainers import complaints_since, suppress_complainers
from ecluse.control.abuse.models import ToldComplaint
from ecluse.control.audit.models import Entry
from ecluse.control.suppression import jobs, services
from ecluse.control.suppression.jobs import ANSWERS_KEPT_S, forget_old, suppress_unknown
from ecluse.control.suppression.models import SuppressedRecipient
from ecluse.control.suppression.models import UnknownRecipient as Row
from ecluse.control.suppression.services import suppress, unsuppress
from ecluse.control.tenants.services import set_state
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending
from ecluse.domain.policy import ServiceState
from ecluse.domain.suppression import SuppressionCause, UnknownRecipient, suppression_key
from tests.contract.message_log.contract import outcome, recipient
from tests.control import test_publications
from tests.control.cast import ADMIN, client
from tests.control.test_publications import follow

pytestmark = pytest.mark.django_db
database = test_publications.database
ANN = "ann@far.example"
ANSWER = "550 5.1.1 no such user"
DAY_S = 86_400.0


class _Away:
    """A message log that does not answer."""

    def search(self, *_):
        raise Unavailable("away")


@pytest.fixture
def message_log(tmp_path):
    log = SqliteMessageLog(tmp_path / "log")
    yield log
    log.close()


@pytest.fixture
def one():
    return client("One")


def told(whose, message, hours_ago):
    """A node has said so of a message to Ann."""
    with scope(client=whose):
        Row.objects.create(
            client=whose, recipient=ANN, message=message, at=time.time() - 3_600.0 * hours_ago, answer=ANSWER
        )


def listed(whose):
    with scope(client=whose):
        return [(each.recipient, each.cause, each.why) for each in SuppressedRecipient.objects.all()]


@pytest.mark.django_db(transaction=True)
def test_who_was_not_known_twice_a_day_apart_is_suppressed_at_the_nodes(one, message_log, database, tmp_path):
    node, policies = ControlToldUnknown(database), LmdbPolicies(tmp_path / "policy")
    for client_name, message, hours_ago in (
        ("One", "m1", 30),
        ("One", "m1", 30),
        ("Nobody", "m2", 30),
        ("One", "m3", 1),
    ):
        assert suppress_unknown(message_log) == 0
        node.tell([UnknownRecipient(client_name, ANN, message, time.time() - 3_600.0 * hours_ago, ANSWER)])
    # Which fits in no list.
    node.tell([UnknownRecipient("One", "x" * 400, "m4", time.time(), ANSWER)])
    with scope(client=one):
        assert Row.objects.count() == 2
    assert suppress_unknown(message_log) == 1
    assert listed(one) == [(ANN, "unknown", ANSWER)]
    follow(ControlPublications(database), tmp_path / "policy")
    line = policies.suppression("One", ANN)
    assert (line.client, line.recipient, line.cause) == ("One", ANN, SuppressionCause.UNKNOWN)
    assert Entry.objects.get(action="suppression.added").client_id == one.pk
    assert suppress_unknown(message_log) == 0
    with scope(client=one):
        unsuppress(SuppressedRecipient.objects.get(), by=ADMIN)
    follow(ControlPublications(database), tmp_path / "policy")
    assert policies.suppression("One", ANN) is None


def test_the_bad_hours_of_a_server_count_once(one, message_log):
    for message, hours_ago in (("m1", 20), ("m2", 10), ("m3", 1)):
        told(one, message, hours_ago)
    assert suppress_unknown(message_log) == 0
    assert listed(one) == []


def test_who_took_mail_in_between_is_not_suppressed(one, message_log):
    taken = outcome(
        at=time.time() - DAY_S, client="One", direction="outbound", recipients=(recipient(ANN, Ending.DELIVERED),)
    )
    message_log.append([taken])
    told(one, "m1", 30)
    told(one, "m2", 1)
    assert suppress_unknown(message_log) == 0
    assert listed(one) == []


def test_who_left_after_he_took_mail_is_suppressed_by_what_was_said_since(one, message_log):
    taken = outcome(
        at=time.time() - 8 * DAY_S, client="One", direction="outbound", recipients=(recipient(ANN, Ending.DELIVERED),)
    )
    message_log.append([taken])
    for message, hours_ago in (("m1", 240), ("m2", 30)):
        told(one, message, hours_ago)
    assert suppress_unknown(message_log) == 0
    told(one, "m3", 1)
    assert suppress_unknown(message_log) == 1


def test_each_client_has_its_own_list(one, message_log):
    two = client("Two")
    for whose, message, hours_ago in ((one, "m1", 30), (one, "m2", 1), (two, "m3", 30)):
        told(whose, message, hours_ago)
    suppress_unknown(message_log)
    assert (len(listed(one)), listed(two)) == (1, [])


def test_while_the_log_is_away_nobody_is_judged_and_nothing_forgotten(one, message_log):
    told(one, "m1", 30)
    told(one, "m2", 1)
    assert suppress_unknown(_Away()) == 0
    assert suppress_unknown(message_log) == 1


def test_who_is_removed_begins_anew(one, message_log):
    two = client("Two")
    for whose, message, hours_ago in ((one, "m1", 30), (two, "m2", 30), (one, "m3", 1)):
        told(whose, message, hours_ago)
    suppress_unknown(message_log)
    with scope(client=one):
        unsuppress(SuppressedRecipient.objects.get(), by=ADMIN)
    told(one, "m4", 1)
    assert suppress_unknown(message_log) == 0
    with scope(client=two):
        assert Row.objects.count() == 1  # What others heard is theirs.


def test_a_second_reason_changes_nothing(one):
    with scope(client=one):
        first = suppress(one, "Ann@far.example", SuppressionCause.PERSON, "asked us to", by=ADMIN)
        assert suppress(one, ANN, SuppressionCause.UNKNOWN, ANSWER, by=ADMIN).pk == first.pk
    assert listed(one) == [(ANN, "person", "asked us to")]
    assert Entry.objects.filter(action="suppression.added").count() == 1


def test_who_is_on_a_full_list_stays_there_as_he_is(one, monkeypatch):
    monkeypatch.setattr(services, "MOST", 1)
    with scope(client=one):
        first = suppress(one, ANN, SuppressionCause.PERSON, "", by=ADMIN)
        assert suppress(one, ANN, SuppressionCause.UNKNOWN, ANSWER, by=ADMIN).pk == first.pk
        with pytest.raises(services.ListIsFull):
            suppress(one, "bob@far.example", SuppressionCause.PERSON, "", by=ADMIN)


def test_lines_of_ours_go_after_a_year_and_answers_sooner(one):
    told(one, "m1", (ANSWERS_KEPT_S + 60) / 3_600)
    with scope(client=one):
        suppress(one, ANN, SuppressionCause.UNKNOWN, ANSWER, by=ADMIN)
        suppress(one, "bob@far.example", SuppressionCause.PERSON, "", by=ADMIN)
    now = datetime.now(UTC)
    forget_old(now)
    assert len(listed(one)) == 2
    with scopes_disabled():
        assert not Row.objects.exists()
    forget_old(now + timedelta(days=366))
    assert [each for each, *_ in listed(one)] == ["bob@far.example"]
    assert Entry.objects.get(action="suppression.removed").after is None


@pytest.mark.django_db(transaction=True)
def test_a_client_that_is_gone_has_no_list_at_the_nodes_either(one, database, tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    two = client("Two")
    for whose, address in ((one, ANN), (one, "bob@far.example"), (two, ANN)):
        told(whose, f"m{address}", 1)
        with scope(client=whose):
            suppress(whose, address, SuppressionCause.PERSON, "", by=ADMIN)
    for whose, state in ((one, ServiceState.ENDED), (two, ServiceState.SUSPENDED)):
        with scope(client=whose):
            set_state(whose, state, by=ADMIN)
    for days, left in ((29, 2), (31, 1), (31, 0), (31, 0)):
        forget_old(datetime.now(UTC) + timedelta(days=days))
        assert len(listed(one)) == left
    with scopes_disabled():
        assert [each.client_id for each in Row.objects.all()] == [two.pk]
    follow(ControlPublications(database), tmp_path / "policy")
    policies = LmdbPolicies(tmp_path / "policy")
    assert [policies.suppression(name, ANN) is None for name in ("One", "Two")] == [True, False]
    emptied = Entry.objects.filter(action="suppression.emptied")
    assert [(each.client_id, each.before) for each in emptied] == [(one.pk, {"recipients": 1})] * 2


def test_the_key_tells_lines_apart_whatever_the_names_hold():
    assert suppression_key("One/a", "b@far.example") != suppression_key("One", "a/b@far.example")


def complaint(whose, mail_id="m1", recipient=ANN, reporter="mail.far.example", author=""):
    with scope(client=whose):
        ToldComplaint.objects.create(
            id=mail_id,
            client=whose,
            received_at=time.time(),
            reporter=reporter,
            kind="abuse",
            incidents=1,
            recipient=recipient,
            author=author,
        )


@pytest.fixture
def written(message_log):
    """One has written to Ann, and to her neighbour at a large provider."""
    for address in (ANN, "ann@outlook.fr"):
        sent = outcome(
            at=time.time() - DAY_S,
            client="One",
            direction="outbound",
            recipients=(recipient(address, Ending.DELIVERED),),
        )
        message_log.append([sent])


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("who", "reporter", "is_heard"),
    [
        (ANN, "mail.far.example", True),
        ("ann@outlook.fr", "microsoft.com", True),
        ("ann@outlook.fr", "hotmail.com", False),  # Anybody may write from there.
        ("ann@outlook.fr", "outlook.fr", False),
        (ANN, "enemy.example", False),
        (ANN, "", False),
        ("bob@far.example", "far.example", False),  # Nobody wrote to him.
        ("", "far.example", False),
    ],
)
def test_who_complains_is_suppressed_where_it_is_he_and_he_was_written_to(one, message_log, who, reporter, is_heard):
    complaint(one, recipient=who, reporter=reporter)
    assert suppress_complainers(message_log) == int(is_heard)
    assert listed(one) == ([(who, "complaint", f"abuse, {reporter}")] if is_heard else [])
    assert suppress_complainers(message_log) == 0
    with scope(client=one):
        assert complaints_since(time.time() - DAY_S) == 1


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("author", "is_heard"),
    [("staff@hotmail.com", 1), ("feedback@arf.mail.yahoo.com", 1), ("mallory@hotmail.com", 0), ("", 0)],
)
def test_of_a_domain_where_anybody_may_write_the_feedback_loop_alone_is_heard(one, message_log, author, is_heard):
    complaint(one, recipient="ann@outlook.fr", reporter=author.rpartition("@")[2] or "hotmail.com", author=author)
    assert suppress_complainers(message_log) == is_heard


@pytest.mark.usefixtures("written")
def test_a_complaint_waits_for_the_log(one, message_log):
    complaint(one)
    assert suppress_complainers(_Away()) == 0
    assert suppress_complainers(message_log) == 1
    assert len(listed(one)) == 1
