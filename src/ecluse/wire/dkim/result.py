"""What became of one DKIM signature, in the words of RFC 8601 section 2.7.1, and the facts beside it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """The results that DKIM knows for one signature."""

    PASS = "pass"  # noqa: S105 - a result, no secret.
    FAIL = "fail"  # The signature or the body hash does not fit, or the algorithm is one that RFC 8301 calls failed.
    NEUTRAL = "neutral"  # It asks for something that we do not know: an algorithm, a canonicalisation, a query.
    POLICY = "policy"  # We do not accept it: expired, its key too short or too long, one signature too many.
    TEMPERROR = "temperror"  # The key could not be asked for; it may work later.
    PERMERROR = "permerror"  # It can never be verified: syntax, no key, a revoked or broken key.


@dataclass(frozen=True, slots=True)
class SignatureResult:
    """The result of one signature; the facts are frozen into the evidence as they are."""

    domain: str  # d=, lower case, A-labels; "" where it cannot be read.
    selector: str  # s=
    identity: str  # i=, or "@" and d=.
    result: Result
    reason: str = ""  # One clause; "" for a pass.
    start: str = ""  # The first eight characters of b=, which tell two signatures apart (RFC 6008).
    algorithm: str = ""  # "rsa-sha256"
    key_bits: int = 0  # 0 = no key was seen.
    length: int | None = None  # l=: how many octets of the canonical body are signed; None = all.
    has_unsigned_body: bool = False  # The body goes on after l=: anybody may have added that.
    unsigned: tuple[str, ...] = ()  # Fields that readers see and that are there more often than signed, "subject".
    is_test_key: bool = False  # t=y in the key record: treat a failure as no signature (RFC 6376 section 3.6.1).
    is_expired: bool = False  # x= has passed.
