"""What is measured: the rivals and our gateway, each in the place of the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import loopback
import peers
from accounting import Accountant
from gateway import Gateway, Variant
from peers import NotStartedError, Sink


@dataclass(frozen=True, slots=True)
class System:
    """One way to have mail relayed (and filtered); all listen on the same port and feed the same sink."""

    key: str
    name: str
    peers: tuple[str, ...]  # Names that ctl.sh knows, in the order of starting.
    postfix_queue: str = ""  # The Postfix variant whose queue must be empty before a run is over.
    own: Variant | None = None  # Set for ours, which is started after the peers.
    is_end: bool = False  # Takes the messages itself instead of relaying them.

    @contextmanager
    def running(self, books: Accountant) -> Iterator[Sink | None]:
        """Start everything, give the next hop's counter, and end all of it."""
        for port in (peers.GATEWAY_PORT, peers.NEXT_HOP_PORT):
            if loopback.is_taken(port):
                raise NotStartedError(f"port {port} is taken by a program that this bench did not start")
        sink = None if self.is_end else Sink()
        gateway = Gateway(books)
        try:
            peers.control("start", *self.peers)
            if self.own:
                gateway.start(self.own)
            yield sink
        finally:
            gateway.stop()
            peers.control("stopall")


CEILING = System("ceiling", "load generator into a bare sink", ("sink25",), is_end=True)
POSTFIX = System("postfix", "Postfix, plain relay", ("sink", "postfix:relay"), postfix_queue="relay")
RSPAMD = System(
    "rspamd", "Postfix + Rspamd", ("dns", "sink", "redis", "rspamd", "postfix:rspamd"), postfix_queue="rspamd"
)
RSPAMD_CLAMAV = System(
    "rspamd-clamav",
    "Postfix + Rspamd + ClamAV",
    ("dns", "sink", "redis", "clamd", "rspamd:av", "postfix:rspamd"),
    postfix_queue="rspamd",
)
RELAY = System("relay", "**Écluse, filtering off**", ("dns", "sink"), own=Variant(filtering=False))
FILTER = System("filter", "**Écluse, all checks on**", ("dns", "sink"), own=Variant())
FILTER_CLAMAV = System(
    "filter-clamav", "**Écluse, all checks on + ClamAV**", ("dns", "sink", "clamd"), own=Variant(clamd=True)
)

DEFAULT = (POSTFIX, RSPAMD, RELAY, FILTER)
WITH_CLAMAV = (RSPAMD_CLAMAV, FILTER_CLAMAV)
ALL = (CEILING, *DEFAULT, *WITH_CLAMAV)
