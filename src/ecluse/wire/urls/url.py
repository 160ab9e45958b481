"""One URL, taken apart as browsers do it (WHATWG URL Standard): what a victim's browser goes to, not what RFC 3986 says."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import ip_address

import can_ada

from ecluse.wire.names.registrable import registrable_domain

MAX_CHARACTERS = 8_192
WEB_SCHEMES = frozenset({"http", "https", "ftp"})
_USUAL_PORTS = frozenset({"", "80", "443", "8080", "8443"})

_PUNYCODE = re.compile("xn--", re.IGNORECASE)
_STAND_IN = "zq--"
_AUTHORITY = re.compile(r"[^/\\?#]*[/\\]{2,8}[^/\\?#]*")
# What UTS 46 maps since revisions 31 and 33, and the parser's tables do not yet: capitals, and marks that are ignored.
_NEWER = {code: chr(code).lower() for code in (0x1E9E, 0x4C0, *range(0x10A0, 0x10C6), 0x2132, 0x2183)} | {
    0x180E: "",
    **dict.fromkeys(range(0x206A, 0x2070), ""),
    0x2F868: "\u36fc",
    0x2F874: "\u5f53",
    0x2F91F: "\U000243ab",
    0x2F95F: "\u7aee",
    0x2F9BF: "\u45d7",
}


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL; all are ASCII, in the browser's one spelling."""

    href: str
    scheme: str  # Without colon.
    hostname: str  # A-labels, an IPv4 address, an IPv6 address in brackets; "" where the scheme has none.
    port: str  # "" for the scheme's own.
    path: str
    query: str  # With its "?"; "" for none.
    fragment: str  # With its "#"; "" for none.
    has_credentials: bool

    @property
    def host(self) -> str:
        """Host name and port."""
        return f"{self.hostname}:{self.port}" if self.port else self.hostname

    @property
    def is_web(self) -> bool:
        """Whether a browser fetches it from a host."""
        return self.scheme in WEB_SCHEMES and bool(self.hostname)

    @property
    def has_address(self) -> bool:
        """Whether the host is an IP address; every spelling of one has become the usual one."""
        return self.is_web and is_address(self.hostname)

    @property
    def has_odd_port(self) -> bool:
        """Whether it leads to a port where no web server is expected."""
        return self.is_web and self.port not in _USUAL_PORTS

    @property
    def domain(self) -> str:
        """The registered domain; "" for addresses and for schemes without host."""
        return (registrable_domain(self.hostname) or "") if self.is_web and not self.has_address else ""


def parse_url(text: str, base: str | None = None) -> Url | None:
    """The URL, joined to `base` if that is given; None for what browsers refuse. Never raises."""
    if len(text) > MAX_CHARACTERS or (base and len(base) > MAX_CHARACTERS):
        return None
    if not text.isascii():
        text = _AUTHORITY.sub(lambda found: found[0].translate(_NEWER), text, count=1)
    found = _parsed(text, base)
    return _url(found) if found is not None else _with_false_labels(text, base)


def is_address(host: str) -> bool:
    """Whether a host in a browser's spelling is an IP address."""
    if host.startswith("["):
        return True
    if not host.rpartition(".")[2].isdigit():
        return False
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _parsed(text: str, base: str | None) -> can_ada.URL | None:
    try:
        return can_ada.parse(base) + text if base else can_ada.parse(text)
    except (ValueError, TypeError):  # The latter for what is no text at all: lone surrogates.
        return None


def _with_false_labels(text: str, base: str | None) -> Url | None:
    """A host of ASCII alone is taken although its Punycode is none (URL Standard, "domain to ASCII", step 3)."""
    if not text.isascii() or _STAND_IN in text.lower():
        return None
    replaced, count = _PUNYCODE.subn(_STAND_IN, text)
    found = _parsed(replaced, base) if count else None
    # Letters that came out of escapes make an international name of it, and then Punycode has to be right.
    if found is None or "xn--" in found.hostname:
        return None
    href, hostname = found.href.replace(_STAND_IN, "xn--"), found.hostname.replace(_STAND_IN, "xn--")
    return replace(_url(found), href=href, hostname=hostname)


def _url(found: can_ada.URL) -> Url:
    return Url(
        href=found.href,
        scheme=found.protocol[:-1],
        hostname=found.hostname,
        port=found.port,
        path=found.pathname,
        query=found.search,
        fragment=found.hash,
        has_credentials=found.has_credentials(),
    )
