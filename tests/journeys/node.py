"""A real node in a folder of its own: started as a person starts it, ended by SIGTERM, read from the outside."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.outages import LmdbOutages
from tests.journeys.next_hop import NextHop
from tests.journeys.sender import MAIL, Sender
from tests.loopback import free_port, fresh_ip

HOSTNAME = "mx.gateway.test"
NEXT_HOP_PORT = 2525
BY_MX = "mx"  # In place of an outbound hop: mail goes to where the DNS says.
START_S = 120.0
END_S = 90.0

SETTINGS = {
    "": {"hostname": HOSTNAME, "data_dir": "data", "workers": 2},
    "inbound": {"early_talk_wait_s": 0},
    "policy": {"file": "policy.toml"},
    "metrics": {"listen": ""},
    "journal": {"segment_mib": 1},
    "spool": {"reserve_bytes": 0, "first_retry_s": 0.5, "retry_factor": 1.5, "max_retry_s": 2, "probe_s": 0.5},
}


class Domain:
    """A served domain, and where its next hops listen."""

    def __init__(self, name, hosts, **client):
        self.name = name
        self.hosts = hosts
        self.client = client

    def __getattr__(self, local):
        """`domain.bob` is bob's address."""
        if local.startswith("_"):
            raise AttributeError(local)
        return f"{local}@{self.name}"

    def next_hop(self, says=None, *, route=0, **more):
        """The server at one of the routes; not started yet."""
        return NextHop(self.hosts[route], NEXT_HOP_PORT, says or {}, **more)


def domains(stem, number, routes=1):
    """Domains that differ in their next hops, so that tests do not disturb each other."""
    return [Domain(f"{stem}{one}.example", [fresh_ip() for _ in range(routes)]) for one in range(number)]


def client_table(name, served, *, addresses='"any"', **terms):
    """One client of policy.toml."""
    lines = ["[[clients]]", f'name = "{name}"', *[f"{key} = {value}" for key, value in terms.items()]]
    for domain in served:
        routes = ", ".join(f'"smtp://{host}:{NEXT_HOP_PORT}"' for host in domain.hosts)
        lines += ["[[clients.domains]]", f'name = "{domain.name}"', f"addresses = {addresses}", f"routes = [{routes}]"]
    return "\n".join(lines) + "\n"


async def until(is_so, *, within_s=60.0, every_s=0.02):
    """Return the first true answer."""
    deadline = time.monotonic() + within_s
    while not (answer := is_so()):
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(every_s)
    return answer


class Node:
    """`settings` are merged over `SETTINGS`, table by table; with `outbound_hop`, the outbound door is open.

    Its doors are at `address`, where another node of the same installation has another one.
    """

    def __init__(self, folder: Path, policy: str, settings=None, outbound_hop=None, address="127.0.0.1"):
        self.folder = folder
        self.address = address
        self.data = folder / "data"
        self.port = free_port()
        self.outbound_port = free_port()
        self.outbound_hop = outbound_hop
        self.process: subprocess.Popen | None = None
        self.settings = {table: dict(values) for table, values in SETTINGS.items()}
        self.settings["inbound"]["listen"] = [f"{address}:{self.port}"]
        if outbound_hop:
            self.settings["outbound"] = {
                "listen": [f"{address}:{self.outbound_port}"],
                "trusted_networks": ["127.0.0.1"],
            }
            way = {"mx_port": NEXT_HOP_PORT, "mx_networks": ["127.0.0.0/8"]}
            hop = {"route": f"smtp://{outbound_hop}:{NEXT_HOP_PORT}"}
            self.settings["outbound"] |= way if outbound_hop == BY_MX else hop
        for table, values in (settings or {}).items():
            self.settings.setdefault(table, {}).update(values)
        self.write_policy(policy)
        self._log = folder / "log"

    def write_policy(self, text):
        """Replaced as an editor does it: never half a file."""
        draft = self.folder / "policy.new"
        draft.write_text(text)
        draft.replace(self.folder / "policy.toml")

    def write_settings(self):
        (self.folder / "ecluse.toml").write_text(_toml(self.settings))

    def start(self):
        self.write_settings()
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ecluse", "mta", "--config", str(self.folder / "ecluse.toml")],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_S
        while not self._greets():
            assert self.process.poll() is None, self.log_text()
            assert time.monotonic() < deadline, self.log_text()
            time.sleep(0.05)
        return self

    def _greets(self):
        ports = [self.port, self.outbound_port] if self.outbound_hop else [self.port]
        try:
            for port in ports:
                with socket.create_connection((self.address, port), timeout=5) as probe:
                    if self.settings["inbound"].get("proxy_protocol_from"):
                        probe.sendall(b"PROXY UNKNOWN\r\n")
                    if not probe.recv(512):
                        return False
        except OSError:
            return False
        return True

    def stop(self):
        """SIGTERM; the exit code."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.terminate()
        try:
            code = self.process.wait(END_S)
            assert self.log("processes killed at shutdown") == []
            return code
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def signal(self, number):
        self.process.send_signal(number)

    def children(self, job=""):
        """Process ids of the supervisor's children, in the order of their start: receptions, deliveries, agent."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def kill(self, pid):
        os.kill(pid, signal.SIGKILL)

    def crash(self):
        """All of it, as when the machine stops: nobody says good-bye, nothing is written any more."""
        pids = [self.process.pid, *_below(self.process.pid)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)  # None replaces, or notices, the other.
        for pid in pids:
            self.kill(pid)
        self.process.wait()

    # -- Talking to it

    def sender(self, **more):
        return Sender(self.address, self.port, **more)

    def submitter(self, **more):
        """A client's own server at the outbound door."""
        return Sender(self.address, self.outbound_port, **more)

    async def send(self, recipients, content, **more):
        """One transaction on a connection of its own; the replies as `Sender.transact` gives them."""
        async with self.sender() as sender:
            await sender.greeted()
            return await sender.transact(recipients, content, **more)

    async def submit(self, recipients, content, **more):
        """As `send`, at the outbound door; a message of nobody in particular is its sender's."""
        async with self.submitter() as sender:
            await sender.greeted()
            return await sender.transact(recipients, written_by(content, more.get("mail", MAIL)), **more)

    # -- Looking into it

    def spooled(self, destination=""):
        """What waits in the spool, for one destination or for all."""
        return self._messages("spool", destination)

    def held(self, destination=""):
        return self._messages("held", destination)

    def _messages(self, folder, destination):
        spool = FolderSpool(self.data / folder, reserve_bytes=0)
        try:
            return [one for one in spool.messages() if not destination or one.destination == destination]
        finally:
            spool.close()

    def spooled_content(self, message_id):
        spool = FolderSpool(self.data / "spool", reserve_bytes=0)
        try:
            content = spool.content(message_id)
            return content.slice(0, content.size)
        finally:
            spool.close()

    def outages(self):
        store = LmdbOutages(self.data / "state" / "outages")
        try:
            return {one.destination: one for one in store.all()}
        finally:
            store.close()

    def journal(self, message_id=None):
        """The records of one message, or of all."""
        return [one for one in read_events(self.data / "journal") if message_id in (None, one.id)]

    def log_text(self):
        return self._log.read_text() if self._log.exists() else ""

    def log(self, event=None):
        """The lines of the log, or those of one event."""
        lines = [json.loads(line) for line in self.log_text().splitlines() if line.startswith("{")]
        return [line for line in lines if event in (None, line["event"])]

    def faults(self):
        """What must never stand in the log of a healthy node: faults of ours, and what wrote past the log."""
        lines = self.log_text().splitlines()
        foreign = [line for line in lines if line and not line.startswith("{")]
        return foreign + [line for line in lines if "fault of ours" in line]


def written_by(content, mail):
    """The message of `sender.message` as written by whom this MAIL command names."""
    author = mail.partition("<")[2].partition(">")[0]
    return content.replace(b"From: ann@sender.test\r\n", f"From: {author}\r\n".encode()) if author else content


def _below(pid):
    """Its children, and theirs."""
    own = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*own, *[each for child in own for each in _below(child)]]


def _toml(tables):
    text = ""
    for name, values in tables.items():
        text += f"\n[{name}]\n" if name else ""
        text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    return text
