"""What all connections of one door share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecluse.domain.peer import Peer
from ecluse.filtering.peer_lookups import PeerLookups
from ecluse.mta.reception.acceptance import Acceptance
from ecluse.mta.reception.door import Certificate, Door
from ecluse.mta.reception.logins import Logins
from ecluse.mta.reception.recipients import InboundRecipients, OutboundRecipients
from ecluse.mta.reception.sending_limits import SendingLimits
from ecluse.mta.reception.submissions import Submissions
from ecluse.ports.buffers import Buffers
from ecluse.ports.journal import Journal
from ecluse.ports.tallies import Tallies

if TYPE_CHECKING:
    from ecluse.mta.reception.connection import Connection


@dataclass(frozen=True, slots=True)
class Lobby:
    """The door itself, those who wait behind it, and whom it asks."""

    door: Door
    hostname: str
    certificate: Certificate
    recipients: InboundRecipients | OutboundRecipients
    acceptance: Acceptance
    buffers: Buffers
    journal: Journal
    tallies: Tallies
    has_room: Callable[[], bool]
    open: set[Connection]
    patient: dict[str, float]  # IPs that once waited for the greeting.
    peers: PeerLookups | None = None  # None: nothing is asked about a peer.
    limits: SendingLimits | None = None  # None inbound.
    submissions: Submissions | None = None  # Whose outbound mail is; None at inbound doors.
    logins: Logins | None = None  # None: nobody can log in.

    def ask_about(self, peer: Peer) -> None:
        """Its reverse name and its listings are there when its message is (design 6.1)."""
        if self.peers is not None:
            self.peers.start(peer)
