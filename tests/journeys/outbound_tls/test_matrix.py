"""Every state of a server times everything its domain may publish: what the RFCs have happen, and what is reported.

RFC 7435 (opportunistic), RFC 7672 (DANE), RFC 8461 (MTA-STS), words of RFC 8460 section 4.3. The servers are Postfix.
"""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from ecluse.adapters.dns.resolver import StubResolver
from ecluse.adapters.folder.sts_policies import FolderStsPolicies
from ecluse.adapters.http.sts_fetcher import HttpsStsFetcher
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import QueuedMessage, QueuedRecipient
from ecluse.mta.delivery.demands import Demands
from ecluse.mta.delivery.exchanges import Exchanges
from ecluse.mta.delivery.next_hop import NextHops, TlsContexts
from ecluse.mta.delivery.outward import Outward
from ecluse.mta.delivery.routes import Routes
from ecluse.mta.delivery.sts import StsPolicies
from ecluse.mta.reports.tls_tally import TlsTally
from ecluse.wire.reports.tlsrpt import accumulate
from tests.journeys.outbound_tls.world import SERVERS, tls_world

LOOPBACK = (ip_network("127.0.0.0/8"),)
HOST, TRUST, EXPIRED = "certificate-host-mismatch", "certificate-not-trusted", "certificate-expired"
PLAIN, FAILED, UNUSABLE = "starttls-not-supported", "validation-failure", "tlsa-invalid"

# Policy -> for each of SERVERS: the word that is reported, "!" before it where the mail must not be handed over.
EXPECTED = {
    "none": ("ok", "ok", "ok", "ok", PLAIN),
    "testing": ("ok", EXPIRED, HOST, TRUST, PLAIN),
    "enforce": ("ok", f"!{EXPIRED}", f"!{HOST}", f"!{TRUST}", f"!{PLAIN}"),
    "dane": ("ok", "ok", "ok", "ok", f"!{PLAIN}"),
    "badkey": (f"!{FAILED}", f"!{FAILED}", f"!{FAILED}", f"!{FAILED}", f"!{PLAIN}"),
    "unusable": (UNUSABLE, UNUSABLE, UNUSABLE, UNUSABLE, f"!{PLAIN}"),
    "anchor": ("ok", f"!{EXPIRED}", f"!{HOST}", f"!{FAILED}", f"!{PLAIN}"),
}
CELLS = {
    f"{policy}.{server}": word for policy, row in EXPECTED.items() for server, word in zip(SERVERS, row, strict=True)
}
TYPES = {"none": "no-policy-found", "testing": "sts", "enforce": "sts"}  # All others: "tlsa".


@pytest.fixture(scope="module")
def world():
    with tls_world() as made:
        yield made


@pytest.fixture
async def outward(world, tmp_path):
    resolver = StubResolver([("127.0.0.1", world.resolver_port)])
    fetcher = HttpsStsFetcher(LOOPBACK, world.authorities, world.sts_port)
    next_hops = NextHops("gateway.test", tls_context=TlsContexts(world.authorities))
    yield Outward(
        Routes(next_hops, None),
        Exchanges(resolver, frozenset(), port=world.port, networks=LOOPBACK),
        Demands(resolver, StsPolicies(resolver, fetcher, FolderStsPolicies(tmp_path / "sts"))),
        _NobodysDomains(),
        None,
    )
    await next_hops.close()
    fetcher.close()
    resolver.close()


class _NobodysDomains:
    def domain(self, _name):
        return None


async def attempt(outward, domain):
    """Whether the mail was handed over, and what a report says: type, word, lines of the policy."""
    bob = QueuedRecipient(Address("bob", domain))
    message = QueuedMessage("m1", Direction.OUTBOUND, "", domain, 0.0, 0.0, Address("ann", "home.test"), True, (bob,))
    outcome = await outward.attempt(message, MemoryContent(b"Subject: x\r\n\r\nx\r\n"))
    assert outcome.failed == {}, "what others may mend must wait"
    event = MessageEvent(
        "m1",
        Stage.DELIVERY,
        1.0,
        recipients=(RecipientEvent(f"bob@{domain}", Ending.DELIVERED),),
        sessions=outcome.sessions,
    )
    tally = TlsTally()
    tally.add(event)
    [told] = tally.domains()
    assert told.domain == domain
    return bool(outcome.delivered), [
        (each.policy.type, next((one.result_type for one in each.failures), "ok"), each.policy.strings)
        for each in accumulate(told.sessions)
    ]


@pytest.mark.parametrize("cell", CELLS)
async def test_a_cell_of_the_matrix(outward, cell):
    is_delivered, [(kind, word, lines)] = await attempt(outward, f"{cell}.sec.test")
    assert f"{'' if is_delivered else '!'}{word}" == CELLS[cell]
    assert kind == TYPES.get(cell.partition(".")[0], "tlsa")
    assert bool(lines) == (kind != "no-policy-found")


@pytest.mark.parametrize(
    ("name", "is_delivered", "told"),
    [
        ("unlisted", False, [("sts", FAILED)]),
        ("unlistedtest", True, [("sts", FAILED)]),
        ("unfetched", True, [("sts", "sts-policy-fetch-error"), ("no-policy-found", "ok")]),
        ("untrusted", True, [("sts", "sts-webpki-invalid"), ("no-policy-found", "ok")]),
        ("garbage", True, [("sts", "sts-policy-invalid"), ("no-policy-found", "ok")]),
        ("off", True, [("no-policy-found", "ok")]),
        ("bogus", False, [("tlsa", "dnssec-invalid")]),
        ("both", True, [("tlsa", "ok")]),  # DANE wins (RFC 8461 section 2).
    ],
)
async def test_what_else_may_be_wrong_with_a_policy(outward, name, is_delivered, told):
    delivered, found = await attempt(outward, f"{name}.good.sec.test")
    assert (delivered, [each[:2] for each in found]) == (is_delivered, told)


@pytest.mark.parametrize(
    ("name", "is_delivered"),
    [
        ("alias", True),  # Those at the end count, those of the alias do not; its end is what the certificate names.
        ("aliastwice", True),
        ("aliaswrong", False),
        ("aliasown", False),  # There are none at the end: those of the alias count.
        ("aliasopen", True),  # It ends where nothing is proven: likewise.
        ("aliasopenwrong", False),
    ],
)
async def test_an_exchange_that_is_an_alias(outward, name, is_delivered):
    """RFC 7672 section 2.2.2."""
    delivered, [(kind, word, _)] = await attempt(outward, f"{name}.good.sec.test")
    assert (delivered, kind, word) == (is_delivered, "tlsa", "ok" if is_delivered else FAILED)


async def test_records_that_nothing_proves_are_no_demand(outward):
    delivered, [(kind, word, _)] = await attempt(outward, "x.open.test")
    assert (delivered, kind, word) == (True, "no-policy-found", "ok")


async def test_a_policy_that_was_fetched_holds_while_its_host_is_away_and_its_record_gone(outward, world):
    domain = "enforce.selfsigned.sec.test"
    assert (await attempt(outward, domain))[0] is False
    asked = world.policies.asked[domain]
    assert (await attempt(outward, domain))[0] is False
    assert world.policies.asked[domain] == asked
