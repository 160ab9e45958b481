"""Addresses in header fields (RFC 5322 section 3.4, RFC 6532) and the strict form of one address (RFC 5321)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ecluse.domain.errors import EcluseError
from ecluse.wire.mime.charsets import decode_text, neutralised
from ecluse.wire.mime.words import decode_words

MAX_ADDRESSES = 10_000
# A message's collectors ask for the same few values five times: they are read once. All that is kept takes a few 100 kB.
_MAX_CACHED, _MAX_CACHED_OCTETS = 256, 512
MAX_LOCAL_OCTETS, MAX_DOMAIN_OCTETS, MAX_ADDRESS_OCTETS = 64, 255, 254

# What nearly every From looks like; the rest goes through the tokens. Possessive: white space fits three places here.
_USUAL = re.compile(
    rb"\s*+(?:\"([^\"\\\x00-\x1f\x7f-\xff=@<>]*+)\"|([\w .'&/!-]*+))\s*+"
    rb"<([\w.!#$%&'*+/=?^`{|}~-]++)@([A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)*+)>\s*+\Z",
    re.ASCII,
)
_TOKEN = re.compile(
    rb"(?P<space>\s+)"
    rb"|(?P<quoted>\"[^\"\\]*(?:\\.[^\"\\]*)*\"?)"
    rb"|(?P<literal>\[[^\[\]\\]*(?:\\.[^\[\]\\]*)*\]?)"
    rb"|(?P<special>[()<>,;:@\\\]])"
    rb"|(?P<atom>[^\s\"\[()<>,;:@\\\]]+)",
    re.DOTALL,
)
_COMMENT_PIECE = re.compile(rb"\\.?|[()]|[^\\()]+", re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)

_ATOM = r"[\w!#$%&'*+/=?^`{|}~\u0080-\U0010ffff-]+"
_LOCAL = re.compile(rf"(?:{_ATOM}(?:\.{_ATOM})*|\"(?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*\")", re.ASCII)
_LABEL = re.compile(r"(?!-)[A-Za-z0-9\u0080-\U0010ffff-]{1,63}(?<!-)\Z")


class AddressSyntax(EcluseError):
    """What should be one address is none."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address as a header field shows it."""

    name: str  # Decoded, on one line; "" when there is none.
    local: str  # Quotes removed in a header; as written in the strict form.
    domain: str  # As written.


@dataclass(frozen=True, slots=True)
class AddressList:
    """The addresses of one field value."""

    addresses: tuple[Mailbox, ...]
    is_ambiguous: bool  # Other readers may see other addresses than these.


def parse_addresses(value: bytes) -> AddressList:
    """Read an unfolded From, To, Cc ... value. Never raises; takes linear time; stops at `MAX_ADDRESSES`.

    Of two readings we take that of the grammar (RFC 5322 section 3.4 and the obsolete forms of 4.4) and say that
    there is another one. What holds no "@" and no angle brackets is no address.
    """
    return _parsed_before(value) if len(value) <= _MAX_CACHED_OCTETS else _parsed(value)


def _parsed(value: bytes) -> AddressList:
    usual = _USUAL.match(value)
    if usual:
        name = usual[1] if usual[1] is not None else usual[2]
        mailbox = Mailbox(name.decode("ascii").strip(), usual[3].decode("ascii"), usual[4].decode("ascii"))
        return AddressList((mailbox,), is_ambiguous=b"=?" in usual[3])
    return _Reader(value).read()


_parsed_before = lru_cache(_MAX_CACHED)(_parsed)


def parse_addr_spec(data: bytes) -> Mailbox:
    """One address, strictly: Mailbox of RFC 5321 section 4.1.2 with RFC 6531's letters. Raises `AddressSyntax`."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise AddressSyntax("neither ASCII nor UTF-8") from None
    local = _LOCAL.match(text)
    if not local or text[local.end() : local.end() + 1] != "@":
        raise AddressSyntax("the local part is neither atoms nor a quoted string, or no @ follows it")
    mailbox = Mailbox("", local[0], text[local.end() + 1 :])
    _require_lengths(mailbox, len(data))
    if not (_is_literal(mailbox.domain) or all(map(_LABEL.match, mailbox.domain.split(".")))):
        raise AddressSyntax("the domain is neither a name nor an address literal")
    return mailbox


def _require_lengths(mailbox: Mailbox, octets: int) -> None:
    # RFC 5321 section 4.5.3.1; a path of 256 octets holds the brackets too.
    too_long = len(mailbox.local.encode()) > MAX_LOCAL_OCTETS or len(mailbox.domain.encode()) > MAX_DOMAIN_OCTETS
    if too_long or octets > MAX_ADDRESS_OCTETS:
        raise AddressSyntax("longer than RFC 5321 allows")


def _is_literal(domain: str) -> bool:
    if not (domain.startswith("[") and domain.endswith("]")):
        return False
    text = domain[1:-1]
    try:
        if text[:5].lower() == "ipv6:":
            # A zone ("%eth0") is no part of RFC 5321's grammar.
            return "%" not in text and bool(ipaddress.IPv6Address(text[5:]))
        return bool(ipaddress.IPv4Address(text))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # "space", "quoted", "literal", "atom", "comment", or the special character itself.
    raw: bytes


class _Reader:
    """Reads one value that is not of the usual form."""

    def __init__(self, value: bytes) -> None:
        self.is_ambiguous = _CONTROL.search(value) is not None
        self.tokens = list(self._tokens(value))

    def read(self) -> AddressList:
        found: list[Mailbox] = []
        for entry in self._entries():
            found += self._mailboxes(entry)
            if len(found) >= MAX_ADDRESSES:
                self.is_ambiguous = True
                break
        return AddressList(tuple(found), self.is_ambiguous)

    def _tokens(self, value: bytes) -> Iterator[_Token]:
        at = 0
        while at < len(value):
            match = _TOKEN.match(value, at)
            if match is None:  # pragma: no cover - the classes of `_TOKEN` cover every octet
                raise AssertionError(value[at])
            raw = match[0]
            if raw == b"(":
                end = self._comment_end(value, at)
                yield _Token("comment", value[at + 1 : end - 1])
                at = end
                continue
            yield self._token(match.lastgroup or "", raw)
            at = match.end()

    def _token(self, kind: str, raw: bytes) -> _Token:
        if kind == "special":
            self.is_ambiguous |= raw in (b")", b"\\", b"]")
            return _Token(raw.decode("ascii"), raw)
        if kind == "quoted" and (len(raw) == 1 or raw[-1:] != b'"' or (raw.endswith(b'\\"') and not _is_closed(raw))):
            self.is_ambiguous = True
        if kind == "literal" and raw[-1:] != b"]":
            self.is_ambiguous = True
        return _Token(kind, raw)

    def _comment_end(self, value: bytes, start: int) -> int:
        depth = 0
        for match in _COMMENT_PIECE.finditer(value, start):
            if match[0] == b"(":
                depth += 1
            elif match[0] == b")":
                depth -= 1
                if not depth:
                    return match.end()
        self.is_ambiguous = True
        return len(value) + 1

    def _entries(self) -> Iterator[list[_Token]]:
        """The tokens between commas; a group (RFC 5322 section 3.4) loses its name and its end."""
        entry: list[_Token] = []
        in_angle = in_route = False
        previous = ""
        for token in self.tokens:
            in_angle = token.kind == "<" or (in_angle and token.kind != ">")
            # In `<@a.example,@b.example:ann@c.example>` the comma ends nothing.
            in_route = in_angle and (in_route or (previous == "<" and token.kind == "@")) and token.kind not in "<:"
            previous = token.kind if token.kind not in ("space", "comment") else previous
            if token.kind == ";" or (token.kind == "," and not in_route):
                self.is_ambiguous |= in_angle
                in_angle = False
                yield entry
                entry = []
            elif token.kind == ":" and not in_angle:
                # "friends: ann@a.example;" - what stands before the colon is the group's name.
                self.is_ambiguous |= any(own.kind == "@" for own in entry)
                entry = []
            else:
                entry.append(token)
        yield entry

    def _mailboxes(self, entry: list[_Token]) -> Iterator[Mailbox]:
        kinds = [token.kind for token in entry]
        if "<" in kinds:
            yield from self._angled(entry, kinds)
        elif "@" in kinds:
            comments = [decode_words(token.raw) for token in entry if token.kind == "comment"]
            self.is_ambiguous |= ">" in kinds
            yield self._address(entry, " ".join(comments))
        elif ">" in kinds:
            self.is_ambiguous = True

    def _angled(self, entry: list[_Token], kinds: list[str]) -> Iterator[Mailbox]:
        start = kinds.index("<")
        name = self._phrase(entry[:start])
        pairs = list(_bracketed(entry[start:]))
        after = entry[kinds.index(">", start) + 1 :] if ">" in kinds[start:] else None
        is_clean = after is not None and all(token.kind in ("space", "comment") for token in after)
        # An address before the brackets or a second pair of them is what half of all readers show.
        self.is_ambiguous |= not is_clean or len(pairs) > 1 or "@" in kinds[:start] or ">" in kinds[:start]
        # `<>` is no address, but readers show what stands in further brackets.
        solid = [pair for pair in pairs if any(token.kind in ("@", "atom", "quoted") for token in pair)]
        for pair in solid[:2]:
            yield self._address(pair, name)

    def _address(self, tokens: list[_Token], name: str) -> Mailbox:
        tokens = [token for token in tokens if token.kind != "comment"]
        if tokens and tokens[0].kind == "@":
            tokens = self._without_route(tokens)
        ats = [position for position, token in enumerate(tokens) if token.kind == "@"]
        self.is_ambiguous |= len(ats) != 1
        split = ats[-1] if ats else len(tokens)
        local, domain = self._word(tokens[:split]), self._word(tokens[split + 1 :])
        self.is_ambiguous |= not local or (bool(ats) and not domain) or "=?" in local or "=?" in domain
        return Mailbox(name, local, domain)

    def _without_route(self, tokens: list[_Token]) -> list[_Token]:
        """`@a.example,@b.example:ann@c.example` (RFC 5322 section 4.4) without its route."""
        self.is_ambiguous = True
        colon = next((position for position, token in enumerate(tokens) if token.kind == ":"), -1)
        return tokens[colon + 1 :]

    def _word(self, tokens: list[_Token]) -> str:
        solid = [token for token in tokens if token.kind != "space"]
        inner = tokens[next((n for n, t in enumerate(tokens) if t.kind != "space"), 0) :]
        while inner and inner[-1].kind == "space":
            inner = inner[:-1]
        # White space within an address is obsolete (section 4.4): some readers stop at it.
        self.is_ambiguous |= len(inner) != len(solid)
        return neutralised(decode_text(b"".join(map(_unquoted, solid))))

    def _phrase(self, tokens: list[_Token]) -> str:
        raw = b"".join(b" " if token.kind == "comment" else _unquoted(token) for token in tokens)
        name = decode_words(raw).strip()
        # Readers that decode before they parse find brackets of their own in it.
        self.is_ambiguous |= b"=?" in raw and ("<" in name or ">" in name or "\u2400" in name)
        return name


def _bracketed(tokens: list[_Token]) -> Iterator[list[_Token]]:
    """What stands in each pair of angle brackets; an unclosed one ends at the next or at the end."""
    inside: list[_Token] | None = None
    for token in tokens:
        if token.kind in ("<", ">"):
            if inside is not None:
                yield inside
            inside = [] if token.kind == "<" else None
        elif inside is not None:
            inside.append(token)
    if inside is not None:
        yield inside


def _is_closed(quoted: bytes) -> bool:
    """Whether the quote at the end is none that a backslash escapes."""
    body = quoted[:-1]
    return (len(body) - len(body.rstrip(b"\\"))) % 2 == 0


def _unquoted(token: _Token) -> bytes:
    if token.kind != "quoted":
        return token.raw
    inner = token.raw[1:-1] if len(token.raw) > 1 and token.raw[-1:] == b'"' else token.raw[1:]
    return _QUOTED_PAIR.sub(rb"\1", inner)
