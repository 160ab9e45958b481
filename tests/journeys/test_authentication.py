"""Who really sent it: what a next hop is told about genuine and forged mail, and what a dead DNS does to mail."""

from __future__ import annotations

import asyncio
import re
import socket
from typing import ClassVar

import pytest

from ecluse.adapters.dns.resolver import StubResolver
from ecluse.domain.dns import DnsStatus
from ecluse.domain.dnsbl import DnsList, ListKind
from ecluse.filtering.panel import Panel
from ecluse.wire.authres.read import read
from ecluse.wire.mime.fields import unfolded
from tests.contract.authoritative import NameServer
from tests.contract.places.mmdb import database
from tests.journeys.forgeries import PASSED, RESULTS, Forgery, forgeries, genuine, mail_of
from tests.journeys.node import HOSTNAME, client_table, domains, until
from tests.journeys.senders_world import (
    ATTACKER_IP,
    BANK,
    BANK_ED25519,
    BANK_IP,
    LIST,
    LIST_IP,
    World,
    sealed,
    signed,
)
from tests.loopback import free_port

AT_ONCE = 50
HEALED_WITHIN_S = 60.0
LISTED_IP = "203.0.113.9"
BANK_SAYS = {"mail": "MAIL FROM:<service@bank.test>", "helo": "mail.bank.test"}

# RFC 8601 section 2.2 for what stands on one line after unfolding.
_TOKEN = r"[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+"
_QUOTED = r'"(?:[^"\\]|\\[ -~])*"'
_VALUE = rf"(?:{_QUOTED}|(?:[!#$%&'*+/0-9=?A-Z^_`a-z{{|}}~.-]*@)?{_TOKEN})"
_RESULT = rf"[a-z-]+=[a-z]+(?: \([^()\\]*\))?(?: reason={_QUOTED})?(?: [a-z]+\.[a-z-]+={_VALUE})*"
_FIELD = re.compile(rf"{_VALUE};(?: none| {_RESULT}(?:; ?{_RESULT})*)\Z")


@pytest.fixture(scope="module")
def world():
    server = NameServer(World())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def gateway(make_node, world, tmp_path_factory):
    """Its client "patient" refuses nothing for its score, so that we see what is said about every forgery."""
    served = domains("auth", 3)
    policy = (
        client_table("usual", served[:1])
        + client_table("patient", served[1:2], refuse_at=1000)
        + client_table("trusting", served[2:], trusted_sealers='["list.test"]')
    )
    bl = {"name": "bl", "zone": "bl.test", "publisher": "Test", "kinds": ["ip"], "weight": 2.0}
    home = tmp_path_factory.mktemp("places") / "home.mmdb"
    home.write_bytes(database({f"{BANK_IP}/32": {"country": {"iso_code": "FR"}, "asn": "AS64500"}}))
    places = {"country_database": str(home), "asn_database": str(home)}
    node = make_node(policy, {**settings(world.port, bl), "connection": places})
    node.usual, node.patient, node.trusting = served
    return node


@pytest.fixture
def node(gateway, world):
    world.zone.fails_all = world.zone.is_dead = world.zone.lists_everything = False
    before = len(gateway.faults())
    yield gateway
    assert gateway.faults()[before:] == []


def settings(port, dns_list=None):
    """One worker, so that what was asked of the DNS is asked once; everybody may name the peer."""
    return {
        "": {"workers": 1},
        "inbound": {"early_talk_wait_s": 0, "xclient_from": ["127.0.0.0/8"], "max_connections_per_ip": 0},
        "dns": {"nameservers": [f"127.0.0.1:{port}"]},
        **({"[dnsbl.list]": dns_list} if dns_list else {}),
    }


async def send_as(node, ip, recipient, content, *, mail, helo):
    """One message of a peer with this address; the last reply, whatever it answers."""
    async with node.sender() as sender:
        await sender.greeted()
        await sender.ask(f"XCLIENT ADDR={ip}")
        await sender.ask(f"EHLO {helo}")
        for line in (mail, f"RCPT TO:<{recipient}>", "DATA"):
            reply = await sender.ask(line)
            if reply.code >= 400:
                return reply
        sender.write(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return await sender.reply(60)


async def delivered(node, domain, ip, content, **says):
    """The message as the next hop gets it."""
    async with domain.next_hop() as hop:
        reply = await send_as(node, ip, domain.bob, content, **says)
        assert reply.code == 250, reply
        return (await hop.takes(1))[0].content


def fields_of(content, name):
    """Unfolded values, white space made one blank; the reader is none of ours."""
    head = content.split(b"\r\n\r\n", 1)[0] + b"\r\n"
    found = re.findall(rb"(?im)^" + name + rb"[ \t]*:(?:[^\n]*\n)(?:[ \t][^\n]*\n)*", head)
    return [" ".join(unfolded(one).decode("utf-8", "replace").split()) for one in found]


def results_of(content):
    """The one Authentication-Results in our name."""
    (ours,) = [one for one in fields_of(content, b"Authentication-Results") if HOSTNAME in one.lower()]
    return ours


def starts(content):
    """The first characters of b= of all DKIM signatures."""
    return re.findall(r"\bb= ?([\w+/=]{8})", " ".join(fields_of(content, b"DKIM-Signature")))


class TestGenuineMail:
    async def test_a_message_with_two_signatures_passes_everything(self, node):
        content = signed(genuine(), BANK, BANK_ED25519)
        got = await delivered(node, node.usual, BANK_IP, content, **BANK_SAYS)
        first, second = starts(content)
        assert results_of(got) == (
            "mx.gateway.test; spf=pass smtp.mailfrom=service@bank.test; "
            f"dkim=pass header.d=bank.test header.s=k1 header.a=rsa-sha256 header.b={quoted(first)}; "
            f"dkim=pass header.d=bank.test header.s=e1 header.a=ed25519-sha256 header.b={quoted(second)}; "
            "dmarc=pass (p=reject) header.from=bank.test"
        )
        assert fields_of(got, b"X-Ecluse-Status") == ["server=ok; spf=ok; dkim=ok; sender=ok; bulk=no"]

    async def test_our_own_reader_reads_the_same(self, node):
        got = await delivered(node, node.usual, BANK_IP, signed(genuine(), BANK), **BANK_SAYS)
        found = read(results_of(got).encode())
        assert found.server == HOSTNAME
        assert [(one.method, one.outcome) for one in found.results] == [
            ("spf", "pass"),
            ("dkim", "pass"),
            ("dmarc", "pass"),
        ]

    async def test_a_forwarded_message_keeps_its_signature_and_its_chain(self, node):
        content = sealed(signed(genuine(), BANK), LIST, b"dkim=pass header.d=bank.test")
        says = {"mail": "MAIL FROM:<bounce@list.test>", "helo": "mail.list.test"}
        got = await delivered(node, node.usual, LIST_IP, content, **says)
        (start,) = starts(content)
        assert results_of(got) == (
            "mx.gateway.test; spf=pass smtp.mailfrom=bounce@list.test; "
            f"dkim=pass header.d=bank.test header.s=k1 header.a=rsa-sha256 header.b={quoted(start)}; "
            f"arc=pass smtp.remote-ip={LIST_IP}; dmarc=pass (p=reject) header.from=bank.test"
        )

    async def test_a_bounce_is_the_greeting_servers(self, node):
        content = mail_of(b"From: Postmaster <postmaster@bank.test>")
        got = await delivered(node, node.usual, BANK_IP, content, mail="MAIL FROM:<>", helo="mail.bank.test")
        assert results_of(got) == (
            "mx.gateway.test; spf=pass smtp.helo=mail.bank.test; dmarc=pass (p=reject) header.from=bank.test"
        )

    async def test_a_stranger_without_records_is_none_of_all(self, node):
        content = mail_of(b"From: ann@plain.test")
        says = {"mail": "MAIL FROM:<ann@plain.test>", "helo": "plain.test"}
        got = await delivered(node, node.usual, "198.51.100.77", content, **says)
        assert results_of(got) == (
            "mx.gateway.test; spf=none smtp.mailfrom=ann@plain.test; dmarc=none header.from=plain.test"
        )
        assert fields_of(got, b"X-Ecluse-Status") == [
            "server=unknown; spf=unknown; dkim=unknown; sender=unknown; bulk=no"
        ]

    async def test_results_of_others_stay_and_forged_ones_go(self, node):
        theirs = b"Authentication-Results: mx.other.test; " + PASSED + b"\r\n"
        content = mail_of(b"From: service@bank.test", top=theirs)
        got = await delivered(node, node.usual, BANK_IP, content, **BANK_SAYS)
        assert len(fields_of(got, b"Authentication-Results")) == 2
        assert theirs in got


class TestForwardedMail:
    """A list changes the subject, which breaks the bank's signature; the bank's policy is p=reject."""

    SAYS: ClassVar = {"mail": "MAIL FROM:<bounce@list.test>", "helo": "mail.list.test"}
    SEEN: ClassVar = {
        "genuine": b"dkim=pass header.d=bank.test; dmarc=pass header.from=bank.test",
        "forged": b"spf=pass smtp.mailfrom=a@attack.test; dmarc=fail header.from=bank.test",
    }

    async def findings(self, node, domain, seen):
        rewritten = signed(genuine(), BANK).replace(b"Subject: ", b"Subject: [list] ")
        async with domain.next_hop():
            content = sealed(rewritten, LIST, self.SEEN[seen])
            reply = await send_as(node, LIST_IP, domain.bob, content, **self.SAYS)
        # Alone p=reject refuses nobody (RFC 9989 section 5.4).
        assert reply.code == 250, reply
        codes = node.journal(reply.id)[-1].recipients[0].findings
        return {code for code in codes if code.startswith(("DMARC", "ARC"))}

    async def test_passes_where_the_client_trusts_its_sealer(self, node):
        found = await self.findings(node, node.trusting, "genuine")
        assert found == {"ARC_OVERRIDE: bank.test, sealed by list.test"}

    async def test_fails_where_the_client_does_not(self, node):
        assert await self.findings(node, node.usual, "genuine") == {"DMARC_REJECT: bank.test"}

    async def test_fails_where_the_sealer_itself_saw_a_forgery(self, node):
        assert await self.findings(node, node.trusting, "forged") == {"DMARC_REJECT: bank.test"}


def quoted(start):
    """Base64 may hold what no token may."""
    return f'"{start}"' if re.search(r"[/=]", start) else start


class TestOrigin:
    async def test_the_journal_tells_where_an_address_is_at_home_and_no_score_changes(self, node):
        async with node.usual.next_hop():
            reply = await send_as(node, BANK_IP, node.usual.bob, signed(genuine(), BANK), **BANK_SAYS)
        (bob,) = node.journal(reply.id)[-1].recipients
        assert "ORIGIN: FR AS64500" in bob.findings
        assert bob.score == 0


class TestForgedMail:
    @pytest.mark.parametrize("forgery", forgeries(), ids=lambda forgery: forgery.name)
    async def test_never_passes_for_the_bank(self, node, forgery: Forgery):
        async with node.patient.next_hop() as hop:
            says = {"mail": forgery.mail, "helo": forgery.helo}
            reply = await send_as(node, ATTACKER_IP, node.patient.bob, forgery.content, **says)
            assert reply.code == 250 or reply.code // 100 == 5, reply
            got = [one.content for one in hop.taken]
        assert len(got) == (reply.code == 250)
        for content in got:
            ours = results_of(content)
            assert _FIELD.match(ours), ours
            assert not re.search(r"dmarc=pass[^;]*bank\.test(?!\.attack)", ours), ours
            assert "sender=ok" not in fields_of(content, b"X-Ecluse-Status")[0] or "bank.test" not in ours
            assert len(fields_of(content, b"X-Ecluse-Status")) == 1

    async def test_most_of_them_are_judged_and_not_turned_away_for_their_form(self, node):
        assert len(forgeries()) >= 25
        content = forgeries()[0].content
        got = await delivered(node, node.patient, ATTACKER_IP, content, mail="MAIL FROM:<a@attack.test>", helo="x.test")
        assert "dmarc=fail (p=reject) header.from=bank.test" in results_of(got)

    @pytest.mark.parametrize("field", RESULTS.values(), ids=RESULTS)
    async def test_results_in_our_name_are_gone(self, node, field):
        content = mail_of(b"From: ceo@bank.test", top=field + b"\r\n")
        got = await delivered(node, node.patient, ATTACKER_IP, content, mail="MAIL FROM:<a@attack.test>", helo="x.test")
        assert "dmarc=pass" not in results_of(got)
        assert field not in got

    async def test_what_the_bank_disowns_altogether_is_refused_and_may_be_released(self, node):
        says = {"mail": "MAIL FROM:<ceo@bank.test>", "helo": "mail.attack.test"}
        async with node.usual.next_hop() as hop:
            reply = await send_as(node, ATTACKER_IP, node.usual.bob, mail_of(b"From: ceo@bank.test"), **says)
            assert (reply.code, reply.text.split()[0]) == (550, "5.7.1")
            assert hop.taken == []
        (last,) = node.journal(reply.id)[-1].recipients
        assert last.category == "Q"
        assert {"DMARC_REJECT: bank.test", "SPF_FAIL: bank.test"} <= set(last.findings)


@pytest.fixture(scope="module")
def moody(make_node):
    """A node whose name server is not there yet."""
    served = domains("dead", 1)
    chosen = settings(free_port())
    # All fifty at once: this is about names, not about the spool.
    chosen["inbound"]["cut_through_per_route"] = AT_ONCE
    node = make_node(client_table("one", served), chosen)
    node.served = served[0]
    return node


class TestDeadDns:
    async def test_mail_flows_without_answers_and_names_are_asked_again_once_there_are_some(self, moody):
        port = int(moody.settings["dns"]["nameservers"][0].rpartition(":")[2])
        await flood(moody, "closed")
        with socket.socket(type=socket.SOCK_DGRAM) as hole:
            hole.bind(("127.0.0.1", port))
            # Whoever comes meanwhile is greeted, and waits for nobody's names.
            assert not await flood(moody, "hole")
        server = NameServer(World(), port)
        server.zone.fails_all = True
        server.start()
        try:
            await flood(moody, "servfail")
            # A failure is remembered for some seconds: what was asked in vain must be asked again.
            assert "spf=temperror" in results_of(await from_bank(moody))
            server.zone.fails_all = False
            await until_it_passes(moody)
        finally:
            server.stop()
        assert moody.faults() == []


async def flood(node, name):
    """Fifty messages at once, each of another domain and address; whether all were answered before another was greeted."""

    async def one(number):
        domain = f"{name}{number}.test"
        says = {"mail": f"MAIL FROM:<ann@{domain}>", "helo": f"mail.{domain}"}
        reply = await send_as(
            node, f"198.51.100.{number}", node.served.bob, mail_of(b"From: ann@" + domain.encode()), **says
        )
        return reply.code

    async with node.served.next_hop() as hop:
        sending = [asyncio.create_task(one(number)) for number in range(AT_ONCE)]
        await asyncio.sleep(0.5)
        async with node.sender() as other:
            await other.greeted()
        was_last = all(one.done() for one in sending)
        assert await asyncio.gather(*sending) == [250] * AT_ONCE
        taken = await hop.takes(AT_ONCE, within_s=60)
        results = [results_of(one.content) for one in taken]
        assert all("spf=temperror" in said and "dmarc=temperror" in said for said in results)
        # What is known to be needed is asked at once: one look-up's time is enough, and the message's is not used up.
        assert not [said for said in results if DnsStatus.BUDGET in said]
    return was_last


async def from_bank(node):
    return await delivered(node, node.served, BANK_IP, signed(genuine(), BANK), **BANK_SAYS)


async def until_it_passes(node):
    async with asyncio.timeout(HEALED_WITHIN_S):
        while True:
            if "dmarc=pass" in results_of(await from_bank(node)):
                return
            await asyncio.sleep(0.2)


class TestDnsLists:
    async def test_a_listed_server_weighs_and_stands_in_the_journal(self, node):
        plain = await self.findings(node, "203.0.113.10")
        listed = await self.findings(node, LISTED_IP)
        assert "LISTED_IP: bl" in listed.findings
        assert "LISTED_IP: bl" not in plain.findings
        assert listed.score == plain.score + 2.5

    async def test_a_list_that_names_everybody_refuses_nobody(self, node, world):
        world.zone.lists_everything = True
        for number in range(20, 30):
            found = await self.findings(node, f"203.0.113.{number}")
            assert found.disposition == "deliver"

    async def test_a_list_that_names_everybody_is_out_by_its_next_canary_and_in_again_when_it_is_well(self, world):
        world.zone.lists_everything = False
        bl = DnsList("bl", "bl.test", frozenset({ListKind.IP}), "Test")
        resolver = StubResolver([("127.0.0.1", world.port)])
        panel = Panel([bl], resolver, check_every_s=0.1)
        watching = asyncio.create_task(panel.watch())
        try:
            await until(lambda: panel.standings[0].trouble == "")
            world.zone.lists_everything = True
            await until(lambda: panel.standings[0].trouble == "lists everything")
            facts = await panel.listings([(ListKind.IP, "203.0.113.40")], resolver)
            assert (facts.listings, facts.silent) == ((), ("bl",))
            world.zone.lists_everything = False
            await until(lambda: panel.standings[0].trouble == "")
        finally:
            watching.cancel()
            resolver.close()

    async def findings(self, node, ip):
        """What the journal says about a plain message of this address."""
        says = {"mail": "MAIL FROM:<ann@plain.test>", "helo": "plain.test"}
        async with node.usual.next_hop():
            reply = await send_as(node, ip, node.usual.bob, mail_of(b"From: ann@plain.test"), **says)
            assert reply.code == 250
        return node.journal(reply.id)[-1].recipients[0]
