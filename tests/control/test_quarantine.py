"""What people do with held mail: who may, once, for exactly the recipients concerned, and what becomes of it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from django_scopes import scope, scopes_disabled

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.held_copies import ControlHeldCopies
from ecluse.adapters.controldb.publications import ControlPublications
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.control.audit.models import Entry
from ecluse.control.mail import held, own, preview, quarantine
from ecluse.control.mail.digest_links import LinkAct, link_for, open_link, use_link
from ecluse.control.mail.models import CopyState, HeldCopy, HeldMessage, NodeOrder, QuarantineRules, UsersMay
from ecluse.control.mail.orders import ANSWERED_WITHIN_S, LIVES_S, end_expired
from ecluse.control.mail.permissions import Answer, may_release
from ecluse.control.mail.sender_release import find_refused, release_by_sender
from ecluse.control.policies.models import ListEntry
from ecluse.control.tenants import services as tenants
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Impossible
from ecluse.domain.evidence import ScanFacts, ScanState
from ecluse.domain.held import NOT_IN_TIME
from ecluse.domain.incoming import Direction
from ecluse.domain.order import Releaser
from ecluse.domain.queue import QueuedRecipient
from ecluse.domain.release_token import token_digest
from ecluse.entrypoints.held_jobs import HeldTeller
from ecluse.mta.reception.sealing import sealed
from ecluse.wire.mime.fields import split_head
from tests.control import test_orders
from tests.control.cast import ADMIN, ROUTE, client, make_master_key
from tests.control.test_orders import NODE
from tests.control.test_publications import follow, url
from tests.unit.entrypoints.cli.conftest import HELD

pytestmark = pytest.mark.django_db(transaction=True)
database, orders = test_orders.database, test_orders.orders

ANN, BOB = Address("ann", "one.example"), Address("bob", "one.example")
PAGE = (
    b"From: =?utf-8?q?Eve_=C3=89?= <eve@e.example>\r\nSubject: The offer\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/html\r\n\r\n<p onclick='x()'>hello<script>alert(1)</script><img src=http://t.example/x>\r\n"
)
MESSAGE = replace(
    HELD,
    client="One",
    destination="one.example",
    verdict="refuse Q: GTUBE",
    recipients=(QueuedRecipient(ANN, category="Q"), QueuedRecipient(BOB, category="M")),
    received_at=time.time(),
    token=token_digest("secret"),
    size=len(PAGE),
)


@pytest.fixture
def one(tmp_path, settings):
    make_master_key(tmp_path, settings)
    owner = client("One")
    with scope(client=owner):
        domain = tenants.add_domain(owner, "one.example", [ROUTE], by=ADMIN)
        tenants.add_address(domain, "ann", by=ADMIN)
        yield owner


class Node(test_orders.Node):
    """A node that also tells what it holds."""

    def __init__(self, folder, orders, database, public_key):
        super().__init__(folder, orders)
        self.database, self.public_key = database, public_key

    def keep(self, message=MESSAGE, octets=PAGE):
        content = MemoryContent(octets)
        message, kept = sealed(message, content, split_head(content), self.public_key)

        async def work(taker):
            await taker.releasing.held.keep(message, kept)

        self.run(work)
        self.tell()

    def tell(self):
        spool = FolderSpool(self.paths.held, reserve_bytes=0)
        HeldTeller(ControlHeldCopies(self.database, NODE), spool).look()
        spool.close()


@pytest.fixture
def public_key(one, tmp_path):
    connection = Database(url())
    follow(ControlPublications(connection), tmp_path / "policy")
    connection.close()
    return LmdbPolicies(tmp_path / "policy").domain("one.example").seal_to


@pytest.fixture
def node(tmp_path, orders, database, public_key):
    made = Node(tmp_path / "node", orders, database, public_key)
    made.keep()
    return made


def copy_of(address):
    return HeldCopy.objects.get(recipient=address.key)


def release(*addresses, by=ADMIN, channel=Releaser.ADMINISTRATOR, **more):
    copies = [copy_of(each) for each in addresses]
    return quarantine.release(copies, copies[0].client, channel=channel, by=by, **more)


class TestTelling:
    def test_a_held_message_is_seen_with_its_words(self, node, one):
        [ann, bob] = held.copies(held.Search())
        assert (ann.recipient, ann.category, bob.category) == ("ann@one.example", "Q", "M")
        assert (ann.message.sender, ann.message.node, ann.message.disposition) == ("eve@e.example", NODE, "refuse")
        summary = held.summary_of(ann.message, held.opener_of(one))
        assert (summary.author, summary.subject) == ("Eve É <eve@e.example>", "The offer")

    def test_told_twice_it_is_there_once(self, node):
        node.tell()
        assert HeldCopy.objects.count() == 2

    def test_what_left_without_an_order_is_gone(self, node):
        spool = FolderSpool(node.paths.held, reserve_bytes=0)
        teller = HeldTeller(ControlHeldCopies(node.database, NODE), spool)
        teller.look()

        async def work(taker):
            await taker.releasing.held.remove(MESSAGE.id)

        node.run(work)
        teller.look()
        spool.close()
        assert {each.state for each in HeldCopy.objects.all()} == {CopyState.GONE}

    def test_what_comes_later_is_told_alone_and_alone_opened(self, node, monkeypatch):
        spool = FolderSpool(node.paths.held, reserve_bytes=0)
        teller = HeldTeller(ControlHeldCopies(node.database, NODE), spool)
        teller.look()
        later = replace(MESSAGE, id="f" * 32, token=b"")
        message, kept = sealed(later, MemoryContent(PAGE), split_head(MemoryContent(PAGE)), node.public_key)

        async def work(taker):
            await taker.releasing.held.keep(message, kept)

        node.run(work)
        opened, read = [], spool.read
        monkeypatch.setattr(spool, "read", lambda each: opened.append(each) or read(each))
        teller.look()
        spool.close()
        assert HeldCopy.objects.count() == 4
        assert opened == [later.id]

    def test_a_client_that_is_not_known_is_not_told_of(self, node):
        node.keep(replace(MESSAGE, id="e" * 32, client="Nobody"))
        assert HeldCopy.objects.count() == 2


class TestLooking:
    @pytest.mark.parametrize(
        ("search", "found"),
        [
            ({}, 2),
            ({"recipient": "ANN@one.example"}, 1),
            ({"recipient": "one.example"}, 2),
            ({"recipient": "ne.example"}, 0),
            ({"sender": "EVE"}, 2),
            ({"sender": "mallory"}, 0),
            ({"category": "M"}, 1),
            ({"since": time.time() + 60}, 0),
            ({"states": ("released",)}, 0),
        ],
    )
    def test_a_search(self, node, search, found):
        assert held.copies(held.Search(**search)).count() == found

    @pytest.mark.parametrize(("words", "found"), [("OFFER", 2), ("eve", 2), ("nothing", 0), ("", 2)])
    def test_words_are_found_though_they_are_sealed(self, node, one, words, found):
        assert len(list(held.with_words(held.copies(held.Search()), words, one))) == found

    def test_another_client_sees_nothing(self, node):
        two = client("Two")
        with scope(client=two):
            assert held.copies(held.Search()).count() == 0
            assert own.copies([ANN.key]).count() == 0

    def test_a_preview_shows_what_cannot_act(self, node, one):
        order = preview.order_preview(copy_of(ANN), one, by=ADMIN)
        message = copy_of(ANN).message
        assert preview.preview_of(order, message, one) is None
        node.look()
        order.refresh_from_db()
        shown = preview.preview_of(order, message, one)
        assert dict(shown.fields)["subject"] == "The offer"
        assert shown.is_whole
        assert "hello" in shown.page
        for word in ("script", "onclick", "t.example"):
            assert word not in shown.page
        assert Entry.objects.filter(action="message.previewed").count() == 1
        with scopes_disabled():
            assert preview.erase_answers(time.time() + 3_601) == 1

    def test_the_beginning_of_a_large_message_is_shown(self, node, one):
        large = replace(MESSAGE, id="d" * 32)
        node.keep(large, b"Subject: large\r\n\r\n" + b"words \r\n" * 400_000)
        copy = HeldCopy.objects.get(message_id=large.id, recipient=ANN.key)
        order = preview.order_preview(copy, one, by=ADMIN)
        node.look()
        order.refresh_from_db()
        shown = preview.preview_of(order, copy.message, one)
        assert not shown.is_whole
        assert "words" in shown.page


class TestReleasing:
    def test_it_goes_to_exactly_the_recipient_concerned_and_says_so(self, node):
        assert release(ANN) == 1
        assert copy_of(ANN).state == CopyState.RELEASING
        node.look()
        assert (copy_of(ANN).state, copy_of(BOB).state) == (CopyState.RELEASED, CopyState.HELD)
        [queued] = node.queued()
        assert [str(each.address) for each in queued.recipients] == ["ann@one.example"]
        spool = FolderSpool(node.paths.spool, reserve_bytes=0)
        content = spool.content(queued.id)
        assert content.slice(0, content.size) == PAGE
        spool.close()
        assert NodeOrder.objects.get().body is None

    def test_two_who_release_at_once_release_once(self, node):
        copies = [copy_of(ANN)]
        owner = copies[0].client
        done = [
            quarantine.release(copies, owner, channel=Releaser.ADMINISTRATOR, by=ADMIN),
            quarantine.release(copies, owner, channel=Releaser.ADMINISTRATOR, by=ADMIN),
        ]
        assert done == [1, 0]
        assert NodeOrder.objects.count() == 1

    def test_many_are_released_by_one_order_a_message(self, node):
        assert release(ANN, BOB) == 2
        node.look()
        assert node.held() == []
        assert {each.state for each in HeldCopy.objects.all()} == {CopyState.RELEASED}

    def test_who_released_by_which_channel_is_recorded_and_counted(self, node):
        release(ANN, channel=Releaser.RECIPIENT)
        entry = Entry.objects.get(action="message.released")
        assert entry.after == {
            "message": MESSAGE.id,
            "recipient": "ann@one.example",
            "class": "Q",
            "channel": "recipient",
        }
        assert quarantine.count_by_channel(0.0) == {"administrator": 0, "recipient": 1, "sender": 0}

    def test_what_the_node_cannot_do_stays_held(self, node):
        release(ANN)

        async def work(taker):
            await taker.releasing.held.remove(MESSAGE.id)

        node.run(work)
        node.look()
        assert copy_of(ANN).state == CopyState.HELD
        node.tell()
        assert copy_of(ANN).state == CopyState.GONE

    def test_the_sender_may_be_allowed_for_the_client_or_for_the_user(self, node):
        release(ANN, channel=Releaser.RECIPIENT, allows_sender=True)
        release(BOB, allows_sender=True)
        assert [(each.kind, each.entry, each.address and each.address.key) for each in ListEntry.objects.all()] == [
            ("allow", "eve@e.example", "ann@one.example"),
            ("allow", "eve@e.example", None),
        ]

    def test_who_has_no_list_cannot_allow_and_nothing_is_released(self, node):
        with pytest.raises(quarantine.NotAllowed):
            release(BOB, channel=Releaser.RECIPIENT, allows_sender=True)
        assert copy_of(BOB).state == CopyState.HELD
        assert not NodeOrder.objects.exists()

    def test_a_block_deletes_and_lists(self, node, one):
        assert quarantine.block([copy_of(ANN)], one, channel=Releaser.RECIPIENT, by=ADMIN) == 1
        node.look()
        assert copy_of(ANN).state == CopyState.DELETED
        assert ListEntry.objects.get().kind == "block"
        assert [str(each.address) for each in node.held()[0].waiting] == ["bob@one.example"]

    def test_a_destroyed_key_releases_nothing(self, node, one):
        from ecluse.control.keystore.services import destroy_keys  # noqa: PLC0415 - beside its only use.

        destroy_keys(one, by=ADMIN)
        with pytest.raises(Impossible):
            release(ANN)
        assert copy_of(ANN).state == CopyState.HELD
        assert held.summary_of(copy_of(ANN).message, held.opener_of(one)) == held.UNKNOWN


class Infected:
    """A scanner that finds a virus in everything, and counts how often it was asked."""

    def __init__(self):
        self.asked = 0

    async def scan(self, *_streams):
        self.asked += 1
        return ScanFacts(ScanState.INFECTED, "Eicar-Test")


RELEASES = {
    "administrator": lambda copy: quarantine.release([copy], copy.client, channel=Releaser.ADMINISTRATOR, by=ADMIN),
    "own page": lambda copy: own.release_or_ask([copy], copy.client, by=ADMIN),
    "digest": lambda copy: use_link(open_link(link_for(copy.recipient, LinkAct.RELEASE, copy.pk)), ip="192.0.2.1"),
    "sender": lambda _copy: release_by_sender(find_refused("secret"), ip="192.0.2.1"),
}


@pytest.mark.parametrize("channel", RELEASES)
def test_whoever_releases_viruses_are_looked_for_once_more(node, channel):
    node.scanner = Infected()
    assert RELEASES[channel](copy_of(ANN))
    assert copy_of(ANN).state == CopyState.RELEASING
    node.look()
    assert node.scanner.asked == 1
    assert copy_of(ANN).state == CopyState.HELD
    assert copy_of(ANN).order.text == "infected with Eicar-Test: it stays here"
    assert node.queued() == []


class TestAsking:
    @pytest.fixture(autouse=True)
    def _rules(self, node, one):
        quarantine.set_rules(one, spam_users_may=UsersMay.ASK, by=ADMIN)

    def test_a_user_asks_and_an_administrator_approves(self, node, one):
        with pytest.raises(quarantine.NotAllowed):
            release(ANN, channel=Releaser.RECIPIENT)
        assert quarantine.ask([copy_of(ANN)], one, by=ADMIN) == 1
        assert copy_of(ANN).state == CopyState.ASKED
        assert release(ANN) == 1
        node.look()
        assert copy_of(ANN).state == CopyState.RELEASED

    def test_an_administrator_declines(self, node, one):
        quarantine.ask([copy_of(ANN)], one, by=ADMIN)
        assert quarantine.decline([copy_of(ANN)], one, by=ADMIN) == 1
        assert copy_of(ANN).state == CopyState.HELD


@pytest.mark.parametrize(
    ("party", "category", "codes", "wish", "expected"),
    [
        (Releaser.ADMINISTRATOR, "Q", (), UsersMay.LOOK, Answer.YES),
        (Releaser.ADMINISTRATOR, "P", (), UsersMay.RELEASE, Answer.NO),
        (Releaser.ADMINISTRATOR, "", (), UsersMay.RELEASE, Answer.NO),
        (Releaser.ADMINISTRATOR, "Q", ("VIRUS",), UsersMay.RELEASE, Answer.NO),
        (Releaser.RECIPIENT, "Q", (), UsersMay.RELEASE, Answer.YES),
        (Releaser.RECIPIENT, "Q", (), UsersMay.ASK, Answer.ASK),
        (Releaser.RECIPIENT, "Q", (), UsersMay.LOOK, Answer.NO),
        (Releaser.RECIPIENT, "M", (), UsersMay.ASK, Answer.YES),  # The wish for mass mail is another one.
        (Releaser.RECIPIENT, "P", (), UsersMay.RELEASE, Answer.NO),
        (Releaser.SENDER, "Q", (), UsersMay.LOOK, Answer.YES),
        (Releaser.SENDER, "M", (), UsersMay.RELEASE, Answer.NO),
        (Releaser.SENDER, "P", (), UsersMay.RELEASE, Answer.NO),
    ],
)
def test_who_may_release_what(party, category, codes, wish, expected):
    rules, message = QuarantineRules(spam_users_may=wish), HeldMessage(codes=", ".join(codes))
    assert may_release(party, message, category, rules) is expected
    message.direction = Direction.OUTBOUND  # What the client's own people send is approved by its administrators alone.
    approved = expected if party is Releaser.ADMINISTRATOR else Answer.NO
    assert may_release(party, message, category, rules) is approved


SENT = replace(
    MESSAGE, id="e" * 32, direction=Direction.OUTBOUND, sender=ANN, verdict="hold Q: SENDING_RULE", token=b"",
    recipients=(QueuedRecipient(BOB, category="Q"), QueuedRecipient(Address("rob", "far.example"), category="Q")),
)  # fmt: skip


class TestApproval:
    @pytest.fixture
    def sent(self, node):
        """A message of the client's own, to a colleague and to somebody else."""
        node.keep(SENT)
        return list(held.copies(held.Search(direction=Direction.OUTBOUND)))

    def test_what_is_sent_waits_apart_from_what_came(self, sent):
        assert [each.recipient for each in sent] == ["bob@one.example", "rob@far.example"]
        assert {each.message_id for each in held.copies(held.Search())} == {MESSAGE.id}

    def test_a_colleague_who_would_get_it_neither_sees_nor_frees_it(self, sent):
        assert not own.copies([BOB.key]).filter(message_id=SENT.id).exists()
        with pytest.raises(quarantine.NotAllowed):
            quarantine.release(sent[:1], sent[0].client, channel=Releaser.RECIPIENT, by=ADMIN)

    def test_an_administrator_approves_it(self, sent, node, one):
        assert quarantine.release(sent, one, channel=Releaser.ADMINISTRATOR, by=ADMIN) == 2
        node.look()
        queued = node.queued()
        assert {each.direction for each in queued} == {Direction.OUTBOUND}
        assert {str(one.address) for each in queued for one in each.recipients} == {each.recipient for each in sent}

    def test_a_refusal_is_recorded_and_told_with_its_reason(self, sent, node, one):
        assert quarantine.delete(sent, one, by=ADMIN, reason="Ask sales first.") == 2
        assert Entry.objects.filter(action="message.deleted").latest("number").after == {"reason": "Ask sales first."}

    @pytest.mark.parametrize("more", [{"allows_sender": True}, {"is_reported": True}])
    def test_no_list_and_no_objection_is_about_the_clients_own_people(self, sent, one, more):
        with pytest.raises(quarantine.NotAllowed):
            quarantine.release(sent, one, channel=Releaser.ADMINISTRATOR, by=ADMIN, **more)
        assert {each.state for each in HeldCopy.objects.filter(message_id=SENT.id)} == {CopyState.HELD}

    def test_nobody_approves_in_time(self, sent, node, one):
        assert quarantine.purge(one, time.time() + 31 * quarantine.DAY_S, by=ADMIN) == 4
        reasons = {each.after and each.after["reason"] for each in Entry.objects.filter(action="message.deleted")}
        assert reasons == {None, NOT_IN_TIME}


class TestPurging:
    """With a clock that is moved."""

    def test_the_clients_shorter_term_ends_copies(self, node, one):
        quarantine.set_rules(one, keep_days=5, by=ADMIN)
        day = quarantine.DAY_S
        assert quarantine.purge(one, MESSAGE.received_at + 4.9 * day, by=ADMIN) == 0
        assert quarantine.purge(one, MESSAGE.received_at + 5.1 * day, by=ADMIN) == 2
        node.look()
        assert node.held() == []
        assert {each.state for each in HeldCopy.objects.all()} == {CopyState.DELETED}

    def test_nobody_keeps_longer_than_thirty_days(self, node, one):
        for days in (0, 31):
            with pytest.raises(Impossible):
                quarantine.set_rules(one, keep_days=days, by=ADMIN)
        assert quarantine.purge(one, MESSAGE.received_at + 30.1 * quarantine.DAY_S, by=ADMIN) == 2

    def test_what_ended_is_forgotten_after_thirty_days(self, node):
        release(ANN, BOB)
        node.look()
        with scopes_disabled():
            assert quarantine.forget(MESSAGE.received_at + 29 * quarantine.DAY_S) == 0
            assert quarantine.forget(MESSAGE.received_at + 31 * quarantine.DAY_S) == 1
        assert not HeldCopy.objects.exists()

    @pytest.mark.parametrize("act", ["release", "delete"])
    def test_what_a_node_did_not_do_in_a_week_can_be_ordered_again(self, node, one, act):
        release(ANN) if act == "release" else quarantine.delete([copy_of(ANN)], one, by=ADMIN)
        late = time.time() + LIVES_S + ANSWERED_WITHIN_S + 60
        with scopes_disabled():
            assert end_expired(late) == 1
        assert copy_of(ANN).state == CopyState.HELD
        assert release(ANN) == 1
        node.look()
        assert copy_of(ANN).state == CopyState.RELEASED

    def test_what_a_lost_node_held_is_forgotten(self, node):
        with scopes_disabled():
            assert quarantine.forget(MESSAGE.received_at + 37 * quarantine.DAY_S) == 0
            assert quarantine.forget(MESSAGE.received_at + 38 * quarantine.DAY_S) == 1

    def test_a_purge_looks_at_what_waits_alone(self, node, one, django_assert_max_num_queries):
        quarantine.delete(held.copies(held.Search()), one, by=ADMIN)
        with django_assert_max_num_queries(2):  # The client's rules, and what waits: nothing.
            assert quarantine.purge(one, MESSAGE.received_at + 31 * quarantine.DAY_S, by=ADMIN) == 0
