"""Any lesson is taken back on its page and by the API: from what a node has learned to its model without it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from django_scopes import scopes_disabled
from structlog.testing import capture_logs

from ecluse.adapters.controldb.told_lessons import ControlToldLessons
from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.models.acts import FolderActs
from ecluse.adapters.models.folder import client_layer
from ecluse.adapters.models.layer_file import read_layer
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.learning.lessons import LOST_AFTER_S, Lesson, lessons, still_learned
from ecluse.control.mail.models import NodeOrder
from ecluse.control.privacy.models import EndedClient
from ecluse.domain.act import TOKENS_VERSION, Channel, Standing
from ecluse.domain.errors import Unavailable
from ecluse.domain.said import Said
from ecluse.entrypoints.feedback_jobs import learn_waiting
from ecluse.entrypoints.lesson_jobs import LessonTeller
from ecluse.entrypoints.teaching import Teaching
from ecluse.filtering.learning.replay import packed
from ecluse.filtering.learning.tokens import tokens_of
from ecluse.web.api.learned import LessonChannel, LessonStanding
from tests.control import test_quarantine
from tests.control.test_orders import NODE
from tests.unit.filtering.learning.mail import letter, stream
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
ANN, EVE = "person:ann@one.example", "9f3c5a7e11223344"
EVERYWHERE = np.arange(1 << 22, dtype=np.uint32)


@pytest.fixture
def learner(node, database):
    """The node's agent, as far as it learns and tells."""

    class Learner:
        root = node.paths.models
        acts = FolderActs(root)
        teaching = Teaching(node.paths.models, acts)
        teller = LessonTeller(ControlToldLessons(database, NODE), acts)

        def hear(self, voter, channel, messages, first):
            for number, (octets, is_spam) in enumerate(messages, first):
                tokens = packed(tokens_of(letter(octets)))
                said = Said("One", channel, voter, f"m{number}/d", is_spam, tokens, tokens_version=TOKENS_VERSION)
                assert FolderFeedback(node.paths.feedback).keep(said)
            self.work()

        def work(self):
            learn_waiting(FolderFeedback(node.paths.feedback), self.teaching, set())
            self.teller.look()

        def follow(self):
            node.look()
            self.work()

        def weights(self):
            return read_layer(client_layer(node.paths.models, "One")).weights_of(EVERYWHERE)

    made, mail = Learner(), stream(8)
    made.hear(ANN, Channel.ADMINISTRATOR, mail[:4], 1)
    made.before = made.weights()
    made.hear(EVE, Channel.REPORT, mail[4:], 5)
    assert (made.weights() != made.before).any()
    return made


@pytest.fixture
def adam(one):
    return conftest.person("adam@one.example", one, Role.ADMINISTRATOR)


def test_all_that_one_person_said_is_taken_back_and_the_model_is_as_it_was(learner, one, adam):
    browser, base = conftest.signed_in(adam), f"/clients/{one.pk}/lessons/"
    page = browser.get(base).text
    assert (page.count("ann@one.example"), page.count(f">{EVE}<")) == (4, 4)
    assert "Take back all" not in page  # Of everybody, never.
    assert "Take back all these 4 lessons" in browser.get(f"{base}?voter={EVE}").text
    assert "4 lessons are taken back" in browser.post(f"{base}take-back", {"voter": EVE}, follow=True).text
    assert browser.get(base).text.count("is being taken back") == 4
    assert "was taken back before" in browser.post(f"{base}take-back", {"voter": EVE}, follow=True).text
    [entry] = Entry.objects.filter(action="lessons.taken-back")
    assert (entry.actor_name, entry.after) == ("adam@one.example", {"voter": EVE, "lessons": 4})
    learner.follow()
    assert (learner.weights() == learner.before).all()
    assert browser.get(base).text.count("taken back by adam@one.example") == 4
    assert {row.voter for row in still_learned(lessons())} == {ANN}


def test_one_lesson_is_taken_back_by_a_program_and_the_others_stay(learner, one, adam):
    program, here = program_of(adam, one), f"clients/{one.pk}/lessons"
    listed = program.get(f"{here}?channel=report").json()["items"]
    assert {(each["message_id"], each["voter"]) for each in listed} == {(f"m{n}", EVE) for n in (5, 6, 7, 8)}
    where = f"{here}/{listed[0]['id']}/take-back"
    assert [program.post(where).json() for _ in range(2)] == [{"lessons": 1}, {"lessons": 0}]
    learner.follow()
    after = program.get(here).json()["items"]
    assert [each["message_id"] for each in after if each["taken_back_at"]] == [listed[0]["message_id"]]
    assert after[0]["taken_back_by"] == "api-key:sync"
    assert program.post(f"{here}/take-back", {}).status_code == 422
    assert program.post(f"{here}/take-back", {"until": "2001-01-01T00:00:00Z"}).json() == {"lessons": 0}
    assert program.post(f"{here}/take-back", {"since": "2001-01-01T00:00:00Z"}).json() == {"lessons": 7}


def test_programs_hear_of_every_channel_and_standing():
    assert [*map(str, LessonChannel), *map(str, LessonStanding)] == [*map(str, Channel), *map(str, Standing)]


def test_what_comes_while_the_page_is_read_stays(learner, one, adam):
    newest = lessons().order_by("-pk")[0].pk
    learner.hear(EVE, Channel.REPORT, stream(1, seed=4), 20)
    page = conftest.signed_in(adam).post(f"/clients/{one.pk}/lessons/take-back", {"voter": EVE, "newest": newest})
    assert page.status_code == 302
    assert [row.message_id for row in still_learned(lessons()).filter(voter=EVE)] == ["m20"]


def test_an_order_that_failed_or_got_lost_is_given_once_more(learner, one, adam):
    program, here = program_of(adam, one), f"clients/{one.pk}/lessons/take-back"
    body = {"voter": EVE}
    assert program.post(here, body).json() == {"lessons": 4}
    [order] = NodeOrder.objects.filter(kind="take-back")
    order.outcome, order.answered_at = "failed", order.ordered_at
    order.save()
    assert program.post(here, body).json() == {"lessons": 4}
    order = NodeOrder.objects.exclude(pk=order.pk).get(kind="take-back")
    order.outcome, order.answered_at = "done", order.ordered_at - LOST_AFTER_S - 1
    order.save()
    assert program.post(here, body).json() == {"lessons": 4}


def test_a_node_tells_each_lesson_once_whatever_happens_to_it(learner, database, node, monkeypatch):
    def numbers():
        return sorted(Lesson.objects.values_list("number", flat=True))

    LessonTeller(ControlToldLessons(database, NODE), learner.acts).look()  # After a start.
    assert numbers() == [*range(1, 9)]
    with monkeypatch.context() as away:
        away.setattr(database, "transaction", _away)
        learner.hear(ANN, Channel.ADMINISTRATOR, stream(1, seed=4), 20)
        assert numbers() == [*range(1, 9)]
    learner.work()
    assert numbers() == [*range(1, 10)]
    learner.acts.erase("One")  # Its numbers begin anew: those that were told are no more to be taken back.
    learner.hear(ANN, Channel.ADMINISTRATOR, stream(1, seed=5), 21)
    assert list(Lesson.objects.values_list("number", "message")) == [(1, "m21/d")]


def _away(**_):
    raise Unavailable("away")


def test_of_an_ended_client_nothing_is_left_once_all_is_taken_down(learner, one):
    """15-6: at the node, too; what it still says of one that is gone is told to nobody."""
    with scopes_disabled():
        row = EndedClient.objects.create(client=one, seen_at=datetime.now(UTC), done_at=None)
        learner.teller.look()
        assert Lesson.objects.count() == 8
        Lesson.objects.all().delete()
        EndedClient.objects.filter(pk=row.pk).update(done_at=datetime.now(UTC))
    with capture_logs() as logs:
        learner.teller.look()
        learner.teller.look()
    assert [(each["event"], each["client"]) for each in logs] == [("what a client has taught is erased", "One")]
    assert list(learner.acts.read("One")) == []
    assert not client_layer(learner.root, "One").exists()
    with scopes_disabled():
        assert Lesson.objects.count() == 0
        row.delete()  # It is served again.
    learner.hear(ANN, Channel.ADMINISTRATOR, stream(2), 1)
    with scopes_disabled():
        assert Lesson.objects.count() == 2
