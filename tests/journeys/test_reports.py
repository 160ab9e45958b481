"""Reports: what others send us about our clients' domains, and what we tell others about theirs."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.wire.reports.aggregate import PublishedPolicy, Report, Row, write
from ecluse.wire.reports.mail import aggregate_report_in
from ecluse.wire.reports.reporter import Organisation, Period
from ecluse.wire.reports.tlsrpt import read as read_tls
from tests.contract.authoritative import NameServer
from tests.journeys.forgeries import genuine, mail_of
from tests.journeys.next_hop import NextHop
from tests.journeys.node import NEXT_HOP_PORT, client_table, domains, until
from tests.journeys.sender import MAIL
from tests.journeys.senders_world import ATTACKER_IP, BANK, BANK_IP, World, signed
from tests.loopback import fresh_ip
from tests.unit.wire.reports.samples import mail_with

PERIOD = Period(1_764_000_000, 1_764_086_399)


@pytest.fixture(scope="module")
def node(make_node):
    served = domains("reports", 1)
    node = make_node(client_table("one", served, report_addresses=f'["Bob@{served[0].name}"]'))
    node.served = served[0]
    return node


def report_about(domain):
    rows = (
        Row("192.0.2.1", "none", "pass", "fail", domain, 7),
        Row("203.0.113.9", "reject", "fail", "fail", domain, 3),
    )
    return write(
        Report(Organisation("Reporter", "r@reporter.test"), "r1", PERIOD, PublishedPolicy(domain, "reject"), rows)
    )


async def send(node, content):
    """The message as the next hop got it."""
    async with node.served.next_hop() as hop:
        reply = await said(node, node.served.bob, content)
        return (await hop.takes(1))[0].content, reply.id


async def said(node, recipient, content):
    async with node.sender() as sender:
        await sender.greeted()
        for line in (MAIL, f"RCPT TO:<{recipient}>", "DATA"):
            await sender.ask(line)
        sender.write(content.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
        reply = await sender.reply()
        assert reply.code == 250, reply
        return reply


def reports(node, *arguments):
    command = [sys.executable, "-m", "ecluse", "reports", *arguments, "--json", "--data-dir", str(node.data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


async def test_a_report_is_delivered_as_usual_and_shown(node):
    content = mail_with(gzip.compress(report_about(node.served.name)))
    got, mail_id = await send(node, content)
    assert content in got
    (found,) = await until(
        lambda: reports(node, "list", "--domain", node.served.name, "--days", "3650"), within_s=60, every_s=1
    )
    assert (found["id"], found["domain"], found["passed"], found["failed"]) == (mail_id, node.served.name, 7, 3)
    assert (found["client"], found["reporter"], found["proven"]) == ("one", "Reporter", "")
    (shown,) = reports(node, "show", mail_id[:20])
    assert [(one["source"], one["passed"], one["failed"]) for one in shown["sources"]] == [
        ("192.0.2.1", 7, 0),
        ("203.0.113.9", 0, 3),
    ]


async def test_a_bad_report_is_delivered_as_usual_and_stops_nothing(node):
    for octets in (b"rubbish", gzip.compress(b"<feedback>")):
        content = mail_with(octets)
        got, _ = await send(node, content)
        assert content in got
    inbox = node.data / "reports" / "in"
    await until(lambda: not list(inbox.iterdir()), within_s=60)
    assert node.faults() == []


async def test_a_report_that_is_a_bomb_is_refused_like_any_other_and_kept_nowhere(node):
    async with node.served.next_hop() as hop, node.sender() as sender:
        await sender.greeted()
        bomb = mail_with(gzip.compress(b"<feedback>" + b" " * 40_000_000))
        replies = await sender.transact([node.served.bob], bomb)
        assert replies[-1].code == 550
        assert hop.taken == []
    assert list((node.data / "reports" / "in").iterdir()) == []


async def test_mail_to_other_addresses_is_not_looked_at(node):
    async with node.served.next_hop():
        await said(node, node.served.ann, mail_with(report_about(node.served.name), "text/xml"))
    assert list((node.data / "reports" / "in").iterdir()) == []


@pytest.fixture(scope="module")
def world():
    server = NameServer(World())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def reporter(make_node, world):
    served = domains("own", 1)
    settings = {
        "": {"workers": 1},
        "inbound": {"early_talk_wait_s": 0, "xclient_from": ["127.0.0.0/8"]},
        "dns": {"nameservers": [f"127.0.0.1:{world.port}"]},
        "reports": {"send": True, "organisation": "Gateway & Co", "addresses": [served[0].postmaster]},
    }
    node = make_node(client_table("one", served), settings, fresh_ip())
    node.served = served[0]
    return node


async def arrive(node, ip, recipient, content, mail):
    async with node.sender() as sender:
        await sender.greeted()
        await sender.ask(f"XCLIENT ADDR={ip}")
        await sender.ask("EHLO mail.bank.test")
        return (await sender.transact([recipient], content, mail))[-1]


async def test_the_author_is_told_what_came_in_its_name_and_never_of_reports(reporter):
    node, bank = reporter, "MAIL FROM:<service@bank.test>"
    async with node.served.next_hop():
        assert (await arrive(node, BANK_IP, node.served.bob, signed(genuine(), BANK), bank)).code == 250
        forged = mail_of(b"From: ceo@bank.test")
        assert (await arrive(node, ATTACKER_IP, node.served.bob, forged, bank)).code == 550
        assert (await arrive(node, BANK_IP, node.served.postmaster, signed(genuine(), BANK), bank)).code == 250
    async with NextHop(node.outbound_hop, NEXT_HOP_PORT, {}) as hop:
        (written,) = own_reports(node, "dmarc")
        assert (written["domain"], written["count"], written["sent"]) == ("bank.test", 2, 2)
        assert own_reports(node, "dmarc") == [written]
        mails = await hop.takes(2)
        assert {one.sender for one in mails} == {""}
        report = aggregate_report_in(MemoryContent(mails[0].content))
    assert report.organisation.name == "Gateway & Co"
    assert report.policy.domain == "bank.test"
    assert {(row.source_ip, row.disposition, row.dkim, row.spf, row.count) for row in report.rows} == {
        (BANK_IP, "pass", "pass", "pass", 1),
        (ATTACKER_IP, "reject", "fail", "fail", 1),
    }
    (path,) = (node.data / "reports" / "out").glob("*/*.xml.gz")
    assert path.name == written["file"]
    assert node.faults() == []


async def test_sessions_in_the_clear_are_told_as_data(reporter):
    node = reporter
    (written,) = [one for one in own_reports(node, "tls") if one["domain"] == node.served.name]
    (path,) = (node.data / "reports" / "out").glob(f"*/{written['file']}")
    (result,) = read_tls(gzip.decompress(path.read_bytes())).results
    assert (result.policy.type, result.policy.domain, result.successful) == ("no-policy-found", node.served.name, 0)
    assert {one.result_type for one in result.failures} == {"starttls-not-supported"}
    assert result.failed == written["count"] >= 1


def own_reports(node, kind):
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    command = [sys.executable, "-m", "ecluse", "reports", "write", "--day", today, "--json"]
    done = subprocess.run(
        [*command, "--config", str(node.folder / "ecluse.toml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [one for line in done.stdout.splitlines() if (one := json.loads(line))["kind"] == kind]
