"""Stamps on relayed mail of the clients whose servers forward: put on when it comes in, asked for when it goes out again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ecluse.domain.content import Content, PrefixedContent
from ecluse.mta.client_secret import client_secret
from ecluse.mta.reception.signing import body_hashes
from ecluse.ports.connectors import Connectors
from ecluse.wire.dkim.sign import SIGNED_BODY
from ecluse.wire.mime.fields import HeaderSection
from ecluse.wire.stamp import Stamp, read_stamp, write_stamp


@dataclass(frozen=True, slots=True)
class Stamps:
    """Of one process."""

    connectors: Connectors
    node_key: bytes  # b"": nothing is stamped, and no stamp counts.
    clock: Callable[[], float] = time.time

    def wanted(self, client: str) -> bool:
        """Whether a connector of the client's forwards: nobody asks for the others' stamps. Raises `Unavailable`."""
        return bool(self.node_key) and self.connectors.forwards(client)

    async def stamped(
        self, outgoing: Content, stamp: Stamp, client: str, section: HeaderSection, came: Content
    ) -> Content:
        """What goes on, with the stamp on top; `section` and `came` are the message as it came in."""
        body = await _body_hash(came, section)
        return PrefixedContent(write_stamp(stamp, self._secret(client), section, body), outgoing, 0)

    async def read(self, client: str, section: HeaderSection, content: Content) -> Stamp | None:
        """What a message that has a stamp shows of having come in for this client; None = nothing."""
        if not self.node_key:
            return None
        return read_stamp(self._secret(client), section, await _body_hash(content, section), self.clock())

    def _secret(self, client: str) -> bytes:
        return client_secret(self.node_key, "stamp", client)


async def _body_hash(content: Content, section: HeaderSection) -> bytes:
    return (await body_hashes(content, section.octets)).digest(SIGNED_BODY) or b""
