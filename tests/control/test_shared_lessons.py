"""What a client teaches at one node is learned by the other one, once, under the guards of both, and is taken back at both."""

from __future__ import annotations

from dataclasses import fields, make_dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import get_type_hints

import msgspec
import numpy as np
import pytest
from django_scopes import scope, scopes_disabled

from ecluse.adapters.controldb.shared_lessons import ControlSharedLessons
from ecluse.adapters.controldb.told_lessons import ControlToldLessons
from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.models import folder
from ecluse.adapters.models.acts import FolderActs
from ecluse.adapters.models.folder import FolderModels, client_layer
from ecluse.adapters.models.layer_file import read_layer
from ecluse.control.learning.models import Lesson, SharedLesson
from ecluse.control.privacy.models import EndedClient, PurgeRun
from ecluse.control.privacy.old_rows import SHARED_KEPT, purge_old_rows
from ecluse.control.privacy.taking_down import take_down
from ecluse.domain.act import TOKENS_VERSION, Act, Channel, Origin, Standing
from ecluse.domain.errors import Unavailable
from ecluse.domain.order import TakeBackOrder
from ecluse.domain.purge import Purged
from ecluse.domain.said import Said
from ecluse.entrypoints import shared_lesson_jobs
from ecluse.entrypoints.feedback import said_to_take_back, voter_name
from ecluse.entrypoints.feedback_jobs import learn_waiting
from ecluse.entrypoints.lesson_jobs import LessonTeller
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.shared_lesson_jobs import LessonFollower
from ecluse.entrypoints.teaching import Teaching
from ecluse.filtering.learning import guards
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.replay import packed
from ecluse.filtering.learning.tokens import tokens_of
from tests.control import test_publications
from tests.control.cast import ADMIN
from tests.control.cast import client as make_client
from tests.unit.filtering.learning.mail import letter, raw, stream

pytestmark = pytest.mark.django_db(transaction=True)
database = test_publications.database
EVERYWHERE = np.arange(1 << 22, dtype=np.uint32)
CASINO, MINUTES = raw("casino prize winner"), raw("minutes of the meeting")
ANN, EVE = "person:ann@one.example", "eve@one.example"


@pytest.fixture(autouse=True)
def one(monkeypatch):
    monkeypatch.setattr(folder, "LOOK_EVERY_S", 0.0)
    owner = make_client("One")
    with scope(client=owner):
        yield owner


class Node:
    """The agent of one, as far as it learns, tells and follows."""

    def __init__(self, root, name, database):
        self.name, self.paths, self.database = name, DataPaths(root / name), database
        self.acts, self.inbox = FolderActs(self.paths.models), FolderFeedback(self.paths.feedback)
        self.start()

    def start(self):
        """All that it had in memory is gone."""
        self.teaching = Teaching(self.paths.models, self.acts, node=self.name)
        self.teller = LessonTeller(ControlToldLessons(self.database, self.name), self.acts)
        shared = ControlSharedLessons(self.database, self.name)
        self.follower = LessonFollower(shared, self.acts, self.inbox, self.paths.voter_key)
        self.follower.look()

    def hears(self, octets, number, is_spam=True, voter=ANN, channel=Channel.ADMINISTRATOR, client="One"):
        tokens = packed(tokens_of(letter(octets)))
        said = Said(client, channel, voter, f"m{number}/d", is_spam, tokens, tokens_version=TOKENS_VERSION)
        assert self.inbox.keep(said)
        self.works()

    def reports(self, octets, number, is_spam=True, who=EVE):
        self.hears(octets, number, is_spam, voter_name(self.paths, who), Channel.REPORT)

    def takes_back(self, *numbers):
        for said in said_to_take_back(TakeBackOrder("One", numbers), "person:adam@one.example"):
            assert self.inbox.keep(said)
        self.works()

    def works(self):
        self.follower.look()
        learn_waiting(self.inbox, self.teaching, set())
        self.teller.look()

    def learned(self, client="One"):
        """What stands there, and what became of it."""
        acts = list(self.acts.read(client))
        undone = {act.undoes for act in acts}
        return [
            (act.message.partition("/")[0], act.is_spam, act.standing.value)
            for act in acts
            if not act.undoes and act.number not in undone and act.standing is not Standing.IGNORED
        ]

    def log_odds(self, octets, client="One"):
        model = FolderModels(self.paths.models).find(client)
        return Classifier(model.layers if model else ()).weigh(tokens_of(letter(octets))).log_odds

    def weights(self):
        return read_layer(client_layer(self.paths.models, "One")).weights_of(EVERYWHERE)


@pytest.fixture
def nodes(tmp_path, database):
    return [Node(tmp_path, name, database) for name in ("mx1.gateway.test", "mx2.gateway.test")]


def settle(*nodes):
    for _ in range(2):
        for node in nodes:
            node.works()


def test_what_one_was_told_both_know_and_of_another_client_nothing_changes(nodes):
    a, b = nodes
    with scope(client=make_client("Two")):
        b.hears(CASINO, 1, is_spam=False, client="Two")
    others = b.log_odds(CASINO, "Two")
    for number, (octets, is_spam) in enumerate(stream(4), 2):
        a.hears(octets, number, is_spam)
        settle(b)
    assert b.learned() == a.learned()
    assert len(b.learned()) == 4
    assert (a.weights() == b.weights()).all()
    assert b.log_odds(CASINO) == a.log_odds(CASINO) != 0
    assert b.log_odds(CASINO, "Two") == others
    # It is not told on, and people see it once.
    with scopes_disabled():
        of_one = SharedLesson.objects.filter(client__name="One")
        assert set(of_one.values_list("node", flat=True)) == {a.name}
    assert list(Lesson.objects.values_list("node", "number")) == [(a.name, number) for number in range(4, 0, -1)]
    assert max(len(row.tokens) for row in SharedLesson.objects.all()) > 0


def test_one_voter_who_says_it_at_both_nodes_has_one_vote(nodes):
    a, b = nodes
    for node in nodes:
        node.reports(CASINO, 1)
    settle(a, b)
    assert [node.learned() for node in nodes] == [[("m1", True, "learned")]] * 2
    # And who changes his mind at the other node has changed it at both.
    b.reports(CASINO, 1, is_spam=False)
    settle(a, b)
    assert [node.learned() for node in nodes] == [[("m1", False, "learned")]] * 2
    assert a.log_odds(CASINO) < 0
    row = Lesson.objects.get(node=a.name, is_spam=True, undoes=0)
    assert row.taken_back_by == voter_name(a.paths, EVE)


def test_the_later_word_counts_at_all_nodes_in_whatever_order_they_come(nodes, database, monkeypatch):
    a, b = nodes
    with monkeypatch.context() as away:
        away.setattr(database, "transaction", _away)
        a.reports(CASINO, 1)
        b.reports(CASINO, 1, is_spam=False)
    settle(a, b)
    assert [node.learned() for node in nodes] == [[("m1", False, "learned")]] * 2


def test_what_is_taken_back_at_one_is_gone_at_both(nodes, tmp_path, database):
    a, b = nodes
    a.hears(MINUTES, 1, is_spam=False)
    settle(b)
    before = b.weights()
    a.hears(CASINO, 2)
    settle(b)
    assert (b.weights() != before).any()
    a.takes_back(2)
    late = Node(tmp_path, "mx3.gateway.test", database)  # It has heard of neither yet.
    settle(b, late)
    for node in (a, b, late):
        assert node.learned() == [("m1", False, "learned")]
        assert (node.weights() == before).all()
    assert [row.message for row in SharedLesson.objects.filter(target_node="")] == ["m1/d"]
    assert list(Lesson.objects.exclude(taken_back_at=None).values_list("node", "number")) == [(a.name, 2)]
    # Taken back where it was only heard of, it is gone where it was told, too.
    b.takes_back(1)
    settle(a, late, b)
    assert [node.learned() for node in (a, b, late)] == [[], [], []]
    assert not Lesson.objects.filter(undoes=0, taken_back_at=None).exists()
    # Nobody goes on telling.
    count = SharedLesson.objects.count()
    settle(a, b, late)
    assert SharedLesson.objects.count() == count == 2


def test_what_is_said_while_the_database_is_away_comes_later(nodes, database, monkeypatch):
    a, b = nodes
    with monkeypatch.context() as away:
        away.setattr(database, "transaction", _away)
        a.hears(CASINO, 1)
        b.hears(MINUTES, 2, is_spam=False)
        assert [len(node.learned()) for node in nodes] == [1, 1]  # Learning goes on at each.
    settle(a, b)
    assert [{message for message, *_ in node.learned()} for node in nodes] == [{"m1", "m2"}] * 2


@pytest.mark.parametrize("is_noted", [False, True])
def test_a_node_that_is_killed_meanwhile_counts_it_once(nodes, is_noted, monkeypatch):
    a, b = nodes
    for number in (1, 2, 3):
        a.hears(CASINO if number % 2 else MINUTES, number, is_spam=bool(number % 2))
    b.follower.look()  # Handed over ...
    if is_noted:  # ... and learned, but still in the inbox.
        with monkeypatch.context() as killed:
            killed.setattr(FolderFeedback, "remove", lambda *_: None)
            learn_waiting(b.inbox, b.teaching, set())
    b.start()
    assert len(b.inbox.waiting()) == (3 if is_noted else 6)
    settle(b)
    b.start()
    settle(b)
    assert b.inbox.waiting() == ()
    assert len(list(b.acts.read("One"))) == 3
    assert (b.weights() == a.weights()).all()


def test_what_waits_in_the_inbox_of_a_node_that_is_killed_is_taken_back_there_too(nodes):
    a, b = nodes
    a.hears(CASINO, 1)
    b.follower.look()
    assert len(b.inbox.waiting()) == 1
    a.takes_back(1)
    b.start()
    settle(b)
    assert b.learned() == []


def test_the_inbox_is_left_to_its_own_node_where_much_comes_from_others(nodes, monkeypatch):
    monkeypatch.setattr(shared_lesson_jobs, "MOST_WAITING", 2)
    a, b = nodes
    for number in range(1, 6):
        a.hears(CASINO, number)
    b.follower.look()
    b.follower.look()
    assert len(b.inbox.waiting()) == 2
    for _ in range(3):
        b.works()
    assert len(b.learned()) == 5


def test_a_node_that_comes_back_after_the_purge_goes_on_without(nodes):
    a, b = nodes
    a.hears(CASINO, 1)
    now = datetime.now(UTC)
    assert purge_old_rows(now + SHARED_KEPT - timedelta(minutes=1)) == 0
    assert SharedLesson.objects.count() == 1
    assert purge_old_rows(now + SHARED_KEPT + timedelta(minutes=1)) == 1
    run = PurgeRun.objects.filter(purged=Purged.SHARED_LESSONS).latest("at")
    assert (run.removed, run.oldest_at) == (1, None)
    a.hears(MINUTES, 2, is_spam=False)
    settle(b)
    assert b.learned() == [("m2", False, "learned")]
    a.takes_back(1, 2)  # That is known for a year.
    assert purge_old_rows(now + SHARED_KEPT * 2) == 0
    settle(b)
    assert b.learned() == []


def test_a_node_that_begins_anew_is_followed_from_its_beginning(nodes, tmp_path, database):
    a, b = nodes
    for number in (1, 2):
        a.hears(CASINO, number)
    settle(b)
    a.acts.erase("One")  # The machine is another one, and has its name.
    a = Node(tmp_path, a.name, database)
    a.hears(MINUTES, 3, is_spam=False)
    settle(b)
    assert sorted(message for message, *_ in b.learned()) == ["m1", "m2", "m3"]
    assert list(Lesson.objects.values_list("number", "message")) == [(1, "m3/d")]


class TestGuards:
    """5 % of malicious labels are no more of them because they come by two doors."""

    def test_the_shares_of_a_day_hold_over_both(self, nodes, monkeypatch):
        monkeypatch.setattr(guards, "PER_VOTER_AND_DAY", 3)
        monkeypatch.setattr(guards, "PER_DAY", MappingProxyType({**guards.PER_DAY, Channel.REPORT: 5}))
        for number in range(8):
            nodes[number % 2].reports(CASINO, number)
            settle(*nodes)
        assert [len(node.learned()) for node in nodes] == [3, 3]
        for number in range(8, 16):
            nodes[number % 2].reports(CASINO, number, who=f"p{number}@one.example")
            settle(*nodes)
        assert [len(node.learned()) for node in nodes] == [5, 5]

    def test_also_where_they_come_late(self, nodes, database, monkeypatch):
        monkeypatch.setattr(guards, "PER_VOTER_AND_DAY", 3)
        a, b = nodes
        with monkeypatch.context() as away:
            away.setattr(database, "transaction", _away)
            for number in range(6):
                nodes[number % 2].reports(CASINO, number)
        settle(a, b)
        assert [len(node.learned()) for node in nodes] == [3, 3]

    def test_a_second_voter_at_the_other_node_frees_what_waits_at_both(self, nodes):
        a, b = nodes
        for number in range(1, 30):
            a.hears(CASINO, number)
        settle(b)
        taught = [node.log_odds(CASINO) for node in nodes]
        assert min(taught) > guards.DISAGREEMENT
        a.reports(CASINO, 100, is_spam=False)
        settle(b, a)
        b.reports(CASINO, 100, is_spam=False)  # The same voter is no second one.
        settle(b, a)
        assert [node.learned()[-1] for node in nodes] == [("m100", False, "waiting")] * 2
        assert [node.log_odds(CASINO) for node in nodes] == taught
        b.reports(CASINO, 100, is_spam=False, who="bob@one.example")
        settle(a, b)
        assert all(node.log_odds(CASINO) < before for node, before in zip(nodes, taught, strict=True))


def test_nothing_is_left_of_a_client_that_has_ended(nodes, one):
    a, b = nodes
    a.hears(CASINO, 1)
    settle(b)
    assert take_down(one, 100, by=ADMIN)
    assert not SharedLesson.objects.exists()
    EndedClient.objects.create(client=one, seen_at=datetime.now(UTC), done_at=datetime.now(UTC))
    settle(a, b)
    assert [list(node.acts.read("One")) for node in nodes] == [[], []]
    assert not SharedLesson.objects.exists()


def test_an_act_of_an_older_release_is_read_and_that_one_reads_ours():
    names = [each.name for each in fields(Act) if each.name not in ("origin", "takes_back")]
    before = make_dataclass("Before", [(name, get_type_hints(Act)[name]) for name in names], frozen=True)
    act = Act(1, 2.0, Channel.REPORT, "v", "m", True, b"t", Standing.LEARNED, tokens_version=TOKENS_VERSION)
    old = before(*(getattr(act, name) for name in names))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(old), type=Act) == act
    ours = replace(act, origin=Origin("mx1", "1", 1), takes_back=Origin("mx2", "2", 2))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(ours), type=Act) == ours
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(ours), type=before) == old


def _away(**_):
    raise Unavailable("away")
