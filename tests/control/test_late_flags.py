"""What passed, and was known for what it is only afterwards: a case, and who had already received it."""

from __future__ import annotations

import time

import pytest
from django_scopes import scope

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.abuse.cases import CaseKind, cases
from ecluse.control.abuse.late_flags import BACK_S, flag_late, flags_of, forget_old, is_of
from ecluse.control.audit.queries import entries
from ecluse.control.mail.late_flags import late_flags
from ecluse.control.mail.log import story
from ecluse.control.mail.objections import answer, raise_objection
from ecluse.domain.event import Ending
from ecluse.domain.language import Language
from tests.contract.message_log.contract import outcome, recipient
from tests.control.cast import ADMIN, OPERATOR, client

pytestmark = pytest.mark.django_db
NOW = time.time()
HOUR_S = 3_600.0
LOGO = ("f0a", "f1a", "f2a")
FILE = ("f0b", "f1b", "f2b")
LETTER = ("t0c", "t1c", "t2c")


@pytest.fixture
def log(tmp_path):
    log = SqliteMessageLog(tmp_path / "log")
    yield log
    log.close()


@pytest.fixture
def two():
    return client("One"), client("Two")


def came(log, whose, hours_ago, *fingerprints, to="ann", **changes):
    name = f"{to}@{whose.name.lower()}.example"
    event = outcome(
        NOW - hours_ago * HOUR_S,
        recipient(name),
        client=whose.name,
        fingerprints=fingerprints,
        sender="bob@far.example",
    )
    log.append([event])
    return event


def refused(log, whose, hours_ago, finding, *fingerprints):
    one = recipient(f"cy@{whose.name.lower()}.example", Ending.REFUSED, disposition="refuse", findings=(finding,))
    log.append([outcome(NOW - hours_ago * HOUR_S, one, client=whose.name, fingerprints=fingerprints)])


def flagged(one):
    with scope(client=one):
        return [(each.message, each.recipient, each.cause) for each in late_flags()]


def calls_spam(log, whose, event):
    with scope(client=whose):
        told = story(log, whose.name, event.id, Language.ENGLISH, NOW)
        return raise_objection(told, whose, event.recipients[0].address, by=ADMIN)


def test_a_file_that_is_refused_later_names_who_had_it_at_every_client_in_one_case(log, two):
    one, other = two
    early = came(log, one, 30, *LETTER, *FILE)
    reworded = came(log, other, 2, "t0x", "t1x", "t2x", *FILE[:2], "f2x")
    came(log, one, 3, *LETTER, *LOGO)
    came(log, one, BACK_S / HOUR_S + 2, *LETTER, *FILE)
    assert flag_late(log, NOW) == 0
    refused(log, other, 0.5, "SPAMMY_TEXT", *LETTER, *LOGO)
    refused(log, other, 0.5, "VIRUS: Doc.Agent", *FILE)
    assert (flag_late(log, NOW), flag_late(log, NOW)) == (2, 0)
    assert flagged(one) == [(early.id, "ann@one.example", "scanner")]
    assert flagged(other) == [(reworded.id, "ann@two.example", "scanner")]
    [case] = cases()
    assert (case.kind, case.client, case.subject) == (CaseKind.CAMPAIGN, None, "f0b")
    assert {each.message for each in flags_of(case)} == {early.id, reworded.id}
    assert (entries(one.pk)[0].action, entries(one.pk)[0].after) == ("campaign.known-late", {"copies": 1})
    still = came(log, one, -0.1, *FILE, to="dan")
    assert flag_late(log, NOW + HOUR_S) == 1
    assert flagged(one)[0][0] == still.id
    assert len(cases()) == 1
    forget_old(NOW + 366 * 86_400)
    assert flagged(one) == []


def test_what_three_recipients_call_spam_is_flagged_and_one_clients_word_reaches_its_own_mail_alone(log, two):
    one, other = two
    copies = [came(log, one, 5, *LETTER, to=name) for name in ("ann", "bob", "cy", "dan")]
    abroad = came(log, other, 4, *LETTER)
    said = [calls_spam(log, one, each) for each in copies[:2]]
    assert flag_late(log, NOW) == 0
    said.append(calls_spam(log, one, copies[2]))
    assert flag_late(log, NOW) == 4
    assert {each[0] for each in flagged(one)} == {each.id for each in copies}
    assert (flagged(other), cases()[0].client) == ([], one)
    with scope(client=one):
        answer(said[0], is_right=True, reason="", by=OPERATOR)
    assert flag_late(log, NOW + 60) == 1
    assert flagged(other) == [(abroad.id, "ann@two.example", "people")]
    assert len(cases()) == 1


def test_one_clients_word_replaces_nothing_that_holds_for_all(log, two):
    """Its message bears the file, too, among more of its own: another campaign, with another name."""
    one, other = two
    early = came(log, other, 2, *FILE)
    refused(log, other, 0.5, "VIRUS: Doc.Agent", *FILE)
    for name in ("ann", "bob", "cy"):
        calls_spam(log, one, came(log, one, 1, FILE[0], "t8", "t9", to=name))
    assert flag_late(log, NOW) == 4
    assert flagged(other) == [(early.id, "ann@two.example", "scanner")]


@pytest.mark.parametrize(
    ("borne", "expected"),
    [(FILE, True), ((*FILE[:2], "f2x"), True), ((FILE[0], "f1x", "f2x"), False), (LOGO, False), ((), False)],
)
def test_most_of_a_campaigns_fingerprints_must_be_borne(borne, expected):
    assert is_of(FILE, borne) is expected
