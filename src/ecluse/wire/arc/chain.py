"""Whether a chain holds: every seal, and the newest hop's signature of the message (RFC 8617 section 5.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ecluse.domain.dns import Answer, DnsStatus
from ecluse.wire.arc.sets import ArcSet, Chain, Seal
from ecluse.wire.dkim.canonical import relaxed_field
from ecluse.wire.dkim.hashes import BodyHashes
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.key import KeyTrouble, keys_in
from ecluse.wire.dkim.result import Result
from ecluse.wire.dkim.signature import Signature
from ecluse.wire.dkim.verify import verify

_NOT_ASKED = Answer(DnsStatus.BUDGET)


class Validity(StrEnum):
    """The chain validation status of RFC 8617 section 4.4."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 - a status, no secret.
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class ChainResult:
    """What became of a chain."""

    cv: Validity
    oldest_pass: int = 0  # The oldest hop whose signature still fits the message; 0 = all do (section 5.2, step 5).
    reason: str = ""  # One clause; "" for none and pass.
    sealers: tuple[str, ...] = ()  # d= of the seals, the first hop's first; proven only where cv is pass.
    is_temporary: bool = False  # It failed because a key could not be asked for: ARC has no word for that.


def validate(
    chain: Chain, header: SignedHeader, bodies: BodyHashes, answers: Mapping[str, Answer], now: float
) -> ChainResult:
    """Validate a chain; `bodies` holds its `wanted`, `answers` the TXT records of its `key_names`.

    A name that was not asked for counts as one that did not answer. `now` is in seconds since the epoch.
    """
    if chain.fault:
        return ChainResult(Validity.FAIL, reason=chain.fault)
    if not chain.sets:
        return ChainResult(Validity.NONE)
    sealers = tuple(one.seal.domain for one in chain.sets)
    newest = len(chain.sets)
    try:
        _demand_message(newest, chain.sets[-1].message.signature, header, bodies, answers, now)
        _demand_seals(chain.sets, header, answers)
    except KeyTrouble as problem:
        is_temporary = problem.result is Result.TEMPERROR
        return ChainResult(Validity.FAIL, 0, str(problem), sealers, is_temporary)
    return ChainResult(Validity.PASS, _oldest_pass(chain.sets, header, bodies, answers, now), "", sealers)


def _demand_message(
    instance: int,
    signature: Signature | None,
    header: SignedHeader,
    bodies: BodyHashes,
    answers: Mapping[str, Answer],
    now: float,
) -> None:
    """Raises `KeyTrouble` unless the signature of this hop fits the message as it is now."""
    if signature is None:
        raise KeyTrouble(Result.PERMERROR, f"i={instance}: no signature that can be verified")
    found = verify(signature, header, bodies, answers.get(signature.key_name, _NOT_ASKED), now)
    if found.result is not Result.PASS:
        raise KeyTrouble(found.result, f"i={instance}: ARC-Message-Signature: {found.reason}")


def _demand_seals(sets: tuple[ArcSet, ...], header: SignedHeader, answers: Mapping[str, Answer]) -> None:
    """Raises `KeyTrouble` unless every seal holds; the newest is looked at first."""
    hashes = _seal_hashes(sets, header)
    for at in range(len(sets) - 1, -1, -1):
        seal = sets[at].seal
        if not _holds(seal, hashes[at], answers.get(seal.key_name, _NOT_ASKED), at + 1):
            raise KeyTrouble(Result.FAIL, f"i={at + 1}: ARC-Seal: signature does not match")


def _holds(seal: Seal, hashed: bytes, answer: Answer, instance: int) -> bool:
    if seal.digest != "sha256":
        raise KeyTrouble(Result.FAIL, f"i={instance}: ARC-Seal: {seal.digest} is no longer accepted (RFC 8301)")
    try:
        keys = keys_in(answer, seal.kind, seal.digest)
    except KeyTrouble as problem:
        raise KeyTrouble(problem.result, f"i={instance}: ARC-Seal: {problem}") from None
    return any(key.has_signed(seal.value, hashed, seal.digest) for key in keys)


def _seal_hashes(sets: tuple[ArcSet, ...], header: SignedHeader) -> list[bytes]:
    """What each seal has signed: all sets up to its own. Each field is hashed twice, however many hops there are."""
    running = hashlib.sha256()
    hashes: list[bytes] = []
    for one in sets:
        running.update(header.relaxed(one.results.place) + header.relaxed(one.message.place))
        own = running.copy()
        own.update(relaxed_field(one.seal.bare))
        hashes.append(own.digest())
        running.update(header.relaxed(one.seal.place))
    return hashes


def _oldest_pass(
    sets: tuple[ArcSet, ...],
    header: SignedHeader,
    bodies: BodyHashes,
    answers: Mapping[str, Answer],
    now: float,
) -> int:
    """The hop after the last one that changed the message; 0 when none did. The newest is known to pass."""
    for instance in range(len(sets) - 1, 0, -1):
        try:
            _demand_message(instance, sets[instance - 1].message.signature, header, bodies, answers, now)
        except KeyTrouble:
            return instance + 1
    return 0


def sealed_fields(sets: tuple[ArcSet, ...], header: SignedHeader) -> list[bytes]:
    """The fields of all sets in the order in which seals sign them, relaxed, each with its line end (section 5.1.1)."""
    places = [place for one in sets for place in (one.results.place, one.message.place, one.seal.place)]
    return [header.relaxed(place) for place in places]
