"""Whether a signature holds, given its key and the hash of the body (RFC 6376 section 6.1)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ecluse.domain.dns import Answer
from ecluse.wire.dkim.canonical import Mode, relaxed_field
from ecluse.wire.dkim.hashes import BodyHashes, new_hash
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.key import KeyTrouble, PublicKey, keys_in
from ecluse.wire.dkim.result import Result, SignatureResult
from ecluse.wire.dkim.signature import Signature

CLOCK_TOLERANCE_S = 3_600  # How far ahead of us a signer's clock may be.

# What a reader is shown, or how it is shown to him: whoever may add one of these unsigned may change the message.
_SHOWN = (
    b"from",
    b"reply-to",
    b"to",
    b"cc",
    b"subject",
    b"date",
    b"content-type",
    b"content-transfer-encoding",
)


def verify(
    signature: Signature,
    header: SignedHeader,
    bodies: BodyHashes,
    answer: Answer,
    now: float,
    *,
    allow_sha1: bool = False,
) -> SignatureResult:
    """The result of one signature; `bodies` holds its `body`, `answer` the TXT records of its `key_name`.

    `now` is in seconds since the epoch. rsa-sha1 fails without `allow_sha1` (RFC 8301 section 3.1).
    """
    claimed = _claimed(signature, header, bodies, now)
    trouble = _trouble(signature, header, bodies, now, allow_sha1=allow_sha1)
    if trouble:
        return replace(claimed, result=trouble[0], reason=trouble[1])
    try:
        keys = keys_in(answer, signature.kind, signature.digest)
    except KeyTrouble as problem:
        return replace(claimed, result=problem.result, reason=str(problem))
    return _checked(signature, claimed, header_hash(signature, header), keys)


def _claimed(signature: Signature, header: SignedHeader, bodies: BodyHashes, now: float) -> SignatureResult:
    """The facts that need no key."""
    length = signature.body.length
    return SignatureResult(
        signature.domain,
        signature.selector,
        signature.identity,
        Result.FAIL,
        start=signature.start,
        algorithm=signature.algorithm,
        length=length,
        has_unsigned_body=length is not None and length < bodies.octets(signature.body.mode),
        unsigned=_unsigned(signature, header),
        is_expired=signature.has_expired(now),
    )


def _unsigned(signature: Signature, header: SignedHeader) -> tuple[str, ...]:
    signed = Counter(signature.names)
    return tuple(name.decode() for name in _SHOWN if header.count(name) > signed[name])


def _trouble(
    signature: Signature, header: SignedHeader, bodies: BodyHashes, now: float, *, allow_sha1: bool
) -> tuple[Result, str] | None:
    """What is wrong whatever the key is."""
    # Fields are signed from the bottom up: what stands below those that we read would be read by others unsigned.
    if header.section.exceeds_limits:
        return Result.POLICY, "limit: the header section is too large"
    if signature.digest == "sha1" and not allow_sha1:
        return Result.FAIL, "rsa-sha1 is no longer accepted (RFC 8301)"
    body_hash = bodies.digest(signature.body)
    if body_hash is None:
        return Result.FAIL, "l= is longer than the body"
    if body_hash != signature.body_hash:
        return Result.FAIL, "body hash does not match"
    if signature.has_expired(now):
        return Result.POLICY, "expired"
    if signature.signed_at is not None and signature.signed_at > now + CLOCK_TOLERANCE_S:
        return Result.POLICY, "signed in the future"
    return None


def _checked(
    signature: Signature, claimed: SignatureResult, hashed: bytes, keys: tuple[PublicKey, ...]
) -> SignatureResult:
    """Try the keys in order: a name may hold the old and the new one (RFC 6376 section 3.6.2.2)."""
    result = claimed
    for key in keys:
        result = replace(claimed, key_bits=key.bits, is_test_key=key.is_test, reason="signature does not match")
        if key.is_strict and not signature.identity.endswith(f"@{signature.domain}"):
            result = replace(result, result=Result.PERMERROR, reason="the key is for its own domain alone (t=s)")
        elif key.has_signed(signature.value, hashed, signature.digest):
            return replace(result, result=Result.PASS, reason="")
    return result


def header_hash(signature: Signature, header: SignedHeader) -> bytes:
    """The hash of the signed fields and of the signature itself (RFC 6376 section 3.7)."""
    is_relaxed = signature.mode is Mode.RELAXED
    running = new_hash(signature.digest)
    running.update(b"".join(header.selected(signature.names, signature.mode, signature.place)))
    running.update(relaxed_field(signature.bare) if is_relaxed else signature.bare)
    return bytes(running.digest())
