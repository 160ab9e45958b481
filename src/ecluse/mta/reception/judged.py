"""A message between its verdict and its answer."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.domain.envelope import Recipient
from ecluse.domain.evidence import Evidence
from ecluse.domain.incoming import Direction, Incoming
from ecluse.domain.policy import Policy
from ecluse.domain.verdict import Disposition, Verdict
from ecluse.filtering.collect import Served
from ecluse.filtering.identities import authenticated_domains, sender_domain
from ecluse.wire.mime.fields import HeaderSection


@dataclass(frozen=True, slots=True)
class Judged:
    """A message with its evidence and the verdict for each recipient."""

    incoming: Incoming
    served: tuple[Served, ...]
    section: HeaderSection
    evidence: Evidence
    verdicts: dict[str, Verdict]  # `Address.key` -> verdict.

    def with_disposition(self, disposition: Disposition) -> tuple[str, ...]:
        """The recipients for whom that is the verdict."""
        return tuple(key for key, verdict in self.verdicts.items() if verdict.disposition is disposition)

    def recipients(self, keys: tuple[str, ...]) -> tuple[Recipient, ...]:
        """Those of these keys, as the envelope has them."""
        return tuple(one.recipient for one in self.served if one.recipient.address.key in keys)

    @property
    def found(self) -> frozenset[str]:
        """The recipients of whom the client's own server has said that there are such."""
        return frozenset(one.recipient.address.key for one in self.served if one.is_found)

    @property
    def policy(self) -> Policy:
        """All recipients of a transaction share client and routes (design 6.3)."""
        return self.served[0].policy

    @property
    def way(self) -> Direction:
        """By which it leaves: the bounce of what a client forwarded came in, and goes out again to who wrote that."""
        return Direction.OUTBOUND if self.served[0].goes_on else self.incoming.direction

    @property
    def is_sender_authenticated(self) -> bool:
        """Whether a notification would reach the true sender: submitted to us, or proven by SPF or DKIM (11-2)."""
        incoming = self.incoming
        if incoming.direction is Direction.OUTBOUND:
            return incoming.forwarded is None or incoming.forwarded.is_sender_proven
        domain = sender_domain(incoming.envelope.sender)
        return bool(domain) and domain in authenticated_domains(self.evidence)
