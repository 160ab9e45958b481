"""How addresses, networks, names and routes are written in our files: texts that were checked when they were read.

Each raises `ValueError` with "expected ..., found ..." for a text it does not accept. They stay texts, so that what
was read can be printed as it was written.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Self
from urllib.parse import SplitResult, urlsplit

import idna

from ecluse.domain.address import Address
from ecluse.domain.log_row import MAX_ADDRESS
from ecluse.domain.person import name_key
from ecluse.domain.policy import Route, Tls

MAX_TEXT = 1_024  # No notation needs more; it bounds every parser below.
MAX_DOMAIN_OCTETS = 253  # RFC 1035 section 3.1, without the root.
# RFC 5321 section 2.3.5; the underscore is no host name but occurs.
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# RFC 5321 section 4.1.2 Dot-string, RFC 6531 section 3.3: letters beyond ASCII too. Quoted-string below.
_DOT_STRING = re.compile(r"[^\s\x00-\x20\x7f()<>\[\]:;@\\,.\"]+(?:\.[^\s\x00-\x20\x7f()<>\[\]:;@\\,.\"]+)*")
_QUOTED_STRING = re.compile(r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e\x80-\U0010ffff]|\\[\x20-\x7e])*"')
MAX_LOCAL_OCTETS = 64  # RFC 5321 section 4.5.3.1.1.

_SUFFIX = re.compile(r"[a-z0-9_~-]{1,32}")
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}")


class Endpoint(str):
    """An IP address and a port, "127.0.0.1:25" or "[::]:25"."""

    __slots__ = ("host", "port")
    host: str
    port: int

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text)
        self.host, self.port = cls._read(text)
        return self

    @classmethod
    def _read(cls, text: str) -> tuple[str, int]:
        return _ip_and_port(text, "an IP address and a port such as 127.0.0.1:25 or [::1]:25")


class OptionalEndpoint(Endpoint):
    """As `Endpoint`; an empty text, which is false, switches off what would listen there."""

    __slots__ = ()

    @classmethod
    def _read(cls, text: str) -> tuple[str, int]:
        return super()._read(text) if text else ("", 0)


class HostEndpoint(Endpoint):
    """A host, by name or IP address, and a port: "mx1.provider.example:2527", "[::1]:2527"."""

    __slots__ = ()

    @classmethod
    def _read(cls, text: str) -> tuple[str, int]:
        return _host_and_port(text, "a host and a port such as mx1.provider.example:2527", text)


class NameServer(Endpoint):
    """The IP address of a name server, with a port where it is not 53: "127.0.0.1", "127.0.0.1:5353", "[::1]:53"."""

    __slots__ = ()

    @classmethod
    def _read(cls, text: str) -> tuple[str, int]:
        if is_ip(text):
            return text, 53
        return _ip_and_port(text, "the IP address of a name server such as 127.0.0.1 or 127.0.0.1:5353", min_port=1)


class ClamdSocket(str):
    """Where clamd listens: "unix:/run/clamav/clamd.ctl" or "tcp:127.0.0.1:3310"."""

    __slots__ = ("host", "path", "port")
    path: str  # "" when clamd listens on TCP.
    host: str
    port: int

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text)
        expected = "unix:/absolute/path or tcp:host:port"
        kind, _, rest = text.partition(":")
        if kind == "unix" and rest.startswith("/") and "\0" not in rest and len(rest) <= MAX_TEXT:
            self.path, self.host, self.port = rest, "", 0
        elif kind == "tcp":
            self.path, (self.host, self.port) = "", _host_and_port(rest, expected, text)
        else:
            raise ValueError(_found(expected, text))
        return self


class Network(str):
    """An IP network "192.0.2.0/24" or a single address, which is kept as /32 or /128."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        return super().__new__(cls, _network(text))


class IpAddress(str):
    """One IP address, in its shortest form and without a zone."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not is_ip(text):
            raise ValueError(_found("an IP address", text))
        return super().__new__(cls, ip_address(text))


class DomainName(str):
    """A host or mail domain name, kept in lower case and in A-labels (RFC 5890, UTS 46)."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        return super().__new__(cls, _domain(text))


class MailAddress(str):
    """A mailbox, "ann@a.example"; its domain as `DomainName` has it, its local part as it was written."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        local, at, domain = text.rpartition("@")
        if len(text) > MAX_TEXT or not at:
            raise ValueError(_found("an address such as ann@a.example", text))
        _check_local(local, text)
        return super().__new__(cls, f"{local}@{_domain(domain)}")


def address_key(text: str) -> str:
    """`Address.key` of what others wrote; "" for what is no address."""
    try:
        key = MailAddress(text).casefold()
    except ValueError:
        return ""
    # Longer than any path, whose letters case may multiply: a database would refuse it, and all that comes after it.
    return key if len(key) <= MAX_ADDRESS else ""


class NamedAddress(str):
    """A person and an address that he writes from, "Ann Lee <ann@a.example>"; see `named_address`."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        address, name = named_address(text)
        return super().__new__(cls, f"{name} <{address}>")


class Mailboxes(str):
    """Whose mailboxes: "ann@a.example", "a.example", "*.a.example"."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        pattern = list_pattern(text)
        if "/" in pattern.rpartition("@")[2]:
            raise ValueError(_found("an address, a domain or *.domain", text))
        return super().__new__(cls, pattern)


class Suffix(str):
    """Of a file name, kept in lower case and without its dot."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        suffix = text.lower().removeprefix(".")
        if not _SUFFIX.fullmatch(suffix):
            raise ValueError(_found("the suffix of a file name such as exe", text))
        return super().__new__(cls, suffix)


class AttributeName(str):
    """Of a directory: "mail", "proxyAddresses" (RFC 4512 section 2.5)."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not _ATTRIBUTE_NAME.fullmatch(text):
            raise ValueError(_found("the name of an attribute", text))
        return super().__new__(cls, text)


class NextHop(str):
    """An SMTP server that takes mail: "smtp://host", "smtp://192.0.2.1:2525", "smtp://[2001:db8::1]:25"."""

    __slots__ = ("host", "port")
    host: str
    port: int

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text)
        expected = "smtp://host:port"
        url = _split_url(text)
        if url is None or url.scheme != "smtp" or not url.netloc or "@" in url.netloc or url.path.strip("/"):
            raise ValueError(_found(expected, text))
        # A query or a fragment would be silently without effect.
        if url.query or url.fragment:
            raise ValueError(_found(expected, text))
        has_port = re.search(r":[0-9]*\Z", url.netloc.rpartition("]")[2])
        self.host, self.port = _host_and_port(url.netloc if has_port else f"{url.netloc}:25", expected, text)
        return self

    def route(self, priority: int = 10, tls: Tls = Tls.MAY) -> Route:
        """The route that leads there."""
        return Route(self.host, self.port, priority, tls)


def local_part(text: str, domain: str) -> str:
    """The local part of a mailbox of `domain` (RFC 5321 section 4.1.2), written alone or with that domain."""
    local, at, written_domain = text.rpartition("@")
    if not at:
        local = text
    elif _domain(written_domain) != domain:
        raise ValueError(_found(f"an address of {domain}", text))
    _check_local(local, text)
    return local


def named_address(text: str) -> tuple[Address, str]:
    """Address and name of "Ann Lee <ann@a.example>"; the name must be a person's."""
    name, _, rest = text.rpartition("<")
    local, at, domain = rest.removesuffix(">").rpartition("@")
    if len(text) > MAX_TEXT or not at or not rest.endswith(">") or not name_key(name):
        raise ValueError(_found("the full name of a person and an address, Ann Lee <ann@a.example>", text))
    _check_local(local, text)
    return Address(local, _domain(domain)), name.strip()


def list_pattern(text: str) -> str:
    """What an entry of an allow or block list is compared as; see `ListEntry.pattern`."""
    expected = "an address, a domain, *.domain, an IP address or a network"
    if len(text) > MAX_TEXT:
        raise ValueError(_found(expected, text))
    if "@" in text:
        local, _, domain = text.rpartition("@")
        _check_local(local, text)
        if "*" in local:
            # A legal local part, but whoever writes it means any; the domain alone says that.
            raise ValueError(_found(expected, text))
        return f"{local}@{_domain(domain)}".casefold()
    if "/" in text or ":" in text or is_ip(text):
        return _network(text)
    try:
        return f"*.{_domain(text[2:])}" if text.startswith("*.") else _domain(text)
    except ValueError:
        raise ValueError(_found(expected, text)) from None


def _check_local(local: str, text: str) -> None:
    is_mailbox = _DOT_STRING.fullmatch(local) or _QUOTED_STRING.fullmatch(local)
    if len(local.encode("utf-8", "surrogatepass")) > MAX_LOCAL_OCTETS or not is_mailbox:
        raise ValueError(_found("the local part of an address, at most 64 octets", text))


def _domain(text: str) -> str:
    expected = "a domain name such as example.com"
    name = text.removesuffix(".").lower()
    if not name or len(name) > MAX_DOMAIN_OCTETS:
        raise ValueError(_found(expected, text))
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise ValueError(f"{_found(expected, text)}: {error}") from error
    labels = name.split(".")
    # A name whose last label is a number would be read as an IP address (RFC 3696 section 2).
    if len(name) > MAX_DOMAIN_OCTETS or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(_found(expected, text))
    return name


def _network(text: str) -> str:
    expected = "an IP address or a network such as 192.0.2.0/24"
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(_found(expected, text)) from None
    if "/" in text and ip_address(text.partition("/")[0]) != network.network_address:
        raise ValueError(f"{_found(expected, text)}; its network is {network}")
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen >= 96:
        return f"{mapped}/{network.prefixlen - 96}"
    return str(network)


def _ip_and_port(text: str, expected: str, *, min_port: int = 0) -> tuple[str, int]:
    host, port = _host_and_port(text, expected, text, min_port=min_port)
    if not is_ip(host):
        raise ValueError(_found(expected, text))
    return host, port


def _host_and_port(part: str, expected: str, text: str, *, min_port: int = 1) -> tuple[str, int]:
    """Split "host:port"; a colon inside the host needs brackets, so that nobody has to guess what is the port."""
    host, colon, digits = part.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    name = host[1:-1] if is_bracketed else host
    is_port = digits.isascii() and digits.isdigit() and len(digits) <= 5 and min_port <= int(digits) <= 65_535
    if len(text) > MAX_TEXT or not colon or not is_port or (":" in name) != is_bracketed:
        raise ValueError(_found(expected, text))
    if is_ip(name):
        return name, int(digits)
    try:
        return _domain(name), int(digits)
    except ValueError:
        raise ValueError(_found(expected, text)) from None


def is_ip(text: str) -> bool:
    """Whether it is an IP address, without a zone."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _split_url(text: str) -> SplitResult | None:
    # `urlsplit` drops white space and control characters silently.
    if len(text) > MAX_TEXT or any(character <= " " or character == "\x7f" for character in text):
        return None
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _found(expected: str, text: str) -> str:
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    return f"expected {expected}, found {shown!r}"
