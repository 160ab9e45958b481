"""A user forwards spam as an attachment to the address that his client has named, and the client's model learns it."""

from __future__ import annotations

import pytest

from ecluse.adapters.models.acts import FolderActs
from tests.contract.authoritative import NameServer
from tests.journeys.node import Domain, client_table, until
from tests.journeys.senders_world import ATTACKER_IP, BANK, BANK_IP, World, signed
from tests.loopback import fresh_ip

# In pieces, so that no scanner takes this file for the test file itself.
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*" + b"GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
SPAM = b"From: eve@e.test\r\nSubject: casino\r\nDate: Wed, 25 Nov 2026 08:00:00 +0000\r\n\r\nprize " + GTUBE + b"\r\n"
HEAD = (
    b"From: Bob <bob@bank.test>\r\nTo: spam@bank.test\r\nSubject: fwd\r\nDate: Wed, 25 Nov 2026 08:00:00 +0000\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
)


def forwarded(*messages):
    parts = [
        b"--b\r\n\r\nhere it is\r\n",
        *(b"--b\r\nContent-Type: message/rfc822\r\n\r\n%b\r\n" % one for one in messages),
    ]
    return HEAD + b"".join(parts) + b"--b--\r\n"


@pytest.fixture(scope="module")
def world():
    server = NameServer(World())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def node(make_node, world):
    served = Domain("bank.test", [fresh_ip()])
    settings = {
        "": {"workers": 1},
        "inbound": {"early_talk_wait_s": 0, "xclient_from": ["127.0.0.0/8"]},
        "dns": {"nameservers": [f"127.0.0.1:{world.port}"]},
    }
    node = make_node(client_table("one", [served], spam_reports_to='["spam@bank.test"]'), settings, fresh_ip())
    node.served = served
    return node


async def arrive(node, ip, content, helo="mail.bank.test"):
    async with node.sender() as sender:
        await sender.greeted()
        await sender.ask(f"XCLIENT ADDR={ip}")
        await sender.ask(f"EHLO {helo}")
        return (await sender.transact(["spam@bank.test"], content, "MAIL FROM:<bob@bank.test>"))[-1]


def acts(node):
    return [(act.channel, act.is_spam, act.standing) for act in FolderActs(node.data / "models").read("one")]


async def test_a_users_report_is_delivered_and_learned_and_a_strangers_is_neither(node):
    async with node.served.next_hop() as hop:
        assert (await arrive(node, ATTACKER_IP, forwarded(SPAM))).code == 550
        report = signed(forwarded(SPAM, SPAM.replace(b"casino", b"lottery")), BANK)
        assert (await arrive(node, BANK_IP, report)).code == 250
        assert (await hop.takes(1))[0].content.endswith(report)
    await until(lambda: len(acts(node)) == 2)
    assert acts(node) == [("report", True, "learned")] * 2
    await until(lambda: list((node.data / "models").glob("clients/*.layer")))
    assert node.faults() == []
