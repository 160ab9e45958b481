"""The test of senders (1-6): work that a browser does, and a code that a person types; each counts once.

ALTCHA's proof alone shows that somebody has a processor; a code alone can be read by a program that looks for it. Both,
for each single message, cost a sender of millions what they do not cost a person. No third party, no picture, no cookie.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

import msgspec
from altcha import v1
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from ecluse.control.mail.models import UsedChallenge

MAX_NUMBER = 60_000  # Hashes: a second or two of a telephone.
LIVES = timedelta(minutes=20)
CODE_DIGITS = 4
_MAX_PAYLOAD = 2_000
_ALGORITHM: Literal["SHA-256"] = "SHA-256"


class Mistake(StrEnum):
    """Why an answer does not count."""

    NO_PROOF = "no-proof"  # None, a wrong one, another message's, or too late.
    USED = "used"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Test:
    """What the page asks."""

    challenge: str  # JSON for the browser.
    digits: str  # What the person is to type.


class _Solution(msgspec.Struct, frozen=True):
    algorithm: Literal["SHA-256"]
    challenge: str
    number: int
    salt: str
    signature: str


def new_test(subject: bytes) -> Test:
    """A test that counts for this subject alone."""
    expires = datetime.now(UTC) + LIVES
    options = v1.ChallengeOptions(
        algorithm=_ALGORITHM,
        max_number=MAX_NUMBER,
        hmac_key=_key("proof"),
        expires=expires,
        params={"for": subject.hex()},
    )
    made = v1.create_challenge(options)
    fields = {
        "challenge": made.challenge,
        "salt": made.salt,
        "signature": made.signature,
        "max": MAX_NUMBER,
        "algorithm": _ALGORITHM,
    }
    return Test(msgspec.json.encode(fields).decode(), _digits(made.signature))


def mistake_in(payload: str, typed: str, subject: bytes) -> Mistake | None:
    """None for a good answer; whatever the answer, this test is over."""
    solution = _read(payload)
    if solution is None or not _is_proof(solution, subject):
        return Mistake.NO_PROOF
    if not _use(solution.signature):
        return Mistake.USED
    is_right = hmac.compare_digest(typed.strip().encode(), _digits(solution.signature).encode())
    return None if is_right else Mistake.CODE


def forget_used(now: float) -> int:
    """Delete what has expired by itself; how many."""
    deleted, _ = UsedChallenge.objects.filter(used_at__lt=now - 2 * LIVES.total_seconds()).delete()
    return deleted


def _read(payload: str) -> _Solution | None:
    if len(payload) > _MAX_PAYLOAD:
        return None
    try:
        return msgspec.json.decode(base64.b64decode(payload, validate=True), type=_Solution)
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        return None


def _is_proof(solution: _Solution, subject: bytes) -> bool:
    fields = msgspec.to_builtins(solution)
    if v1.extract_params(fields).get("for") != [subject.hex()]:
        return False
    is_good, _ = v1.verify_solution(fields, _key("proof"), check_expires=True)
    return is_good


def _use(signature: str) -> bool:
    """Whether nobody has used it before."""
    digest = hashlib.sha256(signature.encode("utf-8", "replace")).digest()
    try:
        with transaction.atomic():
            UsedChallenge.objects.create(digest=digest, used_at=time.time())
    except IntegrityError:
        return False
    return True


def _digits(signature: str) -> str:
    made = hmac.new(_key("code").encode(), signature.encode("utf-8", "replace"), hashlib.sha256).digest()
    return f"{int.from_bytes(made[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def _key(use: str) -> str:
    return salted_hmac("ecluse: test of senders", use, algorithm="sha256").hexdigest()
