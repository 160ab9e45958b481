"""The grammar of SPF records (RFC 7208 sections 4.5, 4.6 and 12)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ecluse.wire.spf.macros import SpfSyntax, Template, read_domain

MAX_OCTETS = 8_192
# Kept between messages are records of at most this size: a thousand of them hold a few megabytes.
_MAX_CACHED_OCTETS = 1_024

_QUALIFIED = re.compile(r"([+?~-]?)([a-z0-9]+)([:/].*)?\Z", re.IGNORECASE | re.DOTALL)
_MODIFIER = re.compile(r"([a-z][a-z0-9._-]*)=(.*)\Z", re.IGNORECASE | re.DOTALL)
_LENGTHS = re.compile(r"(?:/(0|[1-9]\d?))?(?://(0|[1-9]\d{0,2}))?\Z")
_IP4 = re.compile(r"((?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3})(?:/(0|[1-9]\d?))?\Z")
_IP6 = re.compile(r"([0-9a-f:.]+)(?:/(0|[1-9]\d{0,2}))?\Z", re.IGNORECASE)
_TOP_LABEL = re.compile(r"(?!\d+\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z", re.IGNORECASE)


class SpfOutcome(StrEnum):
    """What an SPF check comes to (section 2.6)."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105 - a result, no password.
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


_QUALIFIERS = {
    "": SpfOutcome.PASS,
    "+": SpfOutcome.PASS,
    "-": SpfOutcome.FAIL,
    "~": SpfOutcome.SOFTFAIL,
    "?": SpfOutcome.NEUTRAL,
}


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One directive: what it looks at, and what follows if it matches."""

    kind: str  # "all", "include", "a", "mx", "ptr", "ip4", "ip6" or "exists".
    outcome: SpfOutcome
    target: Template | None = None  # Where to look; None for the domain of the record itself.
    network: int = 0  # Of ip4 and ip6: its leading bits, as a number.
    lengths: tuple[int, int] = (32, 128)  # How many leading bits count, of IPv4 and of IPv6.


@dataclass(frozen=True, slots=True)
class SpfRecord:
    """One record, read."""

    mechanisms: tuple[Mechanism, ...]
    redirect: Template | None
    explanation: Template | None


def is_spf(record: bytes) -> bool:
    """Whether a TXT record is an SPF record at all (section 4.5)."""
    return record[:6].lower() == b"v=spf1" and record[6:7] in (b"", b" ")


def parse_spf(record: bytes) -> SpfRecord:
    """Read what `is_spf`. One error anywhere spoils the whole record (section 4.6). Raises `SpfSyntax`."""
    if len(record) > MAX_OCTETS:
        raise SpfSyntax(f"a record of more than {MAX_OCTETS} octets")
    return _parsed_before(record) if len(record) <= _MAX_CACHED_OCTETS else _parsed(record)


def _parsed(record: bytes) -> SpfRecord:
    if not record.isascii():
        raise SpfSyntax("a character outside ASCII")
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, Template] = {}
    for term in record[6:].decode("ascii").split(" "):
        if modifier := _MODIFIER.match(term):
            _add_modifier(modifiers, modifier[1].lower(), modifier[2])
        elif term:
            mechanisms.append(_mechanism(term))
    return SpfRecord(tuple(mechanisms), modifiers.get("redirect"), modifiers.get("exp"))


_parsed_before = lru_cache(1_024)(_parsed)


def _add_modifier(modifiers: dict[str, Template], name: str, value: str) -> None:
    if name not in ("redirect", "exp"):
        # Nothing follows from it, but its grammar is that of a macro-string.
        read_domain(value)
        return
    if name in modifiers:
        raise SpfSyntax(f"a second {name}=")
    modifiers[name] = _target(value)


def _mechanism(term: str) -> Mechanism:
    found = _QUALIFIED.match(term)
    kind = found[2].lower() if found else ""
    reader = _READERS.get(kind)
    if found is None or reader is None:
        raise SpfSyntax(f"no mechanism: {term[:40]}")
    return reader(kind, _QUALIFIERS[found[1]], found[3] or "")


def _all(kind: str, outcome: SpfOutcome, argument: str) -> Mechanism:
    if argument:
        raise SpfSyntax("all takes no argument")
    return Mechanism(kind, outcome)


def _with_target(kind: str, outcome: SpfOutcome, argument: str) -> Mechanism:
    """include, exists, ptr: the first two must have a domain."""
    if not argument and kind == "ptr":
        return Mechanism(kind, outcome)
    if argument[:1] != ":":
        raise SpfSyntax(f"{kind} takes a domain")
    return Mechanism(kind, outcome, _target(argument[1:]))


def _with_lengths(kind: str, outcome: SpfOutcome, argument: str) -> Mechanism:
    """a, mx: a domain and two prefix lengths, all of them optional."""
    found = _LENGTHS.search(argument)
    lengths = (int(found[1] or 32), int(found[2] or 128)) if found else (32, 128)
    if found:
        argument = argument[: found.start()]
    if lengths[0] > 32 or lengths[1] > 128:
        raise SpfSyntax(f"{kind} with a prefix longer than an address")
    if not argument:
        return Mechanism(kind, outcome, None, lengths=lengths)
    if argument[0] != ":":
        raise SpfSyntax(f"{kind} takes a domain")
    return Mechanism(kind, outcome, _target(argument[1:]), lengths=lengths)


def _ip4(kind: str, outcome: SpfOutcome, argument: str) -> Mechanism:
    found = _IP4.match(argument[1:]) if argument[:1] == ":" else None
    octets = bytes(_octet(part) for part in found[1].split(".")) if found else b""
    length = int(found[2] or 32) if found else 33
    if length > 32:
        raise SpfSyntax(f"no IPv4 network: {argument[1:41]}")
    return Mechanism(kind, outcome, None, int.from_bytes(octets) >> 32 - length, (length, 0))


def _octet(part: str) -> int:
    if int(part) > 255:
        raise SpfSyntax("an IPv4 address with a number over 255")
    return int(part)


def _ip6(kind: str, outcome: SpfOutcome, argument: str) -> Mechanism:
    found = _IP6.match(argument[1:]) if argument[:1] == ":" else None
    length = int(found[2] or 128) if found else 129
    if found is None or length > 128:
        raise SpfSyntax(f"no IPv6 network: {argument[1:41]}")
    try:
        network = int(ipaddress.IPv6Address(found[1]))
    except ValueError:
        raise SpfSyntax(f"no IPv6 network: {argument[1:41]}") from None
    return Mechanism(kind, outcome, None, network >> 128 - length, (0, length))


_READERS = {
    "all": _all,
    "include": _with_target,
    "exists": _with_target,
    "ptr": _with_target,
    "a": _with_lengths,
    "mx": _with_lengths,
    "ip4": _ip4,
    "ip6": _ip6,
}


def _target(text: str) -> Template:
    """A domain-spec (section 7.1): it ends in a macro or in a top-level label."""
    template = read_domain(text)
    last = template[-1]
    if last == "" and len(template) > 1:
        return template
    _, dot, label = str(last).removesuffix(".").rpartition(".")
    if not dot or not _TOP_LABEL.match(label):
        raise SpfSyntax(f"no domain: {text[:40]}")
    return template
