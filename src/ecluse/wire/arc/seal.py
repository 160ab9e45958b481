"""Sealing: the three fields that we add as one more hop of a chain (RFC 8617 section 5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.domain.errors import Impossible
from ecluse.wire.arc.chain import Validity, sealed_fields
from ecluse.wire.arc.sets import MAX_INSTANCE, Chain
from ecluse.wire.dkim.canonical import CRLF, Mode, relaxed_field
from ecluse.wire.dkim.hashes import BodyHashes
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.sign import Signing, SigningKey, sign_field, signature_tags, signed_names


@dataclass(frozen=True, slots=True)
class Sealing:
    """What we found, and what is to be signed."""

    cv: Validity  # Of the chain as it came.
    authserv_id: bytes
    results: bytes  # What follows the identifier in our Authentication-Results, "spf=pass; dkim=none".
    signing: Signing


def seal(
    header: SignedHeader, bodies: BodyHashes, chain: Chain, key: SigningKey, sealing: Sealing
) -> tuple[bytes, ...]:
    """ARC-Seal, ARC-Message-Signature and ARC-Authentication-Results, whole, in the order in which they go on top.

    Nothing where no set may be added: the chain has ended with cv=fail, or is 50 hops long. `bodies` holds
    `SIGNED_BODY`. Raises `Impossible` when the chain cannot have the validity that is said.
    """
    instance = chain.highest + 1
    if chain.has_ended or instance > MAX_INSTANCE:
        return ()
    if sealing.cv is not Validity.FAIL and (chain.fault or (sealing.cv is Validity.NONE) != (not chain.sets)):
        raise Impossible(f"a chain of {len(chain.sets)} sets cannot be sealed as cv={sealing.cv}")
    results = _results(instance, sealing)
    message = _message(instance, header, bodies, key, sealing.signing)
    # A failed chain proves nothing, so that its fields are not signed again (section 5.1.2).
    before = [] if sealing.cv is Validity.FAIL else sealed_fields(chain.sets, header)
    signed = [*before, relaxed_field(results) + CRLF, relaxed_field(message) + CRLF]
    return _seal(instance, signed, key, sealing), message, results


def _results(instance: int, sealing: Sealing) -> bytes:
    """Each result on a line of its own; line ends within them would end the field, or forge one."""
    parts = [sealing.authserv_id, *sealing.results.split(b";")]
    lines = b";\r\n\t".join(b" ".join(part.split()) for part in parts if part.strip())
    return b"ARC-Authentication-Results: i=%d; " % instance + lines + CRLF


def _message(instance: int, header: SignedHeader, bodies: BodyHashes, key: SigningKey, signing: Signing) -> bytes:
    names = [name for name in signed_names(header, signing) if not name.startswith(b"arc-")]
    tags = [(b"i", b"%d" % instance), *signature_tags(bodies, key, names, signing.signed_at)]
    return sign_field(b"ARC-Message-Signature", tags, header.selected(names, Mode.RELAXED), key)


def _seal(instance: int, signed: list[bytes], key: SigningKey, sealing: Sealing) -> bytes:
    tags = [
        (b"i", b"%d" % instance),
        (b"a", key.algorithm.encode()),
        (b"t", b"%d" % sealing.signing.signed_at),
        (b"cv", sealing.cv.encode()),
        (b"d", key.domain.encode()),
        (b"s", key.selector.encode()),
    ]
    return sign_field(b"ARC-Seal", tags, signed, key)
