"""Proven senders of held mail are told by mail where to release it: each once a day, and nobody else ever (1-6)."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from django_scopes import scopes_disabled

from ecluse.control.audit.models import Entry
from ecluse.control.mail import challenges, quarantine
from ecluse.control.mail.challenges import FRESH_S, forget_challenged, send_challenges
from ecluse.control.mail.jobs import keep_house
from ecluse.control.mail.models import ChallengedSender, CopyState, HeldCopy, HeldMessage
from ecluse.control.mail.quarantine import DAY_S
from ecluse.control.mail.sender_release import find_refused, release_by_sender
from ecluse.control.tenants import services as tenants
from ecluse.domain.address import Address
from ecluse.domain.errors import Refused, Unavailable
from ecluse.domain.ids import new_id
from ecluse.domain.policy import ServiceState
from ecluse.domain.queue import QueuedRecipient
from ecluse.web.release.challenge_mail import challenge_mail
from tests.control import test_quarantine
from tests.control.cast import ADMIN

pytestmark = pytest.mark.django_db(transaction=True)
database, orders, one, public_key = (
    test_quarantine.database,
    test_quarantine.orders,
    test_quarantine.one,
    test_quarantine.public_key,
)
HELD = replace(test_quarantine.MESSAGE, token=b"", may_be_challenged=True, sender=Address("eve", "e.example"))


@pytest.fixture
def node(tmp_path, orders, database, public_key):
    return test_quarantine.Node(tmp_path / "node", orders, database, public_key)


def sent(now=None, problem=None):
    letters = []

    def send(challenge):
        if problem:
            raise problem
        letters.append(challenge)

    send_challenges(time.time() if now is None else now, send)
    return letters


def held(node, **changes):
    message = replace(HELD, id=new_id(), **changes)
    node.keep(message)
    return message


class TestWhoIsTold:
    def test_a_proven_sender_is_told_and_frees_his_message_by_it(self, node):
        held(node)
        [letter] = sent()
        assert letter.sender == "eve@e.example"
        [told] = letter.messages
        assert (told.subject, told.domains) == ("The offer", ("one.example",))
        assert Entry.objects.get(action="message.sender-challenged").after == {"sender": "eve@e.example"}
        assert release_by_sender(find_refused(told.secret), ip="192.0.2.9") == 1
        node.look()
        assert HeldCopy.objects.get(recipient="ann@one.example").state == CopyState.RELEASED

    @pytest.mark.parametrize(
        "changes",
        [
            {"may_be_challenged": False},
            {"sender": None, "may_be_challenged": False},
            {"token": b"x" * 32},  # He has read it in the refusal.
            {"received_at": time.time() - FRESH_S - 60},
            {"recipients": (QueuedRecipient(Address("bob", "one.example"), category="M"),)},
            {"verdict": "refuse Q: VIRUS"},
        ],
    )
    def test_nobody_else_is(self, node, changes):
        held(node, **changes)
        assert sent() == []
        assert not ChallengedSender.objects.exists()

    @pytest.mark.parametrize("wish", ["challenges_senders", "senders_may_release"])
    def test_a_client_may_forbid_it(self, node, one, wish):
        held(node)
        quarantine.set_rules(one, **{wish: False}, by=ADMIN)
        assert sent() == []
        quarantine.set_rules(one, **{wish: True}, by=ADMIN)
        assert len(sent()) == 1

    def test_a_client_that_is_not_served_any_more_writes_to_nobody(self, node, one):
        held(node)
        tenants.set_state(one, ServiceState.SUSPENDED, by=ADMIN)
        assert sent() == []

    def test_what_was_released_meanwhile_needs_no_letter(self, node, one):
        held(node)
        HeldCopy.objects.update(state=CopyState.RELEASED)
        assert sent() == []


class TestManyAtOnce:
    """No sender, and nothing that waits, keeps the letters of others back."""

    SAM = Address("sam", "e.example")

    @pytest.fixture(autouse=True)
    def two_at_once(self, monkeypatch):
        monkeypatch.setattr(challenges, "AT_ONCE", 2)

    def test_what_waits_of_a_sender_who_was_told(self, node):
        held(node)
        assert [each.sender for each in sent()] == ["eve@e.example"]
        held(node)
        held(node)
        held(node, sender=self.SAM, received_at=time.time())
        assert [each.sender for each in sent()] == ["sam@e.example"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"recipients": (QueuedRecipient(Address("bob", "one.example"), category="M"),)},
            {"verdict": "refuse Q: VIRUS"},
        ],
    )
    def test_what_nobody_may_release(self, node, changes):
        held(node, **changes)
        held(node, **changes)
        held(node, sender=self.SAM, received_at=time.time())
        assert [each.sender for each in sent()] == ["sam@e.example"]

    def test_more_than_one_letter_takes(self, node, monkeypatch):
        monkeypatch.setattr(challenges, "MOST_MESSAGES", 1)
        held(node)
        held(node)
        held(node, sender=self.SAM, received_at=time.time())
        assert [each.sender for each in sent()] == ["eve@e.example", "sam@e.example"]


class TestOnceADay:
    def test_all_that_waits_stands_in_one_letter_and_the_next_comes_a_day_later(self, node):
        held(node)
        held(node)
        [letter] = sent()
        assert len(letter.messages) == 2
        assert sent() == []
        held(node, sender=Address("EVE", "e.example"))
        assert sent() == []  # However he writes himself.
        held(node, sender=Address("sam", "e.example"))
        assert [each.sender for each in sent()] == ["sam@e.example"]
        assert [each.sender for each in sent(time.time() + DAY_S + 60)] == ["EVE@e.example"]

    def test_where_the_mail_server_is_away_he_is_told_later_and_by_another_secret(self, node):
        held(node)
        assert sent(problem=Unavailable("away")) == []
        assert not Entry.objects.filter(action="message.sender-challenged").exists()
        assert HeldMessage.objects.get().token is None
        assert len(sent()) == 1

    def test_where_it_never_takes_it_he_is_left_alone_for_the_day(self, node):
        held(node)
        assert sent(problem=Refused("no such user")) == []
        assert sent() == []

    def test_killed_before_it_is_sent_nobody_is_told_twice(self, node):
        held(node)
        with pytest.raises(KeyboardInterrupt):
            sent(problem=KeyboardInterrupt())
        assert sent() == []

    def test_nothing_of_him_stays_when_his_day_is_over(self, node):
        held(node)
        sent()
        forget_challenged(time.time())
        assert ChallengedSender.objects.count() == 1
        keep_house(time.time() + DAY_S + 60)
        with scopes_disabled():
            assert not ChallengedSender.objects.exists()


def test_the_letter_speaks_both_languages_and_nothing_comes_back_from_it(node, settings):
    held(node)
    mail = challenge_mail(sent()[0])
    assert (mail.recipient, mail.return_path) == ("eve@e.example", "")
    assert ("Auto-Submitted", "auto-replied") in mail.fields
    assert mail.text.count("/r/") == 2
    assert mail.text.index("avez-vous envoyé ?") < mail.text.index("Have you sent it")
    assert "bob" not in mail.text
    assert "ann@" not in mail.text
