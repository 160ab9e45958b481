"""What is said of held mail teaches, without a release: from the page where somebody says so to the client's model."""

from __future__ import annotations

import time
from base64 import b64encode

import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.models.acts import FolderActs
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.keystore.services import destroy_keys
from ecluse.control.mail import lessons, objections
from ecluse.control.mail.models import CopyState, HeldCopy, NodeOrder, Objection
from ecluse.control.mail.objections import ANSWER_WITHIN_S
from ecluse.control.operation.models import ToldReport
from ecluse.domain.act import Channel, Standing
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending
from ecluse.entrypoints.feedback import voter_name
from ecluse.entrypoints.feedback_jobs import learn_waiting
from ecluse.entrypoints.teaching import Teaching
from ecluse.web.api import lessons as told_lessons
from tests.contract.message_log.contract import outcome, recipient
from tests.control import test_quarantine
from tests.control.cast import ADMIN
from tests.control.cast import client as make_client
from tests.control.test_orders import NODE
from tests.control.test_quarantine import ANN, BOB, MESSAGE
from tests.web import conftest
from tests.web.programs import program_of

pytestmark = pytest.mark.django_db(transaction=True)
database, orders, one, public_key, node = (
    test_quarantine.database,
    test_quarantine.orders,
    test_quarantine.one,
    test_quarantine.public_key,
    test_quarantine.node,
)


@pytest.fixture(autouse=True)
def logged(dns, message_log):
    """Ann's copy was refused and kept; Cleo's came through."""
    message_log.append(
        [
            outcome(
                time.time() - 60,
                recipient(ANN.key, Ending.REFUSED, disposition="refuse", category="Q", findings=("GTUBE",)),
                recipient(BOB.key, Ending.HELD, disposition="hold", category="M"),
                recipient("cleo@one.example", Ending.RELAYED),
                id=MESSAGE.id,
            )
        ]
    )


@pytest.fixture
def pages(one, node):
    class Pages:
        people = {  # noqa: RUF012 - one test, one instance.
            Role.ADMINISTRATOR: conftest.person("adam@one.example", one, Role.ADMINISTRATOR),
            Role.USER: conftest.person(ANN.key, one, Role.USER),
            Role.SUPPORT: conftest.person("sue@provider.example", None, Role.SUPPORT, second_factor=True),
        }

        def post(self, who, path, **values):
            browser = conftest.signed_in(self.people[who])
            return browser.post(f"/clients/{one.pk}/{path}", values, follow=True)

        def says_so(self, who=Role.ADMINISTRATOR, to=ANN.key):
            where = f"mine/log/{MESSAGE.id}/object" if who is Role.USER else f"log/{MESSAGE.id}/object"
            assert self.post(who, where, recipient=to).status_code == 200
            return Objection.objects.get(recipient=to)

        def act(self, who, row, what, **values):
            self.post(who, f"objections/{row.pk}/act", act=what, **values)

    return Pages()


def said(node):
    """What waits to be learned."""
    inbox = FolderFeedback(node.paths.feedback)
    return [inbox.read(name) for name in inbox.waiting()]


def learned(node):
    acts = FolderActs(node.paths.models)
    learn_waiting(FolderFeedback(node.paths.feedback), Teaching(node.paths.models, acts), set())
    return list(acts.read("One"))


def test_what_both_parties_call_wrongly_blocked_is_learned_and_stays_held(node, pages):
    row = pages.says_so()
    node.look()
    assert said(node) == []  # One party alone teaches nothing.
    pages.act(Role.SUPPORT, row, "confirm")
    node.look()
    [act] = learned(node)
    assert (act.is_spam, act.channel, act.voter) == (False, Channel.ADMINISTRATOR, "person:adam@one.example")
    assert act.standing is Standing.LEARNED
    assert len(act.tokens) > 0
    assert {each.state for each in HeldCopy.objects.all()} == {CopyState.HELD}
    assert node.queued() == []
    row.refresh_from_db()
    assert (row.lesson.outcome, row.lesson.body) == ("done", None)
    assert Entry.objects.filter(action="objection.taught").count() == 1
    page = conftest.signed_in(pages.people[Role.ADMINISTRATOR]).get(f"/clients/{row.client_id}/objections/").text
    assert "learns from it" in page


def test_spam_that_came_through_to_one_of_them_is_learned_from_the_others_copy(node, pages):
    row = pages.says_so(to="cleo@one.example")
    assert row.kind == "passed"
    pages.act(Role.SUPPORT, row, "confirm")
    node.look()
    [act] = learned(node)
    assert act.is_spam


def test_what_is_contested_or_taken_back_teaches_nothing(node, pages):
    pages.act(Role.SUPPORT, pages.says_so(), "contest", reason="It is a fraud.")
    pages.act(Role.ADMINISTRATOR, pages.says_so(to=BOB.key), "withdraw")
    assert not NodeOrder.objects.exists()


def test_what_nobody_answered_is_one_word_of_a_user(node, pages, one):
    """It counts for the rates (9-2); for the filter it is no administrator's word, and the user has one vote."""
    row = pages.says_so(Role.USER)
    pages.act(Role.ADMINISTRATOR, row, "send-on")
    row.refresh_from_db()
    late = row.opened_at + ANSWER_WITHIN_S
    assert lessons.teach_unanswered(late - 1 - ANSWER_WITHIN_S, by=ADMIN) == 0
    assert lessons.teach_unanswered(late - ANSWER_WITHIN_S, by=ADMIN) == 1
    assert lessons.teach_unanswered(late - ANSWER_WITHIN_S, by=ADMIN) == 0
    node.look()
    [waiting] = said(node)
    assert (waiting.channel, waiting.is_spam) == (Channel.RECIPIENT, False)
    assert waiting.voter == voter_name(node.paths, ANN.key)


def test_who_has_it_released_as_well_has_one_vote(node, pages):
    row = pages.says_so()
    pages.act(Role.SUPPORT, row, "confirm")
    copy = HeldCopy.objects.get(recipient=ANN.key)
    pages.post(Role.ADMINISTRATOR, "quarantine/act", act="release", copy=copy.pk)
    node.look()
    assert len(said(node)) == 2
    assert len({(each.voter, each.message) for each in said(node)}) == 1
    assert [act.standing for act in learned(node)] == [Standing.LEARNED]


def test_after_a_release_of_all_there_is_nothing_to_learn_from(node, pages):
    row = pages.says_so()
    for copy in HeldCopy.objects.all():
        pages.post(Role.ADMINISTRATOR, "quarantine/act", act="release", copy=copy.pk)
    node.look()
    pages.act(Role.SUPPORT, row, "confirm")
    assert not NodeOrder.objects.filter(kind="teach").exists()


def test_a_client_whose_keys_are_gone_is_answered_all_the_same(node, pages, one):
    row = pages.says_so()
    destroy_keys(one, by=ADMIN)
    pages.act(Role.SUPPORT, row, "confirm")
    row.refresh_from_db()
    assert (row.state, row.lesson) == ("confirmed", None)


class TestReleaseAndReport:
    def test_an_administrator_says_so_with_his_release(self, node, pages):
        copy = HeldCopy.objects.get(recipient=ANN.key)
        pages.post(Role.ADMINISTRATOR, "quarantine/act", act="release-report", copy=copy.pk)
        [row] = Objection.objects.all()
        assert (row.recipient, row.kind, row.state) == (ANN.key, "blocked", "open")

    def test_a_users_word_waits_for_his_administrators(self, node, pages):
        copy = HeldCopy.objects.get(recipient=ANN.key)
        pages.post(Role.USER, "mine/act", act="release-report", copy=copy.pk)
        [row] = Objection.objects.all()
        assert (row.state, list(row.evidence["recipients"])) == ("said", [ANN.key])

    def test_said_before_it_stays_as_it_is(self, node, pages):
        row = pages.says_so()
        pages.act(Role.SUPPORT, row, "contest", reason="No.")
        copy = HeldCopy.objects.get(recipient=ANN.key)
        pages.post(Role.ADMINISTRATOR, "quarantine/act", act="release-report", copy=copy.pk)
        [row] = Objection.objects.all()
        assert row.state == "contested"

    def test_a_log_that_is_away_keeps_no_release_back(self, node, pages, message_log, monkeypatch):
        monkeypatch.setattr(message_log, "events", lambda *_: ())
        copy = HeldCopy.objects.get(recipient=ANN.key)
        page = pages.post(Role.ADMINISTRATOR, "quarantine/act", act="release-report", copy=copy.pk)
        assert "could not be noted yet" in page.text
        assert HeldCopy.objects.get(pk=copy.pk).state == CopyState.RELEASING
        assert not Objection.objects.exists()

    def test_a_program_is_told_whether_its_word_was_noted(self, node, pages, one, message_log, monkeypatch):
        program = program_of(pages.people[Role.ADMINISTRATOR], one)

        def away(*_):
            raise Unavailable

        def act(what, *recipients):
            copies = [HeldCopy.objects.get(recipient=each.key).pk for each in recipients]
            return program.post(f"clients/{one.pk}/quarantine/acts", {"act": what, "copies": copies}).json()

        assert act("release-report", ANN) == {"ordered": 1, "is_reported": True}
        assert Objection.objects.get().recipient == ANN.key
        monkeypatch.setattr(message_log, "events", away)
        assert act("release-report", BOB) == {"ordered": 1, "is_reported": False}
        assert act("decline", BOB)["is_reported"] is None


def test_the_page_of_a_held_message_takes_the_report_too(node, pages, one):
    copy = HeldCopy.objects.get(recipient=ANN.key)
    browser = conftest.signed_in(pages.people[Role.ADMINISTRATOR])
    page = f"/clients/{one.pk}/quarantine/{copy.pk}/"
    assert "It is legitimate, wrongly blocked" in browser.get(page).text
    pages.says_so()
    assert "has called this verdict wrong" in browser.get(page).text
    own = conftest.signed_in(pages.people[Role.USER]).get(f"/clients/{one.pk}/mine/{copy.pk}/").text
    assert "has called this verdict wrong" in own


def test_another_client_is_not_taught_of(node, pages, one):
    row = pages.says_so()
    with scope(client=make_client("Two")):
        assert lessons.teach_unanswered(time.time() + ANSWER_WITHIN_S, by=ADMIN) == 0
        assert objections.find_objection(row.pk) is None


# --- What passed, and is held nowhere

CLEO = "cleo@one.example"


@pytest.fixture
def passed(message_log):
    event = outcome(time.time() - 30, recipient(CLEO, Ending.RELAYED), recipient(ANN.key, Ending.RELAYED))
    message_log.append([event])
    return event


def octets(message_id, node=NODE):
    trace = (
        f"Received: from e.example (e.example [192.0.2.1])\r\n\tby {node} (Ecluse) with ESMTP id {message_id}; today"
    )
    return f"{trace}\r\nFrom: eve@e.example\r\nSubject: The offer\r\n\r\nCheap watches.\r\n".encode()


class TestWhatPassed:
    @pytest.fixture
    def tell(self, pages, one):
        ToldReport.objects.create(node=NODE, body=b"", heard_at=timezone.now())
        program = program_of(pages.people[Role.ADMINISTRATOR], one)

        def tell(event, content=None, **changes):
            message = b64encode(octets(event.id) if content is None else content).decode()
            body = {"recipient": CLEO, "is_spam": True, "message": message, **changes}
            return program.post(f"clients/{one.pk}/log/{event.id}/lessons", body)

        return tell

    def test_a_program_brings_it_and_the_model_learns(self, node, passed, tell):
        # A mailbox keeps it with another field on top, and perhaps with the line ends of Unix.
        kept = b"Return-Path: <bob@sender.example>\r\n" + octets(passed.id)
        first, again = tell(passed, kept.replace(b"\r\n", b"\n"), recipient=CLEO.upper()), tell(passed, kept)
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json() == {"message_id": passed.id, "recipient": CLEO, "is_spam": True}
        order = NodeOrder.objects.filter(kind="learn").first()
        assert b"watches" not in bytes(order.body)
        node.look()
        waiting = said(node)
        assert {(each.channel, each.voter) for each in waiting} == {(Channel.REPORT, voter_name(node.paths, CLEO))}
        assert len({each.message for each in waiting}) == 1
        assert waiting[0].message.startswith(f"{passed.id}/")
        [act] = learned(node)  # Said twice, it is one word.
        assert (act.is_spam, act.standing, len(act.tokens) > 0) == (True, Standing.LEARNED, True)
        order.refresh_from_db()
        assert (order.outcome, order.body) == ("done", None)
        assert Entry.objects.filter(action="message.told", actor_kind="api-key").count() == 2

    def test_what_is_not_that_message_or_not_his_teaches_nothing(self, passed, tell, message_log):
        sent = outcome(time.time() - 20, recipient(CLEO), direction="outbound")
        message_log.append([sent])
        refused = {
            "body.recipient": tell(passed, recipient="zoe@one.example"),
            "body.message": tell(passed, octets("0" * 32)),
            "message_id": tell(sent),
        }
        assert {
            where: (answer.status_code, answer.json()["errors"][0]["where"]) for where, answer in refused.items()
        } == {where: (422, where) for where in refused}
        assert tell(passed, message="watches!").status_code == 422
        assert tell(passed, message="A" * (told_lessons.MAX_BASE64 + 1)).status_code == 422
        assert tell(passed, octets(passed.id, "mx.elsewhere.example")).status_code == 409
        other = outcome(time.time() - 10, recipient("zoe@two.example"), client="Two")
        message_log.append([other])
        assert tell(other).status_code == 404
        assert not NodeOrder.objects.filter(kind="learn").exists()

    def test_a_program_cannot_say_more_in_a_day_than_a_node_would_learn(self, passed, tell, monkeypatch):
        monkeypatch.setattr(told_lessons, "LESSONS", told_lessons.Limit("few-lessons", 1, 86_400))
        assert [tell(passed).status_code for _ in range(2)] == [202, 429]
