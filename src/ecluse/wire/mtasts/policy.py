"""The policy that a domain publishes for deliveries to it (RFC 8461 sections 3.2 and 4.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ecluse.domain.errors import EcluseError
from ecluse.wire.names.spelling import ascii_domain

MAX_CHARACTERS = 65_536
MAX_PATTERNS = 1_000
MAX_AGE_S = 31_557_600

_AGE = re.compile(r"\d{1,10}\Z", re.ASCII)


class StsSyntax(EcluseError):
    """A text that is no policy."""


class StsMode(StrEnum):
    """What a server that no pattern fits, or a certificate that is not valid, leads to."""

    ENFORCE = "enforce"
    TESTING = "testing"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """One policy."""

    mode: StsMode
    patterns: tuple[str, ...]  # As written: `mail.example.com`, or `*.example.com` for one label more.
    max_age_s: int

    def allows(self, host: str) -> bool:
        """Whether mail may be delivered to this server; a policy in test only wants to hear of the others."""
        return self.mode is not StsMode.ENFORCE or fits_any(host, self.patterns)


def parse_policy(text: str) -> StsPolicy:
    """Read a policy file. White space around a line and keys nobody knows are passed over; raises `StsSyntax`.

    Of a key that stands there twice the first one counts (section 3.2).
    """
    if len(text) > MAX_CHARACTERS:
        raise StsSyntax(f"a policy of more than {MAX_CHARACTERS} characters")
    fields: dict[str, str] = {}
    patterns: list[str] = []
    for line in text.split("\n"):
        key, colon, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if not colon and key:
            raise StsSyntax(f"no field: {key[:40]}")
        if key == "mx":
            patterns.append(value)
        elif colon:
            fields.setdefault(key, value)
    return _policy(fields, patterns)


def _policy(fields: dict[str, str], patterns: list[str]) -> StsPolicy:
    if fields.get("version") != "STSv1":
        raise StsSyntax("its version is not STSv1")
    try:
        mode = StsMode(fields.get("mode", ""))
    except ValueError:
        raise StsSyntax("its mode is none of enforce, testing, none") from None
    age = fields.get("max_age", "")
    if not _AGE.match(age) or int(age) > MAX_AGE_S:
        raise StsSyntax(f"its max_age is no number up to {MAX_AGE_S}")
    if mode is not StsMode.NONE and not patterns:
        raise StsSyntax("it names no server")
    if len(patterns) > MAX_PATTERNS:
        raise StsSyntax(f"it names more than {MAX_PATTERNS} servers")
    return StsPolicy(mode, tuple(patterns), int(age))


def fits_any(host: str, patterns: Iterable[str]) -> bool:
    """Whether a server's name fits one of the patterns: `*.` stands for exactly one label (section 4.1)."""
    name = ascii_domain(host)
    if name is None:
        return False
    below = name.partition(".")[2]
    return any(_fits(name, below, pattern) for pattern in patterns)


def _fits(name: str, below: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return bool(below) and ascii_domain(pattern[2:]) == below
    return ascii_domain(pattern) == name
