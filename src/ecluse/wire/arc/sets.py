"""ARC header fields as sets, and whether they make a chain (RFC 8617 sections 4 and 5.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ecluse.wire.dkim.hashes import WantedHash
from ecluse.wire.dkim.names import domain_in, selector_in
from ecluse.wire.dkim.result import Result
from ecluse.wire.dkim.signature import (
    Signature,
    Unusable,
    algorithm_in,
    bare,
    field_tags,
    read_signature,
    required,
)
from ecluse.wire.dkim.tags import TagSyntax, number, octets
from ecluse.wire.mime.fields import HeaderSection, unfolded

MAX_INSTANCE = 50  # RFC 8617 section 4.2.1.
RESULTS, MESSAGE, SEAL = b"arc-authentication-results", b"arc-message-signature", b"arc-seal"

_INSTANCE = re.compile(rb"[0-9]{1,2}\Z")
_RESULTS_INSTANCE = re.compile(rb"[ \t]*i[ \t]*=[ \t]*([0-9]{1,2})[ \t]*;")


@dataclass(frozen=True, slots=True)
class Results:
    """One ARC-Authentication-Results field."""

    place: int  # Which field of the section it is.
    text: bytes  # What follows the instance: the identifier of the server and its results, unfolded.


@dataclass(frozen=True, slots=True)
class MessageSignature:
    """One ARC-Message-Signature field."""

    place: int
    signature: Signature | None  # None = it cannot be verified, which only matters in the newest set.
    trouble: str = ""  # Why it cannot.


@dataclass(frozen=True, slots=True)
class Seal:
    """One ARC-Seal field."""

    place: int
    domain: str  # d=, lower case, A-labels.
    selector: str
    kind: str  # Of the key: "rsa", "ed25519".
    digest: str
    cv: str  # "none", "pass", "fail"
    value: bytes  # b=
    bare: bytes  # The field with b= emptied, without its line end.

    @property
    def key_name(self) -> str:
        """Where its key is asked for, as TXT."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True)
class ArcSet:
    """The three fields that one hop added."""

    results: Results
    message: MessageSignature
    seal: Seal


@dataclass(frozen=True, slots=True)
class Chain:
    """The sets of a message, oldest first; what is not a chain by its form alone has a fault and no sets."""

    sets: tuple[ArcSet, ...] = ()
    fault: str = ""
    highest: int = 0  # The highest instance that can be read, also of a broken chain.
    has_ended: bool = False  # A hop said cv=fail: nobody may add another set (section 5.1.2).

    @property
    def key_names(self) -> tuple[str, ...]:
        """The names to ask for as TXT, the newest hop's first, each once."""
        names: dict[str, None] = {}
        for one in reversed(self.sets):
            if one.message.signature:
                names[one.message.signature.key_name] = None
            names[one.seal.key_name] = None
        return tuple(names)

    @property
    def wanted(self) -> frozenset[WantedHash]:
        """The body hashes that it takes to validate."""
        return frozenset(one.message.signature.body for one in self.sets if one.message.signature)


_T = TypeVar("_T")


def read_chain(section: HeaderSection) -> Chain:
    """The chain of a message; one that was never sealed has neither sets nor a fault."""
    counts = [section.names.count(name) for name in (RESULTS, MESSAGE, SEAL)]
    if not any(counts):
        return Chain()
    if max(counts) > MAX_INSTANCE:
        return Chain((), f"limit: more than {MAX_INSTANCE} sets", MAX_INSTANCE)
    faults: list[str] = []
    results = _by_instance(section, RESULTS, _results, faults)
    messages = _by_instance(section, MESSAGE, _message, faults)
    seals = _by_instance(section, SEAL, _seal, faults)
    highest = max([0, *results, *messages, *seals])
    has_ended = highest in seals and seals[highest].cv == "fail"
    faults = faults or _form_faults(results, messages, seals, highest)
    if faults:
        return Chain((), faults[0], highest, has_ended)
    each = range(1, highest + 1)
    return Chain(tuple(ArcSet(results[at], messages[at], seals[at]) for at in each), "", highest, has_ended)


def _by_instance(
    section: HeaderSection, name: bytes, read: Callable[[bytes, int], tuple[int, _T]], faults: list[str]
) -> dict[int, _T]:
    """The fields of one kind; what cannot be read goes to the faults."""
    found: dict[int, _T] = {}
    for place, own in enumerate(section.names):
        if own != name:
            continue
        try:
            instance, field = read(section.raws[place], place)
        except (Unusable, TagSyntax) as problem:
            faults.append(f"{name.decode()}: {problem}")
            continue
        if instance in found:
            faults.append(f"{name.decode()}: i={instance} stands there twice")
        found[instance] = field
    return found


def _form_faults(
    results: Mapping[int, Results], messages: Mapping[int, MessageSignature], seals: Mapping[int, Seal], highest: int
) -> list[str]:
    """What keeps fields that can all be read from being a chain (section 5.2, steps 2 and 3)."""
    whole = set(range(1, highest + 1))
    if not whole == set(results) == set(messages) == set(seals):
        return ["sets are incomplete"]
    faults = [f"i={at}: cv={seals[at].cv}" for at in whole if seals[at].cv != ("none" if at == 1 else "pass")]
    if messages[highest].trouble:
        faults.append(f"i={highest}: {messages[highest].trouble}")
    return faults


def _results(raw: bytes, place: int) -> tuple[int, Results]:
    value = unfolded(raw)
    found = _RESULTS_INSTANCE.match(value)
    if not found:
        raise Unusable(Result.PERMERROR, "no instance")
    return _instance(found[1]), Results(place, value[found.end() :].strip(b" \t"))


def _message(raw: bytes, place: int) -> tuple[int, MessageSignature]:
    tags = field_tags(raw)
    instance = _instance(required(tags, b"i"))
    try:
        return instance, MessageSignature(place, _signature(raw, place, tags))
    except (Unusable, TagSyntax) as problem:
        return instance, MessageSignature(place, None, str(problem))


def _signature(raw: bytes, place: int, tags: dict[bytes, bytes]) -> Signature:
    """As DKIM's, but i= is the instance, there is no v=, and From need not be signed (section 4.1.2)."""
    signature = read_signature(raw, place, tags, f"@{domain_in(required(tags, b'd'), 'd')}")
    if SEAL in signature.names:
        raise Unusable(Result.PERMERROR, "h= names arc-seal")
    return signature


def _seal(raw: bytes, place: int) -> tuple[int, Seal]:
    tags = field_tags(raw)
    instance = _instance(required(tags, b"i"))
    if b"h" in tags:
        raise Unusable(Result.PERMERROR, "h= has no place here")  # Section 4.1.3.
    cv = required(tags, b"cv").decode("latin-1")
    if cv not in {"none", "pass", "fail"}:
        raise Unusable(Result.PERMERROR, "unknown cv=")
    if b"t" in tags:
        number(tags[b"t"], "t")
    kind, digest = algorithm_in(tags)
    domain, selector = domain_in(required(tags, b"d"), "d"), selector_in(required(tags, b"s"))
    return instance, Seal(place, domain, selector, kind, digest, cv, octets(required(tags, b"b"), "b"), bare(raw))


def _instance(value: bytes) -> int:
    instance = int(value) if _INSTANCE.match(value) else 0
    if not 1 <= instance <= MAX_INSTANCE:
        raise Unusable(Result.PERMERROR, f"an instance is a number from 1 to {MAX_INSTANCE}")
    return instance
