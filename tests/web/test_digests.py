"""Digests: once, to the owner alone, in his time and language; links that act once, and not by being opened."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.models import Entry
from ecluse.control.mail import digests, quarantine
from ecluse.control.mail.digest_links import LinkAct, link_for
from ecluse.control.mail.digest_settings import set_digest_rules, set_digest_wish, want_digest
from ecluse.control.mail.jobs import keep_house
from ecluse.control.mail.models import CopyState, Digest, DigestRules, DigestWish, HeldCopy, NodeOrder, UsersMay
from ecluse.control.policies.models import ListEntry, ListKind
from ecluse.control.policies.services import list_sender
from ecluse.control.tenants.services import claim_domain
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.ids import new_id
from ecluse.web.digests import page
from ecluse.web.digests.mail import digest_mail
from ecluse.web.limits import Limit
from ecluse.wire.letters import octets_of
from tests.control import test_quarantine
from tests.control.cast import ADMIN

pytestmark = pytest.mark.django_db(transaction=True)
database, orders, one, public_key, node = (
    test_quarantine.database,
    test_quarantine.orders,
    test_quarantine.one,
    test_quarantine.public_key,
    test_quarantine.node,
)
EVERY = {"hours": list(range(24)), "days": list(range(7))}
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def rules(one):
    return set_digest_rules(one, is_on=True, **EVERY, by=ADMIN)


@pytest.fixture
def mails(node, rules):
    return sent()


def sent(at=None):
    made = []
    digests.send_due(time.time() + 1 if at is None else at, lambda content: made.append(digest_mail(content)))
    return {mail.recipient: mail for mail in made}


def message_of(mail):
    return message_from_bytes(octets_of(mail, new_id(), 0.0), policy=policy.default)


def links(mail, act):
    word = {"release": "Libérer", "allow": "Libérer et autoriser .*", "block": "Supprimer et bloquer .*"}[act]
    return re.findall(rf"^{word} : http://testserver(\S+)$", mail.text, re.MULTILINE)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp()


def state(recipient="ann@one.example"):
    return HeldCopy.objects.get(recipient=recipient).state


@pytest.mark.parametrize("wrong", [{"hours": [24]}, {"days": [7]}, {"hours": ["8"]}, {"classes": "QP"}])
def test_a_wish_that_cannot_be_is_refused(one, wrong):
    with pytest.raises(Impossible):
        set_digest_rules(one, by=ADMIN, **wrong)
    assert not DigestRules.objects.exists()


class TestSending:
    def test_each_gets_his_own_and_nobody_elses(self, mails):
        assert sorted(mails) == ["ann@one.example", "bob@one.example"]
        ann = mails["ann@one.example"]
        assert ann.recipient == "ann@one.example"
        assert "The offer" in ann.text
        assert "bob" not in octets_of(ann, new_id(), 0.0).decode()

    def test_it_has_two_parts_and_a_way_out(self, mails):
        message = message_of(mails["ann@one.example"])
        assert [part.get_content_type() for part in message.walk()][1:] == ["text/plain", "text/html"]
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["List-Unsubscribe"].startswith("<http://testserver/d/leave/")
        assert message["Subject"] == "1 message est retenu pour vous"

    def test_nobody_hears_of_it_whose_client_has_ended(self, node, one, rules):
        type(one).objects.filter(pk=one.pk).update(state="ended")
        assert sent() == {}
        assert not Digest.objects.exists()
        type(one).objects.filter(pk=one.pk).update(state="suspended")
        assert len(sent()) == 2

    def test_never_twice(self, mails):
        assert sent() == {}
        assert sent(time.time() + 3_600) == {}  # Nothing came since.
        assert Digest.objects.count() == 2

    def test_while_nobodys_hour_has_come_nothing_is_looked_at(self, node, one, rules, django_assert_max_num_queries):
        set_digest_rules(one, hours=[], by=ADMIN)
        with django_assert_max_num_queries(3):  # The rules, what was put off, and who wants another hour.
            assert sent() == {}

    def test_old_ones_are_forgotten(self, mails):
        with scopes_disabled():
            told = Digest.objects.count()
            assert digests.forget_digests(time.time() + digests.LOOK_BACK_S - 60) == 0
            assert digests.forget_digests(time.time() + digests.LOOK_BACK_S + 60) == told > 0

    def test_what_came_later_is_told_later(self, node, mails):
        node.keep(replace(test_quarantine.MESSAGE, id="b" * 32, received_at=time.time() + 100, token=b""))
        assert sorted(sent(time.time() + 3_700)) == ["ann@one.example", "bob@one.example"]

    def test_in_near_real_time_one_comes_within_the_minutes_and_no_message_stands_in_two(self, node, one):
        set_digest_rules(one, is_on=True, within_minutes=10, by=ADMIN)
        begins = time.time() // 600 * 600 + 600  # A window's first second.
        assert sorted(sent(begins + 1)) == ["ann@one.example", "bob@one.example"]
        node.keep(replace(test_quarantine.MESSAGE, id="b" * 32, received_at=begins + 60, token=b""))
        assert sent(begins + 61) == {}  # One in ten minutes at most.
        later = sent(begins + 601)
        assert sorted(later) == ["ann@one.example", "bob@one.example"]
        assert later["ann@one.example"].subject == "1 message est retenu pour vous"
        assert sent(begins + 1_300) == {}

    def test_one_user_may_have_it_so_alone(self, node, one):
        set_digest_rules(one, is_on=True, hours=[], days=[], by=ADMIN)
        set_digest_wish(one, ["ann@one.example"], within_minutes=30, by=ADMIN)
        assert sorted(sent()) == ["ann@one.example"]
        assert Entry.objects.get(action="digest.wish-set").after["within_minutes"] == 30

    def test_one_user_may_be_told_of_less(self, node, one, rules):
        set_digest_wish(one, ["ann@one.example", "bob@one.example"], classes="M", by=ADMIN)
        assert sorted(sent()) == ["bob@one.example"]

    @pytest.mark.parametrize("wrong", [{"within_minutes": 1}, {"time_zone": "Mars/Base"}, {"language": "xx"}])
    def test_what_no_user_may_wish(self, one, wrong):
        with pytest.raises(Impossible):
            set_digest_wish(one, ["ann@one.example"], by=ADMIN, **wrong)

    def test_whoever_wants_one_at_once_gets_all_that_is_held(self, mails, one):
        want_digest(one, ["ann@one.example"])
        now = time.time() // 600 * 600 + 600
        assert sorted(sent(now)) == ["ann@one.example"]
        assert sent(now + 1) == {}
        want_digest(one, ["ann@one.example"])
        assert sent(now + 2) == {}  # Once in ten minutes.

    def test_all_that_is_held_is_also_what_is_older_than_digests_tell(self, node, one, rules):
        old = time.time() - digests.LOOK_BACK_S - 60
        node.keep(replace(test_quarantine.MESSAGE, id="b" * 32, received_at=old, token=b""))
        want_digest(one, ["ann@one.example"])
        assert {who: mail.subject[:2] for who, mail in sent().items()} == {
            "ann@one.example": "2 ",
            "bob@one.example": "1 ",
        }

    def test_who_wants_one_that_cannot_be_sent_gets_it_later(self, mails, one):
        def away(_content):
            raise Unavailable("the server is away")

        want_digest(one, ["ann@one.example", "eve@one.example"])
        now = time.time() // 600 * 600 + 600
        assert digests.send_due(now, away) == 0
        assert [each.recipient for each in DigestWish.objects.exclude(wanted_at=None)] == ["ann@one.example"]
        assert sent(now + 60) == {}
        assert sorted(sent(now + 600)) == ["ann@one.example"]
        assert not DigestWish.objects.exclude(wanted_at=None).exists()

    def test_a_wish_that_nobody_could_fulfil_ends(self, mails, one):
        want_digest(one, ["ann@one.example"])
        assert sent(time.time() + digests.LATE_HOURS * 3_600 + 1) == {}

    def test_one_that_fails_does_not_stop_the_others(self, node, rules):
        told = []

        def send(content):
            if content.recipient.startswith("ann"):
                raise Unavailable("the server is away")
            told.append(content.recipient)

        assert digests.send_due(time.time() + 1, send) == 1
        assert told == ["bob@one.example"]
        assert sent() == {}  # Not twice for one hour.
        assert sorted(sent(time.time() + 3_600)) == ["ann@one.example"]  # The next tells what that one was to tell.

    def test_only_where_it_is_wished(self, node, one, rules):
        DigestWish.objects.create(client=one, recipient="ann@one.example", is_on=False)
        rules.classes = "Q"
        rules.save()
        assert sent() == {}
        DigestRules.objects.update(is_on=False, classes="QM")
        assert sent() == {}

    def test_in_the_users_own_language(self, node, one, rules):
        DigestWish.objects.create(client=one, recipient="ann@one.example", language="en")
        assert sent()["ann@one.example"].subject == "1 message is held for you"

    def test_a_hostile_subject_stays_text(self, node, rules):
        hostile = b"From: <b>eve</b>\r\nSubject: <script>x</script>\r\n\r\nx\r\n"
        node.keep(replace(test_quarantine.MESSAGE, id="a" * 32, token=b""), hostile)
        page = sent()["ann@one.example"].page
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("now", "hours", "days", "expected"),
    [
        ("2026-11-27T08:00", [8], [4], "2026-11-27T08"),
        ("2026-11-27T07:59", [8], [4], ""),
        ("2026-11-27T13:59", [8], [4], "2026-11-27T08"),
        ("2026-11-27T14:00", [8], [4], ""),
        ("2026-11-28T08:00", [8], [4], ""),
        ("2026-11-27T12:30", [8, 12], [4], "2026-11-27T12"),
        ("2026-11-28T01:00", [23], [4], "2026-11-27T23"),
        ("2026-11-27T08:00", [], [4], ""),
    ],
)
def test_the_hour_that_is_due(now, hours, days, expected):
    assert digests.slot_of(at(now), hours, days, PARIS) == expected


def test_an_hour_that_comes_twice_is_one():
    """25 October 2026: 02:30 is there in summer and in winter time."""
    first = datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=0).timestamp()
    second = datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=1).timestamp()
    assert second - first == 3_600
    assert digests.slot_of(first, [2], [6], PARIS) == digests.slot_of(second, [2], [6], PARIS) == "2026-10-25T02"


class TestLinks:
    @pytest.fixture
    def browser(self):
        return Browser(headers={"accept-language": "en"})

    @pytest.mark.parametrize(("act", "ended"), [("release", "released"), ("allow", "released"), ("block", "deleted")])
    def test_one_look_and_one_click(self, mails, node, browser, act, ended):
        [address] = links(mails["ann@one.example"], act)
        assert "The offer" in browser.get(address).text
        assert state() == CopyState.HELD
        assert browser.post(address).status_code == 200
        node.look()
        assert (state(), state("bob@one.example")) == (ended, "held")
        assert [each.address.key for each in ListEntry.objects.all()] == (
            [] if act == "release" else ["ann@one.example"]
        )
        if act != "block":
            assert HeldCopy.objects.get(recipient="ann@one.example").channel == "recipient"

    def test_its_owner_looks_into_it_safely_before_he_decides(self, mails, node, browser):
        address = re.search(
            r"^Le regarder sans risque : http://testserver(\S+)$", mails["ann@one.example"].text, re.MULTILINE
        )[1]
        assert "Look into it safely" in browser.get(address).text
        assert not NodeOrder.objects.exists()
        asked = browser.post(address).headers["Location"]
        order = asked.partition("?look=")[2]
        assert f"{address}/look/{order}" in browser.get(asked).text
        assert "hx-trigger" in browser.get(f"{address}/look/{order}").text
        node.look()
        assert f'src="{address}/content/{order}"' in browser.get(f"{address}/look/{order}").text
        shown = browser.get(f"{address}/content/{order}")
        assert "hello" in shown.text
        assert "<script" not in shown.text
        assert "sandbox" in shown.headers["Content-Security-Policy"]
        assert Entry.objects.get(action="message.previewed").actor_name == "ann@one.example"
        assert state() == CopyState.HELD

    def test_a_look_is_for_the_digests_owner_alone(self, mails, node, browser):
        ann, bob = (HeldCopy.objects.get(recipient=f"{who}@one.example") for who in ("ann", "bob"))
        mine = "/d/" + link_for("ann@one.example", LinkAct.LOOK, ann.pk)
        order = browser.post(mine).headers["Location"].partition("?look=")[2]
        node.look()
        for wrong in (
            link_for("ann@one.example", LinkAct.LOOK, bob.pk),
            link_for("ann@one.example", LinkAct.RELEASE, ann.pk),
            mine.removeprefix("/d/")[:-2],
        ):
            assert browser.get(f"/d/{wrong}/content/{order}").status_code == 404
            assert browser.get(f"/d/{wrong}/look/{order}").status_code == 404
        other = node.keep(replace(test_quarantine.MESSAGE, id="c" * 32, token=b""))
        assert other is None
        theirs = HeldCopy.objects.get(message_id="c" * 32, recipient="ann@one.example")
        look = link_for("ann@one.example", LinkAct.LOOK, theirs.pk)
        assert browser.get(f"/d/{look}/look/{order}").status_code == 404
        assert browser.get(f"/d/{look}/content/{order}").status_code == 404

    def test_nobody_has_a_node_send_a_message_up_without_end(self, mails, browser):
        ann = HeldCopy.objects.get(recipient="ann@one.example")
        address = "/d/" + link_for("ann@one.example", LinkAct.LOOK, ann.pk)
        assert [browser.post(address).status_code for _ in range(12)] == [302] * 10 + [429] * 2
        assert NodeOrder.objects.count() == 10

    @pytest.mark.parametrize("order", ["a/b", "%00", "x" * 32, "é", "0" * 32])
    def test_what_was_never_ordered_is_not_asked_for(self, mails, browser, order):
        ann = HeldCopy.objects.get(recipient="ann@one.example")
        page = browser.get(f"/d/{link_for('ann@one.example', LinkAct.LOOK, ann.pk)}?look={order}")
        assert page.status_code == 200
        assert "hx-get" not in page.text
        assert "Look into it safely" in page.text

    def test_a_robot_that_opens_everything_changes_nothing(self, mails, browser):
        for mail in mails.values():
            for address in re.findall(r"http://testserver(/[^\s\"<>]+)", mail.text + mail.page):
                browser.head(address)
                assert browser.get(address).status_code == 200
        assert {each.state for each in HeldCopy.objects.all()} == {CopyState.HELD}
        assert not NodeOrder.objects.exists()
        assert not DigestWish.objects.exists()

    def test_a_link_works_once(self, mails, browser):
        [address] = links(mails["ann@one.example"], "release")
        browser.post(address)
        HeldCopy.objects.update(state=CopyState.HELD)  # As after an order that failed.
        browser.post(address)
        assert NodeOrder.objects.count() == 1
        assert "has done its work" in browser.get(address).text

    def test_a_link_is_for_its_recipient_message_and_act(self, mails, browser):
        [address] = links(mails["ann@one.example"], "release")
        bob = HeldCopy.objects.get(recipient="bob@one.example")
        for wrong in (
            address[:-3],
            address[:-3] + "abc",
            "/d/" + link_for("ann@one.example", LinkAct.RELEASE, bob.pk),
            "/d/" + link_for("eve@one.example", LinkAct.RELEASE, bob.pk),
            "/d/" + "x" * 500,
            "/d/leave/" + address.removeprefix("/d/"),
        ):
            assert browser.post(wrong).status_code == 404
        assert not NodeOrder.objects.exists()

    def test_what_is_no_link_of_ours_counts_for_nobody(self, mails, browser, monkeypatch):
        """A whole office looks from one address; and junk costs no row."""
        monkeypatch.setattr(page, "LINKS_OF_A_RECIPIENT", Limit("few", 3, 3_600))
        [address] = links(mails["ann@one.example"], "release")
        for number in range(100):
            assert browser.get(f"/d/junk-{number}").status_code == 404
        assert [browser.get(address).status_code for _ in range(4)] == [200, 200, 200, 429]
        [address] = links(mails["bob@one.example"], "release")
        assert browser.get(address).status_code == 200

    def test_a_link_ends_after_its_time(self, mails, browser, monkeypatch):
        [address] = links(mails["ann@one.example"], "release")
        later = time.time() + 31 * 86_400
        monkeypatch.setattr(time, "time", lambda: later)
        assert browser.post(address).status_code == 404

    def test_where_users_may_only_ask_a_link_asks(self, mails, node, one, browser):
        quarantine.set_rules(one, spam_users_may=UsersMay.ASK, by=ADMIN)
        [address] = links(mails["ann@one.example"], "release")
        browser.post(address)
        assert state() == CopyState.ASKED

    def test_a_mail_program_unsubscribes_by_itself(self, mails):
        address = re.search(r"<http://testserver([^>]+)>", message_of(mails["ann@one.example"])["List-Unsubscribe"])[1]
        strict = Browser(enforce_csrf_checks=True)
        assert strict.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert DigestWish.objects.get().is_on is False
        Digest.objects.all().delete()
        assert sorted(sent()) == ["bob@one.example"]

    def test_who_only_claims_a_domain_hears_nothing_of_its_people(self, mails, rules, browser):
        other = test_quarantine.client("Two")
        with scope(client=other):
            claim_domain(other, "one.example", [test_quarantine.ROUTE], by=ADMIN)
            set_digest_rules(other, is_on=True, **EVERY, by=ADMIN)
        rules.delete()
        address = re.search(r"<http://testserver([^>]+)>", message_of(mails["bob@one.example"])["List-Unsubscribe"])[1]
        browser.post(address)
        with scopes_disabled():
            assert not DigestWish.objects.exists()

    def test_a_link_brings_a_digest_at_once(self, mails, browser):
        mail = mails["ann@one.example"]
        address = re.search(r"http://testserver(/d/now/\S+)", mail.text)[1]
        assert "Shall ann@one.example" in browser.get(address).text
        assert not DigestWish.objects.exists()
        assert "Within a minute" in browser.post(address).text
        assert sorted(sent()) == ["ann@one.example"]
        assert browser.get(address.replace("/d/now/", "/d/leave/")).status_code == 404

    def test_inert_digests_lead_to_the_sign_in(self, node, rules):
        rules.asks_for_login = True
        rules.save()
        mail = sent()["ann@one.example"]
        text = mail.text + mail.page
        assert set(re.findall(r"/d/\w*/?", text)) == {"/d/leave/"}
        assert text.count("/mine/digests/") == 2

    @pytest.mark.parametrize("act", ["release", "allow", "block", "look", "now"])
    def test_so_do_those_that_were_sent_before(self, mails, rules, one, node, browser, act):
        copy = HeldCopy.objects.get(recipient="ann@one.example")
        now = f"/d/now/{link_for(copy.recipient, LinkAct.NOW)}"
        address = now if act == "now" else f"/d/{link_for(copy.recipient, LinkAct(act), copy.pk)}"
        set_digest_rules(one, asks_for_login=True, by=ADMIN)
        theirs = f"/clients/{one.pk}/mine/" + ("digests/" if act == "now" else f"{copy.pk}/")
        for answer in (browser.get(address), browser.post(address)):
            assert (answer.status_code, answer.headers["Location"]) == (302, theirs)
        assert state() == CopyState.HELD
        assert not NodeOrder.objects.exists()
        assert not DigestWish.objects.exists()

    def test_so_does_a_look_that_was_begun_before(self, mails, one, node, browser):
        copy = HeldCopy.objects.get(recipient="ann@one.example")
        address = f"/d/{link_for(copy.recipient, LinkAct.LOOK, copy.pk)}"
        order = browser.post(address).headers["Location"].partition("?look=")[2]
        node.look()
        set_digest_rules(one, asks_for_login=True, by=ADMIN)
        assert browser.get(f"{address}/content/{order}").status_code == 404

    def test_digests_end_without_a_sign_in(self, mails, one):
        set_digest_rules(one, asks_for_login=True, by=ADMIN)
        address = f"/d/leave/{link_for('ann@one.example', LinkAct.UNSUBSCRIBE)}"
        assert Browser().post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert DigestWish.objects.get().is_on is False


def test_a_job_keeps_house(node, one):
    list_sender(one, ListKind.BLOCK, "eve@e.example", "eve@e.example", expires_at=datetime.now(UTC), by=ADMIN)
    keep_house(time.time() + 1)
    assert state() == CopyState.HELD
    assert not ListEntry.objects.exists()
    keep_house(time.time() + 31 * quarantine.DAY_S)
    node.look()
    keep_house(time.time() + 62 * quarantine.DAY_S)
    with scopes_disabled():
        assert not HeldCopy.objects.exists()
