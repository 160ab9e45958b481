"""The messages of LDAP that we send, and what we read of those that come back (RFC 4511, RFC 2696)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from ecluse.wire.ldap import ber
from ecluse.wire.ldap.ber import BadBer, boolean, elements, expect, integer, number_in, octets, sequence

START_TLS = "1.3.6.1.4.1.1466.20037"
PAGED_RESULTS = "1.2.840.113556.1.4.319"
BIND, SEARCH, ENTRY, DONE, REFERENCE, EXTENDED = (
    0x61,
    0x63,
    0x64,
    0x65,
    0x73,
    0x78,
)  # Tags; the first two: what answers.
_BIND_REQUEST, _UNBIND, _SEARCH_REQUEST, _EXTENDED_REQUEST = 0x60, 0x42, 0x63, 0x77
_SIMPLE, _CONTROLS, _NAME = 0x80, 0xA0, 0x80
_WHOLE_SUBTREE, _NEVER_DEREFERENCE = 2, 0

SUCCESS, SIZE_LIMIT, TIME_LIMIT, ADMIN_LIMIT, NO_SUCH_OBJECT, BAD_CREDENTIALS = 0, 4, 3, 11, 32, 49


@dataclass(frozen=True, slots=True)
class Message:
    """One that came."""

    id: int
    kind: int
    content: bytes
    controls: bytes = b""


@dataclass(frozen=True, slots=True)
class Result:
    """How an operation ended."""

    code: int
    said: str


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, in the whole tree below its base."""

    base: str
    filter: bytes  # As `encode_filter` makes it.
    attributes: tuple[str, ...]
    most: int
    within_s: int


def bind(number: int, dn: str, password: str) -> bytes:
    """Who we are, by simple bind; both empty: nobody in particular (RFC 4513 section 5.1.1)."""
    return _message(number, sequence(integer(3), octets(dn), octets(password, _SIMPLE), tag=_BIND_REQUEST))


def start_tls(number: int) -> bytes:
    """Ask for encryption."""
    return _message(number, sequence(octets(START_TLS, _NAME), tag=_EXTENDED_REQUEST))


def unbind(number: int) -> bytes:
    """Farewell; nothing answers it."""
    return _message(number, ber.tlv(_UNBIND, b""))


def search(number: int, wanted: Search, page: int, cookie: bytes) -> bytes:
    """One page, after the one whose cookie this is."""
    request = sequence(
        octets(wanted.base),
        integer(_WHOLE_SUBTREE, ber.ENUMERATED),
        integer(_NEVER_DEREFERENCE, ber.ENUMERATED),
        integer(wanted.most),
        integer(wanted.within_s),
        boolean(value=False),
        wanted.filter,
        sequence(*map(octets, wanted.attributes)),
        tag=_SEARCH_REQUEST,
    )
    paged = sequence(octets(PAGED_RESULTS), boolean(value=True), octets(sequence(integer(page), octets(cookie))))
    return _message(number, request, sequence(paged, tag=_CONTROLS))


def read_message(data: bytes) -> Message:
    """One whole element as it came. Raises `BadBer`."""
    (content,) = expect(data, ber.SEQUENCE)
    parts = list(elements(content))
    if len(parts) < 2 or parts[0][0] != ber.INTEGER:
        raise BadBer("no message of LDAP")
    controls = b"".join(part for tag, part in parts[2:] if tag == _CONTROLS)
    return Message(number_in(parts[0][1]), parts[1][0], parts[1][1], controls)


def read_result(content: bytes) -> Result:
    """Of a response that ends an operation. Raises `BadBer`."""
    code, _, said = expect(content, ber.ENUMERATED, ber.OCTETS, ber.OCTETS)
    return Result(number_in(code), said.decode("utf-8", "replace"))


def read_entry(content: bytes) -> dict[str, tuple[str, ...]]:
    """Attribute in lower case, without its options -> its values that are text. Raises `BadBer`."""
    _, attributes = expect(content, ber.OCTETS, ber.SEQUENCE)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for _, attribute in elements(attributes):
        kind, values = expect(attribute, ber.OCTETS, ber.SET)
        name = kind.decode("ascii", "replace").lower().partition(";")[0]
        found[name] += _texts(values)
    return {name: tuple(each) for name, each in found.items()}


def next_cookie(controls: bytes) -> bytes:
    """Where the next page begins; b"" after the last. Raises `BadBer`."""
    for _, control in elements(controls):
        parts = list(elements(control))
        if len(parts) > 1 and parts[0][1] == PAGED_RESULTS.encode():
            (value,) = expect(parts[-1][1], ber.SEQUENCE)
            return expect(value, ber.INTEGER, ber.OCTETS)[1]
    return b""


def _texts(values: bytes) -> tuple[str, ...]:
    texts = []
    for _, value in elements(values):
        try:
            texts.append(value.decode("utf-8"))
        except UnicodeDecodeError:
            continue
    return tuple(texts)


def _message(number: int, operation: bytes, controls: bytes = b"") -> bytes:
    return sequence(integer(number), operation, controls)
