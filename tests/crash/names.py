"""The DNS of a crash run: where everybody else's mail goes; of all other names it knows nothing."""

from __future__ import annotations

from dnslib import RCODE, DNSRecord
from dnslib.server import DNSHandler

from tests.contract.authoritative import NameServer, Zone
from tests.crash.traffic import WORLD

ZONE = "\n".join(f"{domain}. 60 IN A 127.0.0.1" for domain in WORLD)


class Names(Zone):
    """Mail is judged as on a node without DNS, and delivered as on one with it."""

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:
        if str(request.q.qname).lower().rstrip(".") in WORLD:
            return super().resolve(request, handler)
        reply = request.reply()
        reply.header.rcode = RCODE.SERVFAIL
        return reply


def name_server(port: int) -> NameServer:
    return NameServer(Names(ZONE, "example"), port)
