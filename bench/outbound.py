"""Clients' mail on its way out, signed: Écluse beside a Postfix relay with OpenDKIM, same messages, same next hop, same run.

    .venv/bin/python bench/outbound.py            three series, some minutes
    .venv/bin/python bench/outbound.py --quick    one short series

Both sign by RSA-2048 for the author's domain and hand on to the same smart host; neither filters. The messages are those of
bench/run.py with senders of one client, one account a message. Needs ../shared (messages, next hop), opendkim and root.
CPU is that of the system alone, load and next hop left out: on a busy machine it says more than a rate.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import accounting
import corpus
import gateway
import loopback
import peers
import uvloop
from corpus import Message
from load import Load
from peers import NotStartedError, Sink

FOLDER = peers.STATE / "outbound"
CLIENT, SELECTOR = "corp.test", "bench"
SETS = ("mixed", "small")
CONNECTIONS, WARM_UP = 10, 100
GOAL = 1.0  # Messages a second, times Postfix with OpenDKIM (issue 7, "Must hold").
START_S = 60.0

_FROM = re.compile(rb"^(?:from|sender):.*\r\n(?:[ \t].*\r\n)*", re.IGNORECASE | re.MULTILINE)

_OWN = """\
hostname = "gw.peers.test"
data_dir = "{folder}/data"
workers = 2

[inbound]
early_talk_wait_s = 0.0
max_connections_per_ip = 0

[outbound]
listen = ["127.0.0.1:{port}"]
trusted_networks = ["127.0.0.1/32"]
route = "smtp://127.0.0.1:{next_hop}"

[outbound.limits]
stop_bursts = false

[spool]
destination_concurrency = 20

[filtering]
enabled = false

[policy]
file = "policy.toml"
"""
_POLICY = """\
[[clients]]
name = "Corp"

[[clients.signing]]
domain = "{client}"
selector = "{selector}"
file = "{folder}/key.pem"

[[clients.domains]]
name = "{client}"
addresses = "any"
routes = ["smtp://127.0.0.1:{next_hop}"]
"""
_POSTFIX = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/state
maillog_file_prefixes = {folder}
maillog_file = {folder}/maillog
myhostname = gw.peers.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relayhost = [127.0.0.1]:{next_hop}
alias_maps =
alias_database =
biff = no
message_size_limit = 52428800
smtpd_milters = unix:{folder}/opendkim.sock
milter_default_action = tempfail
"""
_OPENDKIM = """\
Mode s
Socket local:{folder}/opendkim.sock
UMask 000
Domain {client}
Selector {selector}
KeyFile {folder}/key.pem
RequireSafeKeys no
Canonicalization relaxed/relaxed
SignatureAlgorithm rsa-sha256
InternalHosts 127.0.0.0/8
Syslog no
"""


def outgoing(name: str, count: int, skip: int) -> Iterator[Message]:
    """Messages of a set as a client sends them: each of another account, to another recipient."""
    for number, message in enumerate(corpus.read(peers.CORPUS, name, count, skip), skip):
        author = f"u{number}@{CLIENT}".encode()
        head, seam, body = message.wire.partition(b"\r\n\r\n")
        wire = b"From: <%b>\r\n" % author + _FROM.sub(b"", head + b"\r\n").removesuffix(b"\r\n") + seam + body
        envelope = b"MAIL FROM:<%b>\r\nRCPT TO:<r%d@away.test>\r\nDATA\r\n" % (author, number)
        yield Message(b"EHLO client.corp.test\r\n", b"", envelope, wire)


@contextmanager
def running(command: list[str | Path], name: str, **options: Path) -> Iterator[None]:
    """A program of the bench in the foreground, ended by SIGTERM."""
    with (FOLDER / f"{name}.out").open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **options)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def own() -> Iterator[None]:
    """Écluse, started afresh."""
    (FOLDER / "ecluse.toml").write_text(_filled(_OWN))
    (FOLDER / "policy.toml").write_text(_filled(_POLICY))
    with running([gateway.COMMAND, "mta", "--config", FOLDER / "ecluse.toml"], "ecluse", cwd=FOLDER):
        yield


@contextmanager
def rival() -> Iterator[None]:
    """Postfix with Debian's master.cf, chroot off, and OpenDKIM as its milter."""
    master = Path("/usr/share/postfix/master.cf.dist").read_text()
    master = re.sub(r"^(\S+\s+(?:unix|inet)\s+\S+\s+\S+\s+)y ", r"\1n ", master, flags=re.MULTILINE)
    master = re.sub(r"^smtp      inet", f"127.0.0.1:{peers.GATEWAY_PORT} inet", master, flags=re.MULTILINE)
    (FOLDER / "master.cf").write_text(master)
    (FOLDER / "main.cf").write_text(_filled(_POSTFIX))
    (FOLDER / "opendkim.conf").write_text(_filled(_OPENDKIM))
    (FOLDER / "queue").mkdir()
    (FOLDER / "state").mkdir()
    shutil.chown(FOLDER / "state", "postfix")
    with running(["opendkim", "-f", "-x", FOLDER / "opendkim.conf"], "opendkim"):
        subprocess.run(["postfix", "-c", FOLDER, "start"], check=True, capture_output=True)
        try:
            yield
        finally:
            subprocess.run(["postfix", "-c", FOLDER, "stop"], check=True, capture_output=True)


SYSTEMS: dict[str, Callable[[], object]] = {"postfix": rival, "ecluse": own}


def _filled(text: str) -> str:
    return text.format(
        folder=FOLDER,
        port=peers.GATEWAY_PORT,
        next_hop=peers.NEXT_HOP_PORT,
        client=CLIENT,
        selector=SELECTOR,
    )


@dataclass(frozen=True, slots=True)
class Run:
    """One set of messages through one system."""

    rate: float  # Messages a second, until the last one is at the next hop.
    cpu_ms: float  # A message, of all processes of the system.

    def __str__(self) -> str:
        return f"{self.rate:.0f}/s {self.cpu_ms:.2f} ms CPU"


def measured(system: str, count: int) -> dict[str, Run]:
    """What each set of messages took, until the last one is at the next hop."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    FOLDER.chmod(0o755)
    subprocess.run(["openssl", "genrsa", "-out", FOLDER / "key.pem", "2048"], check=True, capture_output=True)
    books = accounting.accountant(peers.STATE)
    with ExitStack() as stack:
        accounting.join(system)  # What is started now belongs to it.
        stack.enter_context(SYSTEMS[system]())
        accounting.join(accounting.LOAD)
        _until(lambda: loopback.is_taken(peers.GATEWAY_PORT))
        _demand_signed()
        sink = Sink()
        stack.callback(peers.control, "stop", "sink")
        peers.control("start", "sink")
        return {name: _run(name, count, sink, lambda: books.cpu_s(system)) for name in SETS}


def _run(name: str, count: int, sink: Sink, cpu_s: Callable[[], float]) -> Run:
    _play(name, WARM_UP, count, sink)
    before = cpu_s()
    report, over_on = _play(name, count, 0, sink)
    return Run(report["answered"] / (over_on - report["started_on"]), (cpu_s() - before) * 1000 / count)


def _play(name: str, count: int, skip: int, sink: Sink) -> tuple[dict[str, float], float]:
    before = sink.taken()
    command = [sys.executable, __file__, "--play", name, "--count", str(count), "--skip", str(skip)]
    report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    over_on = sink.wait_for(before + count, patience_s=START_S)
    if report["errors"] or sink.taken() - before != count:
        raise NotStartedError(f"of {count} messages {sink.taken() - before} arrived: {report}")
    return report, over_on


def _demand_signed() -> None:
    """One message through to a next hop that keeps it: both must do what is measured."""
    kept = FOLDER / "kept"
    kept.mkdir()
    kept.chmod(0o777)
    hop = f"127.0.0.1:{peers.NEXT_HOP_PORT}"
    with running(["smtp-sink", "-u", "postfix", "-d", f"{kept}/m.", hop, "100"], "sink"):
        _until(lambda: loopback.is_taken(peers.NEXT_HOP_PORT))
        subprocess.run([sys.executable, __file__, "--play", "small", "--count", "1"], check=True, capture_output=True)
        _until(lambda: any(b"DKIM-Signature" in file.read_bytes() for file in kept.iterdir()))


def _until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + START_S
    while not is_so():
        if time.monotonic() > ends_at:
            said = "\n".join(file.read_text(errors="replace")[-800:] for file in FOLDER.glob("*.out"))
            raise NotStartedError(f"it did not come about in {START_S:g} s\n{said}")
        time.sleep(0.1)


async def play(name: str, count: int, skip: int) -> dict[str, object]:
    """Hand the messages in; what the servers said."""
    messages = iter(list(outgoing(name, count, skip)))
    load = Load(("127.0.0.1", peers.GATEWAY_PORT), messages, uses_xclient=False, max_s=300)
    started_on = time.time()
    await load.closed_loop(CONNECTIONS)
    refused = {reply: number for reply, number in load.tally.replies.items() if not reply.startswith("2")}
    errors = refused | dict(load.tally.errors)
    return {"answered": len(load.tally.answer_s), "started_on": started_on, "errors": errors}


def main() -> int:
    """See the module. Exit status 1: the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short series")
    parser.add_argument("--play", choices=SETS, help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help="messages in a set")
    parser.add_argument("--skip", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.play:
        print(json.dumps(uvloop.run(play(options.play, options.count, options.skip))))
        return 0
    peers.require_shared()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # What was started is ended.
    with peers.alone():
        if not loopback.isolate():
            sys.exit("bench: needs root")
        accounting.join(accounting.LOAD)
        return _compare(1 if options.quick else 3, options.count or (300 if options.quick else 1_500))


def _compare(series: int, count: int) -> int:
    ratios: dict[str, list[float]] = {name: [] for name in SETS}
    costs: dict[str, list[float]] = {name: [] for name in SETS}
    for number in range(series):
        order = sorted(SYSTEMS, reverse=bool(number % 2))
        runs = {system: measured(system, count) for system in order}
        for name in SETS:
            theirs, ours = runs["postfix"][name], runs["ecluse"][name]
            ratios[name].append(ours.rate / theirs.rate)
            costs[name].append(ours.cpu_ms / theirs.cpu_ms)
            print(f"series {number + 1} {name}: Postfix + OpenDKIM {theirs}, Écluse {ours}", flush=True)
    for name, found in ratios.items():
        spread = f"{min(found):.2f}-{max(found):.2f}"
        print(
            f"{name}: {median(found):.2f} times Postfix + OpenDKIM ({spread}) at {median(costs[name]):.2f} times its CPU"
        )
    return 0 if all(median(found) >= GOAL for found in ratios.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
