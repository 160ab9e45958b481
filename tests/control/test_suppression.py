"""Whom his server does not know is not written to any more, until somebody takes him off the list."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from django_scopes import scope, scopes_disabled

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.publications import ControlPublications
from ecluse.adapters.controldb.told_unknown import ControlToldUnknown
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.audit.models import Entry
from ecluse.control.suppression.jobs import ANSWERS_KEPT_S, forget_old, suppress_unknown
from ecluse.control.suppression.models import SuppressedRecipient
from ecluse.control.suppression.models import UnknownRecipient as Row
from ecluse.control.suppression.services import suppress, unsuppress
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending
from ecluse.domain.suppression import SuppressionCause, UnknownRecipient, suppression_key
from tests.contract.message_log.contract import outcome, recipient
from tests.control.cast import ADMIN, client
from tests.control.test_publications import follow, url

pytestmark = pytest.mark.django_db(transaction=True)
ANN = "ann@far.example"
ANSWER = "550 5.1.1 no such user"
DAY_S = 86_400.0


@pytest.fixture
def database():
    opened = Database(url())
    yield opened
    opened.close()


@pytest.fixture
def message_log(tmp_path):
    log = SqliteMessageLog(tmp_path / "log")
    yield log
    log.close()


@pytest.fixture
def one():
    return client("One")


@pytest.fixture
def told(database):
    """`told("m1", hours_ago)`: a node says so of a message to Ann."""

    def told(message, hours_ago, name="One"):
        at = time.time() - 3_600.0 * hours_ago
        ControlToldUnknown(database).tell([UnknownRecipient(name, ANN, message, at, ANSWER)])

    return told


def listed(whose):
    with scope(client=whose):
        return [(each.recipient, each.cause, each.why) for each in SuppressedRecipient.objects.all()]


def test_who_was_not_known_twice_a_day_apart_is_suppressed_at_the_nodes(one, told, message_log, database, tmp_path):
    told("m1", 30)
    assert suppress_unknown(message_log) == 0
    told("m2", 1)
    assert suppress_unknown(message_log) == 1
    assert listed(one) == [(ANN, "unknown", ANSWER)]
    follow(ControlPublications(database), tmp_path / "policy")
    line = LmdbPolicies(tmp_path / "policy").suppression("One", ANN)
    assert line is not None
    assert (line.client, line.recipient, line.cause) == ("One", ANN, SuppressionCause.UNKNOWN)
    assert Entry.objects.get(action="suppression.added").client_id == one.pk
    assert suppress_unknown(message_log) == 0


def test_the_bad_hour_of_a_server_counts_once_however_often_it_is_told(one, told, message_log):
    for message, hours_ago in (("m1", 20), ("m2", 10), ("m3", 1), ("m1", 20)):
        told(message, hours_ago)
    assert suppress_unknown(message_log) == 0
    assert listed(one) == []
    with scope(client=one):
        assert Row.objects.count() == 3


def test_who_took_mail_in_between_is_not_suppressed(one, told, message_log):
    taken = outcome(
        at=time.time() - DAY_S, client="One", direction="outbound", recipients=(recipient(ANN, Ending.DELIVERED),)
    )
    message_log.append([taken])
    told("m1", 30)
    told("m2", 1)
    assert suppress_unknown(message_log) == 0
    assert listed(one) == []


def test_each_client_has_its_own_list(one, told, message_log):
    two = client("Two")
    told("m1", 30)
    told("m2", 1)
    told("m3", 30, name="Two")
    told("m4", 30, name="Nobody")
    suppress_unknown(message_log)
    assert (len(listed(one)), listed(two)) == (1, [])


def test_while_the_log_is_away_nobody_is_judged_and_nothing_forgotten(one, told, message_log):
    class Away:
        def search(self, *_):
            raise Unavailable("away")

    told("m1", 30)
    told("m2", 1)
    assert suppress_unknown(Away()) == 0
    assert suppress_unknown(message_log) == 1


def test_who_is_removed_is_written_to_again_and_begins_anew(one, told, message_log, database, tmp_path):
    two = client("Two")
    for message, whose in (("m1", "One"), ("m2", "Two")):
        told(message, 30, name=whose)
    told("m3", 1)
    suppress_unknown(message_log)
    with scope(client=one):
        unsuppress(SuppressedRecipient.objects.get(), by=ADMIN)
    follow(ControlPublications(database), tmp_path / "policy")
    assert LmdbPolicies(tmp_path / "policy").suppression("One", ANN) is None
    told("m4", 1)
    assert suppress_unknown(message_log) == 0
    with scope(client=two):
        assert Row.objects.count() == 1  # What others heard is theirs.


def test_a_second_reason_changes_nothing(one):
    with scope(client=one):
        first = suppress(one, "Ann@far.example", SuppressionCause.PERSON, "asked us to", by=ADMIN)
        assert suppress(one, ANN, SuppressionCause.UNKNOWN, ANSWER, by=ADMIN).pk == first.pk
    assert listed(one) == [(ANN, "person", "asked us to")]
    assert Entry.objects.filter(action="suppression.added").count() == 1


def test_lines_of_ours_go_after_a_year_and_answers_sooner(one, told):
    told("m1", (ANSWERS_KEPT_S + 60) / 3_600)
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


def test_the_key_tells_lines_apart_whatever_the_names_hold():
    assert suppression_key("One/a", "b@far.example") != suppression_key("One", "a/b@far.example")
