"""`ecluse probe`: real sessions with a real node, to its sink; what answers 451, is dead, or only dawdles is missed (9-7, 9-8)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time

import pytest

from ecluse.adapters.folder.probe_results import KeptResults
from ecluse.wire.sasl.scram import make_key, written
from tests.contract.authoritative import NameServer, Zone
from tests.journeys.certificates import write_certificate
from tests.journeys.next_hop import HANG, NextHop
from tests.journeys.node import BY_MX, NEXT_HOP_PORT, client_table, domains
from tests.journeys.sender import Sender
from tests.loopback import free_port

PASSWORD = "kq3vzn5wmx7t2ryhp4cds6jfbe2ag7uo"


class Probed:
    """A node that serves a probe domain whose route is the sink, and its MX, too, and the folder of a vantage point."""

    def __init__(self, make_node, folder):
        write_certificate(folder, "mx.gateway.test")
        self.folder = folder
        self.domain, self.lost = domains("probe", 2)  # Nobody listens where the MX of the second leads.
        policy = client_table("probe", [self.domain, self.lost]) + (
            "[[clients.connectors]]\n"
            f'name = "probe"\nlogin = "probe@{self.domain.name}"\nkey = "{written(make_key(PASSWORD))}"\naccount = "login"\n'
        )
        tls = {"certificate": str(folder / "cert.pem"), "key": str(folder / "key.pem")}
        lines = (f"{each.name}. 60 IN A {each.hosts[0]}" for each in (self.domain, self.lost))
        self.names = NameServer(Zone("\n".join(lines), "example"))
        self.names.start()
        settings = {"tls": tls, "": {"workers": 1}, "dns": {"nameservers": [f"127.0.0.1:{self.names.port}"]}}
        self.node = make_node(policy, settings, BY_MX)
        self.sink = f"{self.domain.hosts[0]}:{NEXT_HOP_PORT}"
        self.answers = f"{self.domain.hosts[0]}:{free_port()}"

    def ask(self, *, inbound=None, outbound=None, sink=None, to=None, deadline_s=20, arrives_within_s=60):
        """Once: the exit code, and what was missed by service; by "arrival" whether outbound mail came to its end."""
        state = self.folder / f"state-{time.monotonic_ns()}"
        (self.folder / "password").write_text(PASSWORD + "\n")
        (self.folder / "key").write_text("ecl_no_such_key\n")
        places = {"inbound": inbound or (None if to else f"127.0.0.1:{self.node.port}"), "outbound": outbound}
        doors = "".join(f'{name} = "smtp://{place}"\n' for name, place in places.items() if place)
        doors += f'sink = "{sink}"\n' if sink else ""
        (self.folder / "probe.toml").write_text(
            f'console = "http://127.0.0.1:{free_port()}"\n'
            f'key_file = "key"\nstate_dir = "{state}"\nhostname = "point.probe.test"\n'
            f'sender = "probe@{self.domain.name}"\nrecipient = "sink@{(to or self.domain).name}"\n'
            f'login = "probe@{self.domain.name}"\npassword_file = "password"\ndeadline_s = {deadline_s}\n'
            f"arrives_within_s = {arrives_within_s}\n"
            f'[[servers]]\nname = "mx1.provider.example"\n{doors}'
        )
        command = [sys.executable, "-m", "ecluse", "probe", "run", str(self.folder / "probe.toml"), "--once", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.stdout, done.stderr
        self.kept = KeptResults(state)
        told = json.loads(done.stdout)
        return done.returncode, {
            each["service"] if each["step"] == "reply" else each["step"]: each["missed"] for each in told
        }


@pytest.fixture(scope="module")
def probed(make_node, tmp_path_factory):
    made = Probed(make_node, tmp_path_factory.mktemp("probed"))
    yield made
    made.names.stop()


@pytest.fixture
def sink(probed):
    """As it runs on a node."""
    command = [sys.executable, "-m", "ecluse", "probe", "sink", "--listen", probed.sink, "--answer", probed.answers]
    process = subprocess.Popen(command)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if (
            subprocess.run([sys.executable, "-c", _GREETS, probed.sink], check=False, capture_output=True).returncode
            == 0
        ):
            break
    yield process
    process.terminate()
    assert process.wait(20) == 0


_GREETS = """
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
assert socket.create_connection((host, int(port)), 2).recv(99).startswith(b"220")
"""


def test_a_probe_goes_the_whole_way_through_both_doors(probed, sink):
    """Inbound the final reply is the sink's own; outbound mail is followed to it."""
    code, missed = probed.ask(outbound=f"127.0.0.1:{probed.node.outbound_port}", sink=probed.answers)
    assert (code, missed) == (0, {"inbound": "", "outbound": "", "arrival": ""})
    [minute] = probed.kept.minutes()
    assert [(each.server, each.service, each.step, each.is_missed) for each in probed.kept.read(minute)] == [
        ("mx1.provider.example", "inbound", "reply", False),
        ("mx1.provider.example", "outbound", "reply", False),
        ("mx1.provider.example", "outbound", "arrival", False),
    ]
    fates = {(one.client, each.fate) for one in probed.node.journal() for each in one.recipients}
    assert ("probe", "relayed") in fates  # A client of the provider's own: in nobody else's figures.


def test_outbound_mail_that_does_not_arrive_is_astray_and_its_server_is_not_down(probed, sink):
    """The node takes it, and cannot be rid of it."""
    door = f"127.0.0.1:{probed.node.outbound_port}"
    code, missed = probed.ask(outbound=door, sink=probed.answers, to=probed.lost, arrives_within_s=5)
    assert (code, missed) == (1, {"outbound": "", "arrival": "did not arrive within 5 s"})


def test_a_sink_that_does_not_answer_says_nothing_of_any_mail(probed, sink):
    door = f"127.0.0.1:{probed.node.outbound_port}"
    code, missed = probed.ask(outbound=door, sink=f"127.0.0.1:{free_port()}", arrives_within_s=5)
    assert (code, missed) == (0, {"inbound": "", "outbound": ""})


async def test_a_sink_takes_what_comes_in_one_write_and_no_more(probed, sink):
    host, _, port = probed.sink.rpartition(":")
    async with Sender(host, int(port)) as sender:
        await sender.greeted()
        for line in ("MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>"):
            assert (await sender.ask(line)).code == 250
        assert (await sender.ask("VRFY x")).code == 502


@pytest.mark.parametrize("says", [{".": "451 4.3.0 not now"}, {"RCPT": "451 4.3.0 not now"}, {".": "550 5.7.1 no"}])
async def test_another_final_reply_is_a_miss(probed, says):
    """9-8: 451 counts as down."""
    server = await NextHop(probed.domain.hosts[0], NEXT_HOP_PORT, says).start()
    try:
        code, missed = await _in_thread(probed.ask)
    finally:
        await server.stop()
    assert code == 1
    assert missed["inbound"].startswith(("451", "550"))


async def test_no_final_reply_in_time_is_a_miss(probed):
    server = await NextHop(probed.domain.hosts[0], NEXT_HOP_PORT, {".": HANG}).start()
    try:
        code, missed = await _in_thread(lambda: probed.ask(deadline_s=4))
    finally:
        await server.stop()
    assert (code, missed["inbound"]) == (1, "no final reply within 4 s")


def test_a_door_that_is_dead_is_a_miss_and_the_other_one_is_none_of_its_business(probed, sink):
    code, missed = probed.ask(outbound=f"127.0.0.1:{free_port()}")
    assert (code, missed) == (1, {"inbound": "", "outbound": "connection refused"})


def test_a_password_goes_to_nobody_in_the_clear(probed, sink):
    """The sink has no TLS."""
    code, missed = probed.ask(outbound=probed.sink)
    assert code == 1
    assert "STARTTLS" in missed["outbound"]


async def _in_thread(work):
    return await asyncio.to_thread(work)
