"""Who may release outbound mail hears that some waits: gathered, and each of it once (issue 7, item 4)."""

from __future__ import annotations

import pytest
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.mail.approval_letters import APART_S, GATHER_S, tell_of_approvals
from ecluse.control.mail.models import CopyState, HeldCopy, HeldMessage
from ecluse.domain.errors import Unavailable
from ecluse.web.console.approval_mail import approval_mail
from tests.control.cast import client, client_with_people, person

pytestmark = pytest.mark.django_db(transaction=True)
NOW = 1_795_860_000.0  # 28 November 2026, 10:00 in Paris.


@pytest.fixture
def one():
    return client_with_people()


def waits(whose, at, direction="outbound"):
    with scope(client=whose):
        facts = {"node": "n", "size": 1, "received_at": at, "disposition": "hold", "direction": direction}
        message = HeldMessage.objects.create(
            id=f"m{whose.pk}{at}{direction}", client=whose, sender="bob@one.example", **facts
        )
        for to in ("a@far.example", "b@far.example"):
            HeldCopy.objects.create(client=whose, message=message, recipient=to)


def letters(now, problem=None):
    sent = []

    def send(news):
        sent.append(approval_mail(news))
        if problem:
            raise problem

    assert tell_of_approvals(now, send) == (0 if problem else len(sent))
    return sent


def test_what_waits_is_told_together_and_once(one):
    waits(one, NOW, "inbound")
    assert letters(NOW + GATHER_S) == []
    for after_s in range(5):
        waits(one, NOW + after_s)
    assert letters(NOW + GATHER_S - 1) == []
    # A server that is away costs nobody his letter.
    assert len(letters(NOW + GATHER_S, Unavailable("away"))) == 2
    french, english = letters(NOW + GATHER_S + 60)
    assert (french.recipient, english.recipient) == ("ann@one.example", "olive@one.example")
    assert (french.subject, english.subject) == (
        "5 messages attendent votre approbation",
        "5 messages wait for your approval",
    )
    assert "Le plus ancien attend depuis le 28/11/2026" in french.text
    assert "waited since 2026-11-28" in english.text
    for each in (french, english):
        assert f"http://testserver/clients/{one.pk}/quarantine/approvals\n" in each.text
        assert "far.example" not in each.text
        assert "bob@" not in each.text
    assert Entry.objects.filter(action="approval.told", client_id=one.pk).count() == 2
    assert letters(NOW + APART_S * 2) == []
    # The next letter is of something new, and hours later.
    waits(one, NOW + 3_600)
    assert letters(NOW + 3_600 + GATHER_S) == []
    assert [each.subject for each in letters(NOW + GATHER_S + 60 + APART_S)][1:] == [
        "6 messages wait for your approval"
    ]
    with scopes_disabled():
        HeldCopy.objects.update(state=CopyState.RELEASED)
    assert letters(NOW + APART_S * 9) == []


def test_a_letter_that_cannot_be_written_keeps_no_other_back_and_is_tried_again(one):
    two, sent, is_broken = client("Two"), [], True
    person("tom@two.example", Role.OWNER, two)
    for each in (one, two):
        waits(each, NOW)

    def send(news):
        if is_broken and news.recipient.startswith("ann"):
            raise ZeroDivisionError
        sent.append(news.recipient)

    assert tell_of_approvals(NOW + GATHER_S, send) == 2
    is_broken = False
    assert tell_of_approvals(NOW + GATHER_S + 60, send) == 1
    assert sent == ["olive@one.example", "tom@two.example", "ann@one.example"]
