"""The evidence of a lock, sealed to its client like held mail: the node that keeps it cannot read it back."""

from __future__ import annotations

import msgspec

from ecluse.domain.lock_evidence import LockEvidence
from ecluse.wire.sealing.content import opened_summary, sealed_summary
from ecluse.wire.sealing.envelope import sealed_key

_encode = msgspec.msgpack.Encoder().encode
_decode_pair = msgspec.msgpack.Decoder(tuple[bytes, bytes]).decode
_decode = msgspec.msgpack.Decoder(LockEvidence).decode


def sealed_evidence(evidence: LockEvidence, public_key: bytes, lock_id: str) -> bytes:
    """The seal, and what it opens. Raises `Impossible` for a key that is none."""
    content_key, seal = sealed_key(public_key, lock_id)
    return _encode((seal, sealed_summary(_encode(evidence), content_key, lock_id)))


def seal_of(octets: bytes) -> bytes:
    """Which opens it. Raises `msgspec.MsgspecError` for what is none."""
    return _decode_pair(octets)[0]


def opened_evidence(octets: bytes, content_key: bytes, lock_id: str) -> LockEvidence:
    """The evidence again. Raises `Impossible` and `msgspec.MsgspecError`."""
    return _decode(opened_summary(_decode_pair(octets)[1], content_key, lock_id))
