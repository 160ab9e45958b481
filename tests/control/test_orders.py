"""Orders reach the node that they are for, each is carried out once, and what came of it stands in the database."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from django_scopes import scope

from ecluse.adapters.controldb.orders import ControlOrders
from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.order_ledger import OrderLedger
from ecluse.adapters.folder.report_inbox import FolderReportInbox
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb import policies
from ecluse.control.audit.change import change
from ecluse.control.mail.models import NodeOrder
from ecluse.control.mail.orders import ANSWERED_WITHIN_S, OrderState, end_expired, give_order, purge_orders, state_of
from ecluse.domain.act import Channel
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Unavailable
from ecluse.domain.incoming import Direction
from ecluse.domain.order import (
    ALL_OF_A_DESTINATION,
    DeleteOrder,
    OrderAnswer,
    OrderKind,
    Outcome,
    QueueOrder,
    ReleaseOrder,
    TeachOrder,
)
from ecluse.entrypoints import queue_orders
from ecluse.entrypoints.giving_back import giving_back
from ecluse.entrypoints.held_look import HeldLook
from ecluse.entrypoints.order_jobs import OrderTaker, acts_with
from ecluse.entrypoints.own_room import OwnRoom
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.releasing import Releasing
from ecluse.entrypoints.scan import NoLists
from ecluse.entrypoints.settings_tables import Settings
from ecluse.filtering.collect import Sources
from ecluse.filtering.files import FileOpening
from ecluse.mta.reports.copies import ReportCopies
from ecluse.wire.notations import DomainName
from tests.control import test_publications
from tests.control.cast import ADMIN, client
from tests.unit.entrypoints.cli.conftest import BODY, HELD, QUEUED

pytestmark = pytest.mark.django_db(transaction=True)
database = test_publications.database
NODE = "mx1.gateway.test"


@pytest.fixture
def orders(database):
    return ControlOrders(database, NODE)


@pytest.fixture
def one():
    owner = client("One")
    with scope(client=owner):
        yield owner


_BODIES = {OrderKind.RELEASE: ReleaseOrder(), OrderKind.DELETE: DeleteOrder()}


def order(owner, kind=OrderKind.RELEASE, target=HELD.id, body=None, node=NODE, **more):
    body = _BODIES.get(kind) if body is None else body
    with change(by=ADMIN) as act:
        row = give_order(act, owner, node, kind, target, body, **more)
        act.record("message.ordered", row, client_id=owner.pk, after={"kind": kind})
    return row


class TestTheTable:
    def test_a_node_sees_its_own_orders_in_their_order(self, orders, one):
        first, second = order(one, target="m1"), order(one, target="m2", body=ReleaseOrder(("bob@a.example",)))
        order(one, node="mx2.gateway.test")
        waiting = orders.waiting(time.time())
        assert [each.id for each in waiting] == [first.id, second.id]
        assert (waiting[0].kind, waiting[0].target) == ("release", "m1")
        assert waiting[0].actor == "person:ann@one.example"
        assert b"bob@a.example" in waiting[1].body

    def test_what_has_expired_is_not_seen(self, orders, one):
        row = order(one, lives_s=60)
        assert time.time() - 60 < row.expires - 60 <= time.time()
        assert orders.waiting(row.expires - 1)
        assert orders.waiting(row.expires + 1) == ()
        assert orders.find(row.id)
        assert state_of(row) is OrderState.PENDING
        assert state_of(row, row.expires + 1) is OrderState.EXPIRED

    def test_what_is_put_off_keeps_nothing_waiting(self, orders, one, monkeypatch):
        monkeypatch.setattr("ecluse.adapters.controldb.orders.MOST", 2)
        rows = [order(one, target=f"m{number}").id for number in range(5)]
        assert [each.id for each in orders.waiting(time.time(), set(rows[:3]))] == rows[3:]
        assert [each.id for each in orders.waiting(time.time(), set(rows[1:3]))] == [rows[0], rows[3]]

    def test_the_first_answer_stays_and_erases_the_body(self, orders, one):
        row = order(one, body=ReleaseOrder(content_key=b"secret"))
        orders.answer(row.id, OrderAnswer(Outcome.DONE, "released", b"octets"), time.time())
        orders.answer(row.id, OrderAnswer(Outcome.FAILED, "what?"), time.time())
        row.refresh_from_db()
        assert (row.outcome, row.text, bytes(row.answer), row.body) == ("done", "released", b"octets", None)
        assert state_of(row) is OrderState.DONE
        assert orders.waiting(time.time()) == ()
        assert orders.find(row.id) is None

    def test_another_node_cannot_answer(self, database, one):
        row = order(one)
        ControlOrders(database, "mx2.gateway.test").answer(row.id, OrderAnswer(Outcome.DONE, "x"), 1.0)
        row.refresh_from_db()
        assert row.answered_at is None

    def test_what_ended_a_month_ago_is_forgotten(self, one):
        row = order(one)
        ended = row.expires + ANSWERED_WITHIN_S + 1
        assert end_expired(ended) == 1
        assert purge_orders(ended + 29 * 86_400) == 0
        assert purge_orders(ended + 30 * 86_400 + 1) == 1

    def test_what_no_node_has_begun_fails_and_its_key_is_erased(self, orders, one):
        row = order(one, body=ReleaseOrder(content_key=b"secret"))
        assert end_expired(row.expires + ANSWERED_WITHIN_S - 1) == 0  # A node may be about to answer.
        assert end_expired(row.expires + ANSWERED_WITHIN_S + 1) == 1
        row.refresh_from_db()
        assert (row.outcome, row.body) == ("failed", None)
        assert orders.find(row.id) is None

    def test_an_order_is_given_whole_or_not_at_all(self, one):
        def give_and_fail():
            with change(by=ADMIN) as act:
                give_order(act, one, NODE, OrderKind.DELETE, "m1")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            give_and_fail()
        assert not NodeOrder.objects.exists()


class Killed(BaseException):
    """The agent ends here."""


class Node:
    """A node's folders, and an agent that is made anew as after its death."""

    scanner = hash_lists = None

    def __init__(self, folder, orders):
        self.paths, self.orders = DataPaths(folder), orders
        self.inbox = FolderReportInbox(self.paths.support_inbox)

    def run(self, work):
        async def inside():
            settings = Settings(hostname=DomainName(NODE), data_dir=self.paths.root)
            held = FolderSpool(self.paths.held, reserve_bytes=0)
            spool = FolderSpool(self.paths.spool, reserve_bytes=0)
            journal = FolderJournal(self.paths.journal, "orders", segment_bytes=1 << 20)
            room = OwnRoom()
            looking = HeldLook(
                Sources(NoLists(), self.scanner, NODE, hash_lists=self.hash_lists, files=FileOpening(room, 60.0)),
                room.close,
            )
            try:
                tools = Releasing(
                    held,
                    spool,
                    journal,
                    FolderFeedback(self.paths.feedback),
                    looking,
                    self.paths,
                    has_smart_host=False,
                    support=ReportCopies(self.inbox, frozenset({"bob@a.example"}), what="support mail"),
                )
                with giving_back(settings, spool, journal) as ending:
                    await work(OrderTaker(self.orders, OrderLedger(self.paths.orders), tools, acts_with(ending)))
            finally:
                await looking.close()
                journal.close()
                held.close()
                spool.close()

        asyncio.run(inside())

    def look(self):
        async def work(taker):
            await taker.look()

        self.run(work)

    def hold(self, message=HELD):
        async def work(taker):
            await taker.releasing.held.keep(message, MemoryContent(BODY))

        self.run(work)

    def end(self):
        """The held message goes, without an order."""

        async def work(taker):
            await taker.releasing.held.remove(HELD.id)

        self.run(work)

    def queue(self, *messages):
        async def work(taker):
            for each in messages:
                await taker.releasing.spool.keep(each, MemoryContent(BODY))

        self.run(work)

    def queued(self):
        return self._messages(self.paths.spool)

    def held(self):
        return self._messages(self.paths.held)

    def _messages(self, folder):
        spool = FolderSpool(folder, reserve_bytes=0)
        try:
            return list(spool.messages())
        finally:
            spool.close()


@pytest.fixture
def node(tmp_path, orders):
    made = Node(tmp_path, orders)
    made.hold()
    return made


def answered(row):
    row.refresh_from_db()
    return row.outcome, row.text


class TestTheNode:
    def test_what_is_not_sealed_teaches_too_and_twice_is_no_harm(self, node, one):
        lesson = TeachOrder(is_spam=True, channel=Channel.ADMINISTRATOR, person="person:ann@one.example")
        rows = [order(one, OrderKind.TEACH, body=lesson) for _ in range(2)]
        node.look()
        assert [answered(row) for row in rows] == [("done", "handed over to be learned")] * 2
        inbox = FolderFeedback(node.paths.feedback)
        first, second = map(inbox.read, inbox.waiting())
        assert first == second
        assert first.is_spam
        assert node.held() != []

    @pytest.mark.parametrize(
        ("change", "problem"),
        [({"direction": "outbound"}, "what the client sends teaches nothing"), ({"id": "f" * 32}, "no longer here")],
    )
    def test_what_cannot_be_learned_is_said(self, tmp_path, orders, one, change, problem):
        node = Node(tmp_path / "other", orders)
        node.hold(replace(HELD, **change))
        row = order(one, OrderKind.TEACH, body=TeachOrder(is_spam=False, channel=Channel.RECIPIENT))
        node.look()
        assert answered(row) == ("failed", problem)

    def test_a_release_is_carried_out_and_answered(self, node, one):
        row = order(one)
        node.look()
        assert answered(row) == ("done", "released, unscanned: no virus scanner is configured")
        assert node.held() == []
        [queued] = node.queued()
        assert not queued.is_held
        [event] = read_events(node.paths.journal)
        assert event.reply == "released by person:ann@one.example"
        assert event.released_by == "administrator"

    def test_only_the_recipients_concerned_get_it(self, node, one):
        first = order(one, body=ReleaseOrder(("bob@a.example",)))
        node.look()
        assert [str(each.address) for each in node.held()[0].waiting] == ["ann@a.example"]
        assert [str(each.address) for each in node.queued()[0].recipients] == ["bob@a.example"]
        second, third = order(one), order(one, body=ReleaseOrder(("bob@a.example",)))
        node.look()
        assert [answered(each)[0] for each in (first, second, third)] == ["done", "done", "failed"]
        assert sorted(str(each.recipients[0].address) for each in node.queued()) == ["ann@a.example", "bob@a.example"]
        assert all(len(each.recipients) == 1 for each in node.queued())

    def test_5_1_what_was_held_for_support_becomes_a_ticket_once_it_is_released(self, tmp_path, orders, one):
        node = Node(tmp_path, orders)
        node.hold(replace(HELD, proven="a.example", sender=None))
        order(one, body=ReleaseOrder(("ann@a.example",)))
        node.look()
        assert node.inbox.waiting() == ()
        order(one, body=ReleaseOrder(("bob@a.example",)))
        node.look()
        assert node.inbox.waiting() == (HELD.id,)
        mail, content = node.inbox.take(HELD.id)
        assert (mail.client, mail.received_at, mail.proven, mail.is_bounce) == (
            HELD.client,
            HELD.received_at,
            "a.example",
            True,
        )
        assert b"".join(content.chunks()) == BODY

    def test_one_recipients_copy_is_deleted(self, node, one):
        row = order(one, OrderKind.DELETE, body=DeleteOrder(("bob@a.example",)))
        node.look()
        assert answered(row) == ("done", "deleted")
        assert [str(each.address) for each in node.held()[0].waiting] == ["ann@a.example"]
        [event] = read_events(node.paths.journal)
        assert [each.address for each in event.recipients] == ["bob@a.example"]

    def test_the_held_octets_are_sent_up(self, node, one):
        row = order(one, OrderKind.FETCH)
        node.look()
        row.refresh_from_db()
        assert bytes(row.answer) == BODY

    def test_a_message_that_is_not_here_fails(self, node, one):
        row = order(one, target="0" * 32)
        node.look()
        assert answered(row) == ("failed", "not in the queue")

    def test_what_a_later_release_orders_fails(self, node, one):
        row = order(one, kind="levitate")
        node.look()
        assert answered(row)[0] == "failed"

    def test_an_expired_order_is_not_run(self, node, one):
        row = order(one, lives_s=-1)
        node.look()
        assert node.held()
        assert answered(row) == ("", "")

    def test_the_sender_of_outbound_mail_hears_why_it_is_not_approved(self, node, one):
        mine = replace(HELD, id="e" * 32, direction=Direction.OUTBOUND, is_sender_authenticated=True)
        policies.replace_all(node.paths.policy, 1, [])
        node.hold(mine)
        order(one, OrderKind.DELETE, mine.id, DeleteOrder(reason="Ask sales first."))
        node.look()
        [notice] = node.queued()
        assert (notice.sender, [str(each.address) for each in notice.recipients]) == (None, [str(mine.sender)])
        spool = FolderSpool(node.paths.spool, reserve_bytes=0)
        octets = spool.content(notice.id).slice(0, notice.size)
        spool.close()
        assert b"550 5.7.1 Not approved: Ask sales first." in octets
        assert b"Subject: " in octets

    def test_the_sender_of_inbound_mail_hears_nothing_of_a_deletion(self, node, one):
        mine = replace(HELD, id="e" * 32, is_sender_authenticated=True)
        node.hold(mine)
        order(one, OrderKind.DELETE, mine.id)
        node.look()
        assert node.queued() == []

    @pytest.mark.parametrize("kind", [OrderKind.RELEASE, OrderKind.DELETE])
    def test_an_order_that_names_nobody_is_not_for_everybody(self, node, one, kind):
        row = order(one, kind)
        NodeOrder.objects.filter(pk=row.pk).update(body=b"")
        node.look()
        assert answered(row) == ("failed", "this node's release cannot read the order")
        assert len(node.held()[0].waiting) == 2

    def test_what_was_put_off_and_has_gone_otherwise_was_not_released(self, node, one, monkeypatch):
        row = order(one)

        async def away(*_):
            raise Unavailable("the virus scanner does not answer")

        with monkeypatch.context() as patch:
            patch.setattr(Releasing, "release", away)
            node.look()
        assert answered(row) == ("", "")
        assert OrderLedger(node.paths.orders).unfinished() == ()
        node.end()
        node.look()
        assert answered(row) == ("failed", "not in the queue")

    def test_what_is_deleted_goes_from_a_release_that_was_cut_short_too(self, node, one):
        """Or the agent would let it go, once the held copy is not there any more."""
        released = order(one)

        async def work(taker):
            _kill_at(taker.releasing.journal, "append", is_before=True)
            with pytest.raises(Killed):
                await taker.look()

        node.run(work)
        assert node.queued()[0].is_held
        NodeOrder.objects.filter(pk=released.pk).delete()
        order(one, OrderKind.DELETE)
        node.look()
        assert node.held() == node.queued() == []

    @pytest.mark.parametrize("step", ["releasing.journal.append", "releasing.held.record"])
    def test_a_deletion_stands_in_the_journal_before_the_file_goes(self, node, one, step):
        order(one, OrderKind.DELETE)

        async def work(taker):
            owner, name = taker.releasing, step.rpartition(".")[2]
            _kill_at(getattr(owner, step.split(".")[1]), name, is_before=step.endswith("append"))
            with pytest.raises(Killed):
                await taker.look()

        node.run(work)
        assert bool(node.held()) == (list(read_events(node.paths.journal)) == [])

    def test_a_message_in_the_queue_is_held_and_resumed(self, node, one):
        order(one)
        node.look()
        hold = order(one, OrderKind.HOLD)
        node.look()
        assert node.queued()[0].is_held
        resume = order(one, OrderKind.RESUME)
        node.look()
        assert not node.queued()[0].is_held
        assert answered(hold) == answered(resume) == ("done", "ordered")

    def test_orders_for_a_destination_concern_one_clients_messages_alone(self, node, one):
        others = replace(QUEUED, id="m2", client="One"), replace(QUEUED, id="m3", client="One", destination="b.example")
        node.queue(QUEUED, *others)
        row = order(one, OrderKind.HOLD, target=ALL_OF_A_DESTINATION, body=QueueOrder("One", "A.example"))
        node.look()
        assert answered(row) == ("done", "1 messages")
        assert {each.id: each.is_held for each in node.queued()} == {QUEUED.id: False, "m2": True, "m3": False}
        again = order(one, OrderKind.RETRY, target=ALL_OF_A_DESTINATION, body=QueueOrder("One", "a.example"))
        none = order(one, OrderKind.RESUME, target=ALL_OF_A_DESTINATION, body=QueueOrder("One", "c.example"))
        node.look()
        assert answered(again) == ("failed", "0 messages; not 1: held: resume it first")
        assert answered(none) == ("done", "nothing waits there")

    def test_more_than_can_be_dealt_with_at_once_is_said(self, node, one, monkeypatch):
        monkeypatch.setattr(queue_orders, "MOST_AT_ONCE", 2)
        node.queue(*(replace(QUEUED, id=f"m{number}") for number in range(3)))
        row = order(one, OrderKind.HOLD, target=ALL_OF_A_DESTINATION, body=QueueOrder("A", "a.example"))
        node.look()
        assert answered(row) == ("done", "2 messages; more wait: order it again")
        assert sum(each.is_held for each in node.queued()) == 2

    def test_given_back_a_sender_is_told_only_where_he_is_authenticated(self, node, one):
        policies.replace_all(node.paths.policy, 1, [])
        known = replace(QUEUED, id="m2", is_sender_authenticated=True)
        node.queue(QUEUED, known)
        rows = [order(one, OrderKind.GIVE_BACK, target=each) for each in (QUEUED.id, "m2")]
        node.look()
        assert answered(rows[0]) == ("done", "expired: its sender may not be told")
        assert answered(rows[1]) == ("done", "its sender is told")
        [notice] = node.queued()
        assert (notice.sender, str(notice.recipients[0].address)) == (None, "eve@e.example")
        endings = {each.id: each.recipients[0].fate for each in read_events(node.paths.journal)}
        assert endings == {QUEUED.id: "expired", "m2": "bounced"}

    @pytest.mark.parametrize("is_before", [True, False])
    def test_killed_while_it_gives_back_it_ends_once(self, node, one, is_before):
        node.queue(QUEUED)
        row = order(one, OrderKind.GIVE_BACK, target=QUEUED.id)

        async def work(taker):
            _kill_at(taker.releasing.spool, "record", is_before=is_before)
            with pytest.raises(Killed):
                await taker.look()

        node.run(work)
        node.look()
        assert answered(row)[0] == "done"
        assert node.queued() == []

    @pytest.mark.parametrize("kind", [OrderKind.RETRY, OrderKind.RESUME, OrderKind.HOLD, OrderKind.GIVE_BACK])
    def test_what_a_release_has_not_let_go_yet_is_left_to_it(self, node, one, kind):
        """Else it might wait for ever, or go out twice."""
        order(one)

        async def work(taker):
            _kill_at(taker.releasing.journal, "append", is_before=True)
            with pytest.raises(Killed):
                await taker.look()

        node.run(work)
        NodeOrder.objects.all().delete()
        [before] = node.queued()
        row = order(one, kind, target=before.id)
        node.look()
        assert answered(row) == ("failed", "its release is under way")
        assert node.queued() == [before]

    def test_a_slow_order_keeps_no_other_waiting_and_those_about_one_message_come_in_turn(self, node, one):
        node.queue(replace(HELD, id="c" * 32))
        slow, after = order(one, OrderKind.FETCH), order(one, OrderKind.DELETE)
        quick = order(one, OrderKind.HOLD, "c" * 32)
        ends = []

        async def work(taker):
            others_end, answer = asyncio.Event(), taker.orders.answer
            loop = asyncio.get_running_loop()

            async def fetch(*_):
                await asyncio.wait_for(others_end.wait(), 20)
                return OrderAnswer(Outcome.DONE, "at last")

            def note(order_id, *rest):
                ends.append(order_id)
                loop.call_soon_threadsafe(others_end.set)
                answer(order_id, *rest)

            taker.acts = {**taker.acts, OrderKind.FETCH: fetch}
            taker.orders = SimpleNamespace(waiting=taker.orders.waiting, find=taker.orders.find, answer=note)
            await taker.look()

        node.run(work)
        assert ends == [str(quick.pk), str(slow.pk), str(after.pk)]
        assert answered(after)[0] == Outcome.DONE

    def test_while_the_database_is_away_orders_wait(self, node, one, monkeypatch):
        row = order(one)

        def away(*_):
            raise Unavailable("away")

        with monkeypatch.context() as patch:
            patch.setattr(node.orders, "waiting", away)
            node.look()
        assert answered(row) == ("", "")
        node.look()
        assert answered(row)[0] == "done"

    @pytest.mark.parametrize(
        "step",
        [
            "orders.answer",  # Between the act and its answer.
            "ledger.finish",
            "releasing.held.remove",
            "releasing.spool.record",
            "releasing.journal.append",
            "releasing.spool.keep",
        ],
    )
    @pytest.mark.parametrize("is_before", [True, False])
    def test_killed_at_any_step_it_is_released_once_and_answered(self, node, one, step, is_before):
        row = order(one)
        delivered = []

        async def work(taker):
            owner, _, name = step.rpartition(".")
            owned = taker
            for part in owner.split("."):
                owned = getattr(owned, part)
            _kill_at(owned, name, is_before=is_before)
            with pytest.raises(Killed):
                await taker.look()

        try:
            node.run(work)
        finally:
            vars(node.orders).pop("answer", None)
        for each in node.queued():
            if not each.is_held:  # The delivery process is quicker than the agent's next life.
                delivered += [each.id]
                spool = FolderSpool(node.paths.spool, reserve_bytes=0)
                asyncio.run(spool.remove(each.id))
                spool.close()
        node.look()
        assert answered(row)[0] == "done"
        assert node.held() == []
        delivered += [each.id for each in node.queued() if not each.is_held]
        assert delivered == [HELD.id]
        assert OrderLedger(node.paths.orders).unfinished() == ()

    def test_killed_at_its_end_it_is_finished_where_the_queue_knows_it_by_another_id(self, node, one):
        order(one, body=ReleaseOrder(("ann@a.example",)))
        node.look()  # The queue has ann's copy by the message's own id.
        row = order(one, body=ReleaseOrder(()))

        async def work(taker):
            _kill_at(taker.releasing.spool, "record", is_before=True)
            with pytest.raises(Killed):
                await taker.look()

        node.run(work)
        assert any(each.is_held for each in node.queued())
        node.look()
        assert answered(row)[0] == "done"
        assert not any(each.is_held for each in node.queued())


def _kill_at(owner, name, *, is_before):
    """The agent is killed before or after one step."""
    real = getattr(owner, name)

    async def later(*arguments):
        if not is_before:
            await real(*arguments)
        raise Killed

    def now(*arguments):
        if not is_before:
            real(*arguments)
        raise Killed

    setattr(owner, name, later if asyncio.iscoroutinefunction(real) else now)
