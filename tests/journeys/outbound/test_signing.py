"""Outbound mail leaves signed, arrives through a real Postfix, and other people's verifiers say so."""

from __future__ import annotations

import shutil
import subprocess

import dkim
import pytest

from ecluse.control.secret_file import write_once
from ecluse.wire.dkim.publishing import MAKERS, make_key, record_of
from ecluse.wire.dkim.sign import load_key
from tests.journeys import peers
from tests.journeys.next_hop import NextHop
from tests.journeys.node import NEXT_HOP_PORT, client_table, domains
from tests.loopback import free_port, fresh_ip

OPENDKIM = shutil.which("opendkim", path="/usr/sbin:/usr/bin")
AUTHOR = "signs0.example"

HEAD = (
    f"From: Ann <ann@{AUTHOR}>\r\nTo: you@world.example\r\nSubject: Une lettre\r\n"
    "Date: Sat, 28 Nov 2026 08:00:00 +0000\r\nMessage-ID: <1@signs0.example>\r\n"
    "List-Unsubscribe: <https://signs0.example/u/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
)
MIME = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
BODIES = {
    "plain": "How are you?\r\n",
    "eight bits": "Ça va très bien, merci.  \r\n\ttabs \t and ends \r\n",
    "dots": ".\r\n..\r\n.dots\r\n\r\n\r\n",
    "long lines": "x" * 990 + "\r\n",
    "empty": "",
    "large": "0123456789 abcdef\r\n" * 90_000,
}


class Outside:
    """A gateway with keys of a client, the Postfix that it hands on to, and the server behind that."""

    def __init__(self, make_node, folder):
        self.records = {}
        policy = client_table("signer", domains("signs", 1))
        for kind in MAKERS:
            file, pem = folder / f"{kind}.pem", make_key(kind)
            write_once(file, pem)
            record = record_of(load_key(AUTHOR, kind, pem))
            self.records[record.name] = record.text
            policy += f'[[clients.signing]]\ndomain = "{AUTHOR}"\nselector = "{kind}"\nfile = "{file}"\n'
        self.relay = fresh_ip()
        self.node = make_node(policy, {}, self.relay)

    async def through(self, contents):
        """What arrives of these, behind Postfix, in the order of their sending."""
        port = free_port()
        more = f"relayhost = [127.0.0.1]:{port}\nmessage_size_limit = 20000000\n"
        # Postfix would send QUIT together with the final dot to one that offers pipelining.
        async with NextHop("127.0.0.1", port, keywords=("SIZE 52428800", "8BITMIME")) as sink:
            with peers.postfix(self.relay, NEXT_HOP_PORT, more):
                for number, content in enumerate(contents):
                    replies = await self.node.submit(
                        ["you@world.example"], content, mail=f"MAIL FROM:<ann{number}@{AUTHOR}> BODY=8BITMIME"
                    )
                    assert replies[-1].code == 250
                await sink.takes(len(contents), within_s=120)
        return [one.content for one in sorted(sink.taken, key=lambda one: one.sender)]


@pytest.fixture(scope="module")
def outside(make_node, tmp_path_factory):
    return Outside(make_node, tmp_path_factory.mktemp("keys"))


def dkimpy_says(content, records):
    """Whether each signature verifies, from the top."""
    texts = {f"{name}.".encode(): text.encode() for name, text in records.items()}
    verifier = dkim.DKIM(content)

    def verifies(number):
        try:
            return verifier.verify(number, dnsfunc=lambda name, timeout=5: texts[name])
        except dkim.ValidationError:
            return False

    return [verifies(number) for number in range(2)]


def opendkim_says(content, records, folder):
    keys, conf, message = folder / "keys", folder / "opendkim.conf", folder / "message"
    keys.write_text("".join(f"{name} {text}\n" for name, text in records.items()))
    conf.write_text(f"Mode v\nTestPublicKeys {keys}\n")
    message.write_bytes(content)
    command = [OPENDKIM, "-x", str(conf), "-t", str(message), "-vv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


@pytest.mark.peers
async def test_what_postfix_hands_on_verifies_with_dkimpy_and_opendkim(outside, tmp_path):
    contents = [(HEAD + MIME + "\r\n" + body).encode() for body in BODIES.values()]
    arrived = await outside.through(contents)
    for sent, content in zip(contents, arrived, strict=True):
        assert content.endswith(sent)
        assert content.count(b"DKIM-Signature:") == 2
        assert content.index(b"a=rsa-sha256") < content.index(b"a=ed25519-sha256")
        assert dkimpy_says(content, outside.records) == [True, True]
        if OPENDKIM is not None:
            said = opendkim_says(content, outside.records, tmp_path)
            assert said.count("dkim=pass") == 2, said
    forged = arrived[0].replace(b"How are", b"Who are")
    assert dkimpy_says(forged, outside.records) == [False, False]
    second = arrived[0].replace(b"\r\nDate:", b"\r\nSubject: another\r\nDate:", 1)
    assert dkimpy_says(second, outside.records) == [False, False]
    unsubscribe = arrived[0].replace(b"One-Click", b"Two-Click")
    assert dkimpy_says(unsubscribe, outside.records) == [False, False]
