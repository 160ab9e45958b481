"""Reports: what others send us about our clients' domains."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys

import pytest

from ecluse.wire.reports.aggregate import PublishedPolicy, Report, Row, write
from ecluse.wire.reports.reporter import Organisation, Period
from tests.journeys.node import client_table, domains, until
from tests.journeys.sender import MAIL
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
        lambda: reports(node, "list", "--domain", node.served.name, "--days", "3650"), within_s=20, every_s=1
    )
    assert (found["id"], found["domain"], found["passed"], found["failed"]) == (mail_id, node.served.name, 7, 3)
    assert (found["client"], found["reporter"], found["proven"]) == ("one", "Reporter", "")
    (shown,) = reports(node, "show", mail_id[:20])
    assert [(one["source"], one["passed"], one["failed"]) for one in shown["sources"]] == [
        ("192.0.2.1", 7, 0),
        ("203.0.113.9", 0, 3),
    ]


async def test_a_bad_report_is_delivered_as_usual_and_stops_nothing(node):
    for octets in (b"rubbish", gzip.compress(b"<feedback>" + b" " * 40_000_000), gzip.compress(b"<feedback>")):
        content = mail_with(octets)
        got, _ = await send(node, content)
        assert content in got
    inbox = node.data / "reports" / "in"
    await until(lambda: not list(inbox.iterdir()), within_s=20)
    assert node.faults() == []


async def test_mail_to_other_addresses_is_not_looked_at(node):
    async with node.served.next_hop():
        await said(node, node.served.ann, mail_with(report_about(node.served.name), "text/xml"))
    assert list((node.data / "reports" / "in").iterdir()) == []
