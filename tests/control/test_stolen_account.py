"""A theft, from its first message to the day after, over SMTP: contract 3-12 (issue 7: 30 messages out at most)."""

from __future__ import annotations

import base64
import time

import pytest

from ecluse.adapters.counters.keys import Keys, make_salt
from ecluse.adapters.counters.record import Record
from ecluse.adapters.counters.store import Store
from ecluse.control.abuse.lock_alarms import tell_of_locks
from ecluse.control.abuse.locks import locks_of_client, unlock
from ecluse.control.accounts.models import Membership, User
from ecluse.control.accounts.roles import Role
from ecluse.control.sending.services import add_connector
from ecluse.domain.account import Account
from ecluse.domain.history import Kind
from ecluse.domain.lock import LockCause
from ecluse.entrypoints.paths import DataPaths
from ecluse.filtering.identities import network_of, sender_place_name
from ecluse.web.console.lock_mail import lock_mail
from ecluse.wire.connector_terms import ConnectorTerms
from tests.control.cast import ADMIN, make_master_key
from tests.control.following import WITHIN_S, following, in_scope, in_thread, served
from tests.control.test_publications import url
from tests.journeys.certificates import write_certificate
from tests.journeys.next_hop import NextHop
from tests.journeys.node import NEXT_HOP_PORT, until
from tests.journeys.sender import message
from tests.loopback import fresh_ip

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]
BALANCER = fresh_ip()  # Says from where a client's server comes.
OFFICE, ABROAD = "203.0.113.7", "198.51.100.9"
DAY_S = 86_400.0
MOST_OUT, MANY = 30, 60
FULL = "451 4.2.2 mailbox full"
OFFER = """Dear friend{0},
congratulations you were chosen among all our customers to get a voucher of five hundred for the shop of your choice
open the page below before midnight and tell us where we may send it or it goes to the next one on the list
http://voucher.test/x?u={0}
"""


@pytest.fixture
def published(domain, tmp_path, settings):
    make_master_key(tmp_path, settings)
    with served(domain, "ann") as row:
        user = User.objects.create_user("olive@one.example", language="en")
        Membership.objects.create(user=user, client=row.client, role=Role.OWNER)
        yield row


@pytest.fixture
def secret(published, domain):
    terms = ConnectorTerms(name="office", login=domain.ann, account="login")
    return add_connector(published.client, terms, by=ADMIN)


@pytest.fixture
def node(secret, domain, tmp_path):
    del secret  # Published before it starts.
    write_certificate(tmp_path, "mx.gateway.test")
    remember_weeks(DataPaths(tmp_path / "data"), Account("One", domain.ann))
    tables = {
        "": {"workers": 1},
        "control": {"database": url()},
        "tls": {"certificate": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")},
        "outbound": {"proxy_protocol_from": [BALANCER], "trusted_networks": []},
    }
    with following(tmp_path, tables, outbound_hop=fresh_ip()) as running:
        yield running


def remember_weeks(paths, account):
    """Ann has sent from the office for three weeks."""
    salt, at = make_salt(paths.salt), time.time() - 21 * DAY_S
    store, keys = Store(paths.memories, salt, is_writer=True), Keys(salt)
    for owner in (account.key, account.client):
        place = sender_place_name(owner, network_of(OFFICE))
        for kind, name in ((Kind.ACCOUNT, owner), (Kind.ACCOUNT_PLACE, place)):
            store.write([Record(keys.key(kind, name), day, 10.0, 0.0) for day in (at, time.time() - DAY_S)])
    store.close()


class LoggedIn:
    """A connection on which ann's password was given, from the office or from elsewhere."""

    def __init__(self, node, domain, secret, ip):
        self._sender = node.submitter(ip=BALANCER)
        self._mail = f"MAIL FROM:<{domain.ann}>"
        self._author = domain.ann
        self._plain = base64.b64encode(f"\0{domain.ann}\0{secret}".encode()).decode()
        self._ip = ip

    async def __aenter__(self):
        sender = await self._sender.__aenter__()
        sender.write(f"PROXY TCP4 {self._ip} 192.0.2.1 4711 587\r\n".encode())
        await sender.greeted()
        await sender.start_tls()
        await sender.ask("EHLO client.test")
        assert (await sender.ask(f"AUTH PLAIN {self._plain}")).code == 235
        return self

    async def __aexit__(self, *_):
        await self._sender.__aexit__(*_)

    async def send(self, recipient, subject, body):
        """The last answer of the transaction."""
        begun = await self._sender.ask(self._mail)
        if begun.code != 250:
            return begun
        content = message(subject, body.replace("\n", "\r\n"), From=self._author)
        return (await self._sender.transact([recipient], content, mail="NOOP"))[-1]

    async def spam(self):
        """How many were taken until one was not, and its answer."""
        for number in range(MANY):
            answer = await self.send(f"victim{number}@provider{number}.example", "Your voucher", OFFER.format(number))
            if answer.code != 250:
                return number, answer
        pytest.fail("nobody was locked")


async def test_a_stolen_account_is_locked_told_of_cleaned_up_and_sends_again(node, published, domain, secret):
    # Every third victim's server asks to come again later: what waits for it waits still when the lock comes.
    full = {f"RCPT victim{one}@provider{one}.example": FULL for one in range(0, MANY, 3)}
    async with NextHop(node.outbound_hop, NEXT_HOP_PORT, full) as world:
        async with LoggedIn(node, domain, secret, OFFICE) as ann:
            assert (await ann.send("customer@partner.example", "Your order", "It is on its way.\n")).code == 250
        await world.takes(1)

        async with LoggedIn(node, domain, secret, ABROAD) as thief:
            taken, answer = await thief.spam()
        assert taken <= MOST_OUT
        assert "looks like spam sent by somebody else" in str(answer)

        # What is queued stays here: the other servers would take it by now.
        await until(lambda: all(one.is_held for one in node.spooled()), within_s=WITHIN_S)
        waiting = len(node.spooled())
        # By its address it is held as well where that is locked; ann is no newcomer, who leaves from watched sources.
        assert {(one.ip, one.is_of_newcomer) for one in node.spooled()} == {(ABROAD, False)}
        assert waiting >= taken // 3
        world.says.clear()

        [letter] = await in_thread(letters)
        assert letter.recipient == "olive@one.example"
        assert domain.ann in letter.text
        [locked] = await in_scope(published, locks_of_client)
        assert (locked.lock.cause, locked.lock.name) == (LockCause.BURST, domain.ann)

        # Ann has a new password, and her administrator tells that all is well again.
        await in_scope(published, unlock, locked.lock, was_us=False, deletes_mail=True, by=ADMIN)
        await until(lambda: not node.spooled(), within_s=WITHIN_S)
        async with LoggedIn(node, domain, secret, OFFICE) as ann:
            assert (await ann.send("customer@partner.example", "Your bill", "Here it is.\n")).code == 250
        await world.until(lambda: b"Here it is." in world.taken[-1].content)
        # Her two letters, and what was out before the lock; nothing of what was held.
        assert len(world.taken) == 2 + taken - waiting
    assert node.faults() == []


def letters():
    """What the worker writes, once the node has told of the lock."""
    found = []
    deadline = time.monotonic() + WITHIN_S
    while not tell_of_locks(time.time(), lambda news: found.append(lock_mail(news))):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found
