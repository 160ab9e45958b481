"""Who runs a client, and who owns the provider, hear of its locks at once, each once (3-11, 3-12)."""

from __future__ import annotations

import re
import time

import pytest
from django_scopes import scopes_disabled
from structlog.testing import capture_logs

from ecluse.control.abuse import locks as told
from ecluse.control.abuse.lock_alarms import ALARMS_AN_HOUR, CLAIMED_S, FRESH_S, MOST_LISTED, forget_alarms
from ecluse.control.abuse.lock_alarms import tell_of_locks as tell
from ecluse.control.abuse.models import LockAlarm, LockLetter
from ecluse.control.accounts.models import Membership, User
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.domain.errors import Refused, Unavailable
from ecluse.domain.lock import LockCause, LockScope
from ecluse.entrypoints import worker_jobs
from ecluse.entrypoints.console_tables import Web
from ecluse.entrypoints.settings_tables import Settings
from ecluse.web.console.lock_mail import lock_mail
from ecluse.wire.notations import Endpoint
from tests.control import test_locks
from tests.control.cast import client, person
from tests.control.test_locks import NODE, lock
from tests.journeys.peers import smtp_sink
from tests.loopback import free_port

pytestmark = pytest.mark.django_db(transaction=True)
node = test_locks.node
NOW = 1_795_860_000.0  # 28 November 2026, 10:00 in Paris.


@pytest.fixture
def one():
    """A client with an owner, an administrator and two who are not told; the provider has two owners, one of whom left."""
    made = client("One")
    person("olive@one.example", Role.OWNER, made)
    person("ann@one.example", Role.ADMINISTRATOR, made, "en")
    person("hal@one.example", Role.HELP_DESK, made)
    person("ursula@one.example", Role.USER, made)
    person("pia@provider.example", Role.PROVIDER_OWNER)
    User.objects.filter(pk=person("left@provider.example", Role.PROVIDER_OWNER).pk).update(is_active=False)
    person("op@provider.example", Role.OPERATOR)
    return made


def come(node, *, now=NOW, **more):
    node.locks.put(lock(**{"since": now, "until": now + 14_400} | more))
    node.teller.look()


def sent(now=NOW, problem=None):
    letters = []

    def send(news):
        letters.append(lock_mail(news))
        if problem:
            raise problem

    assert tell(now, send) == (0 if problem else len(letters))
    return letters


def readers(letters):
    return [each.recipient for each in letters]


class TestWhoIsTold:
    def test_owners_and_administrators_and_the_providers_owners_once(self, node, one):
        come(node, name="paul@one.example")
        assert readers(sent()) == ["ann@one.example", "olive@one.example", "pia@provider.example"]
        assert sent() == sent(NOW + FRESH_S) == []
        trail = Entry.objects.filter(action="lock.told").values_list("client_id", "after")
        assert sorted((whose is None, after["to"], after["locks"]) for whose, after in trail) == [
            (False, "ann@one.example", 1),
            (False, "olive@one.example", 1),
            (True, "pia@provider.example", 1),
        ]

    def test_the_providers_address_for_abuse_too_where_none_of_its_owners_has_it(self, node, one):
        letters = []
        for lock_id, address in (("1", "Abuse@provider.example"), ("2", "PIA@provider.example")):
            come(node, id=lock_id, name=f"paul{lock_id}@one.example")
            tell(NOW, lambda news: letters.append(lock_mail(news)), address)
        told = [each for each in letters if each.recipient.endswith("provider.example")]
        assert readers(told) == ["pia@provider.example", "Abuse@provider.example", "pia@provider.example"]
        assert told[0].text == told[1].text

    def test_not_the_locked_account_itself(self, node, one):
        come(node, name="ANN@one.example")
        assert readers(sent()) == ["olive@one.example", "pia@provider.example"]
        come(node, id="2", scope=LockScope.IP, name="192.0.2.7")
        assert readers(sent(NOW + 60)) == ["olive@one.example", "pia@provider.example"]

    def test_the_locked_account_where_there_is_nobody_else(self, node, one):
        Membership.objects.filter(role=Role.OWNER).delete()
        come(node, name="ann@one.example")
        assert readers(sent()) == ["ann@one.example", "pia@provider.example"]

    def test_where_the_client_has_nobody_the_provider_reads_so(self, node, one):
        Membership.objects.filter(client=one).delete()
        come(node)
        [letter] = sent()
        assert "has no administrator who could be told" in letter.text

    @pytest.mark.parametrize("more", [{"lifted_at": NOW}, {"until": NOW - FRESH_S - 1}])
    def test_nobody_of_what_was_unlocked_or_is_long_over(self, node, one, more):
        come(node, **more)
        assert sent() == []


class TestWhatTheyRead:
    def test_who_since_when_why_until_when_and_where_to_unlock(self, node, one):
        come(node, name="paul@one.example")
        english, french, _ = sent()
        assert french.subject == "1 de vos expéditeurs ne peut plus envoyer de courrier pour l'instant"
        assert "est retenu : ni remis, ni perdu" in french.text
        assert english.subject == "1 sender of yours may send no mail for now"
        for each in french, english:
            assert "\npaul@one.example\n" in each.text
            assert "\n11 of 12 never written to\n" in each.text
            assert NODE in each.text
            assert f"http://testserver/clients/{one.pk}/sending/locks\n" in each.text
            assert each.fields == (("Auto-Submitted", "auto-generated"),)
        assert "Since 2026-11-28 11:00, until 2026-11-28 15:00 (CET)." in english.text
        assert "looks like the work of somebody else." in english.text
        assert "neither delivered nor lost" in english.text

    def test_the_provider_reads_no_accounts_name(self, node, one):
        come(node, name="paul@one.example")
        letter = sent()[-1]
        assert letter.subject == "One: 1 sender is locked"
        assert "paul" not in letter.text
        assert "\nan account\n" in letter.text
        assert "administrators are told by mail, too" in letter.text
        assert "http://testserver/provider/cases/\n" in letter.text

    def test_of_an_address_its_mail_is_said_to_be_held_as_well(self, node, one):
        come(node, scope=LockScope.IP, name="192.0.2.7", until=0.0)
        english, _, provider = sent()
        for each in english, provider:
            assert "\n192.0.2.7 (address)\n" in each.text
            assert "until somebody unlocks it" in each.text
            assert "What is still in the queue is held: neither delivered nor lost." in each.text

    def test_a_whole_client_by_a_person(self, node, one):
        come(node, scope=LockScope.CLIENT, name="", cause=LockCause.PERSON, reason="")
        assert "\neverybody\nSomebody at the provider has decided so.\nSince" in sent()[0].text


class TestHowMany:
    def test_a_thousand_locks_are_one_letter_each(self, node, one):
        each = [lock(id=f"{number:04}", name=f"u{number}@one.example", until=NOW + 14_400) for number in range(1_000)]
        node.teller.control.tell(each)
        letters = sent()
        assert len(letters) == 3
        assert letters[0].subject == "1000 senders of yours may send no mail for now"
        assert letters[0].text.count("@one.example\n") == MOST_LISTED
        assert f"And {1_000 - MOST_LISTED} more, which the page shows." in letters[0].text

    def test_what_comes_after_the_first_ones_of_an_hour_waits_for_its_end(self, node, one):
        for number in range(ALARMS_AN_HOUR + 3):
            come(node, id=f"{number}", name=f"u{number}@one.example")
            assert len(sent(NOW + number)) == (3 if number < ALARMS_AN_HOUR else 0)
        assert sent(NOW + 3_590) == []
        assert sent(NOW + 3_601)[0].subject == "3 senders of yours may send no mail for now"

    def test_another_client_waits_for_nobodys_hour(self, node, one):
        for number in range(ALARMS_AN_HOUR + 1):
            come(node, id=f"{number}", name=f"u{number}@one.example")
            sent(NOW + number)
        two = client("Two")
        person("sam@two.example", Role.OWNER, two)
        come(node, id="two", client="Two", name="x@two.example")
        assert readers(sent(NOW + 60)) == ["sam@two.example", "pia@provider.example"]


class TestWhatGoesWrong:
    def test_what_no_server_takes_now_is_tried_again(self, node, one):
        come(node)
        assert len(sent(problem=Unavailable("away"))) == 2
        assert not Entry.objects.filter(action="lock.told").exists()
        assert len(sent(NOW + 10)) == 2
        assert sent(NOW + 20) == []

    def test_what_a_server_refuses_for_good_is_not(self, node, one):
        come(node)
        assert len(sent(problem=Refused("550"))) == 2
        assert sent(NOW + 10) == []

    def test_killed_in_between_it_is_repeated_once_and_no_more(self, node, one):
        come(node)
        first = readers(kill(NOW))
        assert len(first) == 1
        assert len(sent(NOW + 10)) == 1  # The other reader's.
        assert sent(NOW + CLAIMED_S - 1) == []
        assert readers(kill(NOW + CLAIMED_S + 1)) == first
        assert sent(NOW + 3 * CLAIMED_S) == []

    def test_what_was_unlocked_before_it_could_be_sent_is_not_spoken_of(self, node, one):
        come(node)
        sent(problem=Unavailable("away"))
        come(node, lifted_at=NOW + 5)
        assert sent(NOW + 10) == []
        with scopes_disabled():
            assert not LockLetter.objects.exists()

    def test_nothing_is_tried_for_longer_than_a_day_and_alarms_go_with_their_locks(self, node, one):
        come(node)
        sent(problem=Unavailable("away"))
        forget_alarms(NOW + FRESH_S - 1)
        with scopes_disabled():
            assert (LockLetter.objects.count(), LockAlarm.objects.count()) == (2, 1)
            forget_alarms(NOW + FRESH_S + 1)
            assert (LockLetter.objects.count(), LockAlarm.objects.count()) == (0, 1)
        told.forget_old(NOW + 40 * FRESH_S)
        forget_alarms(NOW + 40 * FRESH_S)
        with scopes_disabled():
            assert not LockAlarm.objects.exists()


def test_the_worker_mails_them_to_a_server(node, one, tmp_path):
    come(node, now=time.time(), name="ann@one.example")
    port = free_port()
    place = Endpoint(f"127.0.0.1:{port}")
    settings = Settings(
        hostname="gateway.test", data_dir=tmp_path, web=Web(url="https://gateway.test", mail_through=place)
    )
    with smtp_sink("127.0.0.1", port) as folder, capture_logs() as said:
        worker_jobs.JOBS["locks"].work(settings)
        worker_jobs.JOBS["locks"].work(settings)
        mails = [each.read_text() for each in folder.iterdir()]
    assert [(each["event"], each.get("letters")) for each in said if "lock" in each["event"]] == [
        ("locks sorted", None),
        ("told of locks", 2),
    ]
    assert sorted(re.search(r"^To: (\S+)", each, re.MULTILINE)[1] for each in mails) == [
        "olive@one.example",
        "pia@provider.example",
    ]
    assert all("/sending/locks" in each and "Auto-Submitted: auto-generated" in each for each in mails)


def kill(now):
    """The letter at which the worker died."""
    begun = []

    def send(news):
        begun.append(lock_mail(news))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tell(now, send)
    return begun
