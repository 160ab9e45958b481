"""A small name server in a thread, on loopback: it serves a zone, and can misbehave as real ones do."""

from __future__ import annotations

import threading
from collections import Counter

from dnslib import QTYPE, RCODE, RR, SOA, A, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

from tests.loopback import free_port


class Zone(BaseResolver):
    """Answers from `records`, one line each in zone file notation; names tell how to misbehave.

    `silent.*` never answers, `once.*` drops the first packet, `fail.*` says SERVFAIL, `refused.*` REFUSED.
    """

    def __init__(self, text: str, origin: str) -> None:
        self.origin = origin
        self.records = RR.fromZone(text)
        self.asked: Counter[tuple[str, str]] = Counter()
        self.by_tcp: Counter[str] = Counter()
        self.lists_everything = False
        self.is_dead = False
        self.lowers_case = False
        self.understands_edns = True

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:
        name, kind = str(request.q.qname).lower().rstrip("."), QTYPE[request.q.qtype]
        self.asked[name, kind] += 1
        self.by_tcp[name] += handler.protocol == "tcp"
        if self.is_dead or name.startswith("silent.") or (name.startswith("once.") and self.asked[name, kind] == 1):
            raise NoAnswer
        reply = request.reply()
        if request.ar and not self.understands_edns:
            reply.header.rcode = RCODE.FORMERR
            return reply
        if name.startswith(("fail.", "refused.")):
            reply.header.rcode = RCODE.SERVFAIL if name.startswith("fail.") else RCODE.REFUSED
            return reply
        if self.lowers_case:
            reply.q.qname.label = tuple(label.lower() for label in reply.q.qname.label)
        if self.lists_everything and kind == "A":
            reply.add_answer(RR(request.q.qname, QTYPE.A, ttl=60, rdata=A("127.0.0.2")))
            return reply
        self._fill(reply, name, kind)
        return reply

    def _fill(self, reply: DNSRecord, name: str, kind: str) -> None:
        owner = name
        while alias := self._find(owner, "CNAME"):
            if kind == "CNAME":
                break
            reply.add_answer(*alias)
            owner = str(alias[0].rdata).rstrip(".")
        reply.add_answer(*self._find(owner, kind))
        if not self._find(owner, kind):
            is_known = any(str(record.rname).rstrip(".").endswith(owner) for record in self.records)
            reply.header.rcode = RCODE.NOERROR if is_known else RCODE.NXDOMAIN
            soa = SOA(f"ns.{self.origin}", f"admin.{self.origin}", (1, 2, 3, 4, 30))
            reply.add_auth(RR(self.origin, QTYPE.SOA, ttl=60, rdata=soa))

    def _find(self, name: str, kind: str) -> list[RR]:
        return [
            record
            for record in self.records
            if str(record.rname).rstrip(".").lower() == name and QTYPE[record.rtype] == kind
        ]


class NoAnswer(Exception):
    """The packet is dropped."""


class _Handler(DNSHandler):
    """Drops what the zone drops, without a word, and cuts what is too long for UDP."""

    udplen = 1_232

    def handle(self) -> None:
        try:
            super().handle()
        except (NoAnswer, OSError):
            return


class NameServer:
    """A zone behind a UDP and a TCP socket on one port."""

    def __init__(self, zone: Zone, port: int = 0) -> None:
        self.zone = zone
        self.port = port or free_port()
        quiet = DNSLogger("-request,-reply,-truncated,-error")
        self._servers = [
            DNSServer(zone, port=self.port, address="127.0.0.1", tcp=tcp, logger=quiet, handler=_Handler)
            for tcp in (False, True)
        ]

    def start(self) -> None:
        for server in self._servers:
            threading.Thread(target=server.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        for server in self._servers:
            server.server.shutdown()
            server.server.server_close()
