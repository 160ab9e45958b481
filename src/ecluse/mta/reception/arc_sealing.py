"""Relayed mail carries our ARC seal where its client wants it, and forwarded mail: what we found out survives (RFC 8617)."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ecluse.domain.content import Content, PrefixedContent
from ecluse.domain.evidence import Unknown
from ecluse.filtering.changes.authentication_results import results
from ecluse.filtering.changes.departure import Departure
from ecluse.mta.reception.signing import NAMES, body_hashes
from ecluse.wire.arc.chain import Validity
from ecluse.wire.arc.seal import Sealing, seal
from ecluse.wire.arc.sets import read_chain
from ecluse.wire.authres.write import results_text
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.sign import Signing, SigningKey
from ecluse.wire.mime.fields import HeaderSection

_NAMES = (*NAMES, b"dkim-signature")  # RFC 8617 section 4.1.2 recommends it.


@dataclass(frozen=True, slots=True)
class ArcSealer:
    """Seals in the name of the provider."""

    key: SigningKey  # RSA: few verifiers of seals know anything else.

    async def sealed(self, departure: Departure, section: HeaderSection, outgoing: Content) -> Content:
        """The message with one more set on top; as it is where its chain failed, or cannot be told: a seal helps neither."""
        facts, incoming = departure.evidence.authentication, departure.incoming
        if (
            isinstance(facts, Unknown)
            or facts.arc.result == Validity.FAIL
            or section.strays
            or b"from" not in section.names
        ):
            return outgoing
        bodies = await body_hashes(incoming.content, section.octets)
        sealing = Sealing(
            Validity(facts.arc.result),
            departure.hostname.encode(),
            results_text(results(departure, facts)).encode(),
            Signing(_NAMES, int(time.time())),
        )
        fields = seal(SignedHeader(section), bodies, read_chain(section), self.key, sealing)
        return PrefixedContent(b"".join(fields), outgoing, 0)
