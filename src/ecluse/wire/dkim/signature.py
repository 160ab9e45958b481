"""DKIM-Signature fields: what a signature claims (RFC 6376 section 3.5), with every number bounded."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.domain.errors import EcluseError
from ecluse.wire.dkim.canonical import CRLF, Mode
from ecluse.wire.dkim.hashes import WantedHash
from ecluse.wire.dkim.names import domain_in, selector_in
from ecluse.wire.dkim.result import Result, SignatureResult
from ecluse.wire.dkim.tags import TagSyntax, compact, emptied, listed, number, octets, parse_tags
from ecluse.wire.mime.fields import HeaderSection

MAX_FIELDS = 20  # Signature fields that are looked at, from the top.
MAX_VERIFIED = 5  # Of those that can be verified.
MAX_FIELD_OCTETS = 16_384
MAX_NAMES = 256
_ALGORITHMS = frozenset({"rsa-sha256", "rsa-sha1", "ed25519-sha256"})
_MODES = {b"simple": Mode.SIMPLE, b"relaxed": Mode.RELAXED}
_QUERIES = frozenset({b"dns", b"dns/txt"})  # RFC 4870 wrote "dns"; both ask the same.


class Unusable(EcluseError):
    """A signature that cannot be verified, whatever the DNS says."""

    def __init__(self, result: Result, reason: str) -> None:
        super().__init__(reason)
        self.result = result


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM-Signature or ARC-Message-Signature that can be verified."""

    place: int  # Which field of the section it is.
    domain: str  # d=, lower case, A-labels.
    selector: str
    identity: str  # i=, or "@" and d=.
    kind: str  # Of the key: "rsa", "ed25519".
    digest: str  # "sha256", "sha1"
    mode: Mode  # Of the header.
    names: tuple[bytes, ...]  # h=, lower case.
    body: WantedHash
    body_hash: bytes  # bh=
    value: bytes  # b=
    start: str  # The first eight characters of b= (RFC 6008).
    bare: bytes  # The field as it stands there with b= emptied, without its line end: what is signed last.
    signed_at: int | None  # t=, seconds since the epoch.
    expires_at: int | None  # x=

    @property
    def key_name(self) -> str:
        """Where its key is asked for, as TXT (RFC 6376 section 3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def algorithm(self) -> str:
        """As in a=."""
        return f"{self.kind}-{self.digest}"

    def has_expired(self, now: float) -> bool:
        """Whether x= has passed; `now` in seconds since the epoch."""
        return self.expires_at is not None and now > self.expires_at


def find_signatures(section: HeaderSection) -> tuple[Signature | SignatureResult, ...]:
    """The signatures of a message from the top, `MAX_FIELDS` at most.

    What cannot be verified, or would be one too many, has its result already.
    """
    found: list[Signature | SignatureResult] = []
    for place, name in enumerate(section.names):
        if name != b"dkim-signature":
            continue
        if len(found) == MAX_FIELDS:
            break
        is_full = sum(isinstance(one, Signature) for one in found) == MAX_VERIFIED
        found.append(_read(section.raws[place], place, is_full=is_full))
    return tuple(found)


def _read(raw: bytes, place: int, *, is_full: bool) -> Signature | SignatureResult:
    tags: dict[bytes, bytes] = {}
    try:
        tags = field_tags(raw)
        signature = _dkim_signature(raw, place, tags)
    except (Unusable, TagSyntax) as problem:
        result = problem.result if isinstance(problem, Unusable) else Result.PERMERROR
        return _without_verifying(tags, result, str(problem))
    return _without_verifying(tags, Result.POLICY, "limit: too many signatures") if is_full else signature


def _without_verifying(tags: dict[bytes, bytes], result: Result, reason: str) -> SignatureResult:
    domain, selector, identity = (_shown(tags.get(tag, b"")) for tag in (b"d", b"s", b"i"))
    return SignatureResult(domain, selector, identity or f"@{domain}", result, reason)


def _shown(value: bytes) -> str:
    """A tag of a signature that cannot be used, for the log: no more than a name may have."""
    return compact(value)[:253].decode("utf-8", "replace")


def field_tags(raw: bytes) -> dict[bytes, bytes]:
    """The tags of a signature field. Raises `TagSyntax` or `Unusable`."""
    if len(raw) > MAX_FIELD_OCTETS:
        raise Unusable(Result.POLICY, f"limit: more than {MAX_FIELD_OCTETS} octets")
    return parse_tags(raw.partition(b":")[2])


def _dkim_signature(raw: bytes, place: int, tags: dict[bytes, bytes]) -> Signature:
    if tags.get(b"v") != b"1":
        raise Unusable(Result.PERMERROR, "incompatible version")
    domain = domain_in(required(tags, b"d"), "d")
    signature = read_signature(raw, place, tags, _identity(tags.get(b"i"), domain))
    if b"from" not in signature.names:
        raise Unusable(Result.PERMERROR, "From is not signed")
    return signature


def _identity(value: bytes | None, domain: str) -> str:
    """i=, whose domain must be d= or lie below it (RFC 6376 section 6.1.1)."""
    if value is None:
        return f"@{domain}"
    local, at, host = compact(value).rpartition(b"@")
    if not at:
        raise Unusable(Result.PERMERROR, "i= is no identity")
    owner = domain_in(host, "i")
    if owner != domain and not owner.endswith(f".{domain}"):
        raise Unusable(Result.PERMERROR, "i= is not in the domain d=")
    return f"{local.decode('utf-8', 'replace')}@{owner}"


def read_signature(raw: bytes, place: int, tags: dict[bytes, bytes], identity: str) -> Signature:
    """What DKIM-Signature and ARC-Message-Signature have in common. Raises `TagSyntax` or `Unusable`."""
    kind, digest = algorithm_in(tags)
    header_mode, body_mode = _modes(tags.get(b"c", b"simple/simple"))
    if not _QUERIES & set(listed(tags.get(b"q", b"dns/txt"))):
        raise Unusable(Result.NEUTRAL, "q= knows no way to the key that we know")
    signed_at, expires_at = (number(tags[tag], tag.decode()) if tag in tags else None for tag in (b"t", b"x"))
    if signed_at is not None and expires_at is not None and expires_at <= signed_at:
        raise Unusable(Result.PERMERROR, "x= is not after t=")
    return Signature(
        place,
        domain_in(required(tags, b"d"), "d"),
        selector_in(required(tags, b"s")),
        identity,
        kind,
        digest,
        header_mode,
        _names(required(tags, b"h")),
        WantedHash(body_mode, digest, number(tags[b"l"], "l") if b"l" in tags else None),
        octets(required(tags, b"bh"), "bh"),
        octets(required(tags, b"b"), "b"),
        compact(tags[b"b"])[:8].decode("ascii"),
        bare(raw),
        signed_at,
        expires_at,
    )


def required(tags: dict[bytes, bytes], tag: bytes) -> bytes:
    """A tag that must be there. Raises `Unusable`."""
    if tag not in tags:
        raise Unusable(Result.PERMERROR, f"{tag.decode()}= is missing")
    return tags[tag]


def algorithm_in(tags: dict[bytes, bytes]) -> tuple[str, str]:
    """Kind of key and digest of a=. Raises `Unusable`."""
    algorithm = required(tags, b"a").decode("latin-1")
    if algorithm not in _ALGORITHMS:
        raise Unusable(Result.NEUTRAL, "unknown algorithm")
    kind, _, digest = algorithm.partition("-")
    return kind, digest


def bare(raw: bytes) -> bytes:
    """A signature field with b= emptied and without its line end (RFC 6376 section 3.7)."""
    name, colon, value = raw.removesuffix(CRLF).partition(b":")
    return name + colon + emptied(value, b"b")


def _modes(value: bytes) -> tuple[Mode, Mode]:
    header, _, body = value.partition(b"/")
    modes = _MODES.get(header), _MODES.get(body or b"simple")
    if modes[0] is None or modes[1] is None:
        raise Unusable(Result.NEUTRAL, "unknown canonicalisation")
    return modes[0], modes[1]


def _names(value: bytes) -> tuple[bytes, ...]:
    # Counted before it is split: a field of 16 kB holds 8,000 names, and each costs in every signature.
    if value.count(b":") >= MAX_NAMES:
        raise Unusable(Result.POLICY, f"limit: more than {MAX_NAMES} names in h=")
    return tuple(name.lower() for name in listed(value))
