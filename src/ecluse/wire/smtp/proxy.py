"""The PROXY protocol header, versions 1 and 2, that a balancer puts before the first octet of its client."""

from __future__ import annotations

import ipaddress
import re
import struct
from dataclasses import dataclass

from ecluse.domain.errors import EcluseError

V1_MAX_OCTETS = 107  # The specification's section 2.1, with the CRLF.
V2_MAX_OCTETS = 2048  # More than any balancer's TLVs need.
_V1_SIGNATURE = b"PROXY "
_V2_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_V2_HEADER_OCTETS = 16
_LOCAL, _PROXY = 0x20, 0x21  # Version 2 in the upper half.
_V2_FAMILIES = {0x11: "!4s4sHH", 0x21: "!16s16sHH"}  # TCP over IPv4, over IPv6.
_V2_WITHOUT_ADDRESS = frozenset({0x00, 0x31})  # Unspecified, Unix stream.
_V1 = re.compile(
    rb"PROXY (TCP[46]) ([0-9A-Fa-f:.]{2,45}) ([0-9A-Fa-f:.]{2,45}) (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4})"
)
_V1_UNKNOWN = re.compile(rb"PROXY UNKNOWN(?: [ -~]*)?")


class BadProxyHeader(EcluseError):
    """The octets are no PROXY header: the connection must be closed without an answer."""


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """Who the balancer's peer is; all empty for UNKNOWN and LOCAL, where the connection speaks for itself."""

    octets: int  # Length of the header: what follows is the peer's.
    source_ip: str = ""
    source_port: int = 0
    destination_ip: str = ""
    destination_port: int = 0


def parse(buffer: bytes) -> ProxyHeader | None:
    """The header at the start of `buffer`; None while it is not complete. Raises `BadProxyHeader`."""
    if buffer.startswith(_V2_SIGNATURE[: len(buffer)]):
        return _parse_v2(buffer)
    if buffer.startswith(_V1_SIGNATURE[: len(buffer)]):
        return _parse_v1(buffer)
    raise BadProxyHeader("neither version's signature")


def _parse_v1(buffer: bytes) -> ProxyHeader | None:
    end = buffer.find(b"\r\n", 0, V1_MAX_OCTETS)
    if end < 0:
        if len(buffer) >= V1_MAX_OCTETS:
            raise BadProxyHeader("version 1: line too long")
        return None
    if _V1_UNKNOWN.fullmatch(buffer, 0, end):
        return ProxyHeader(end + 2)
    match = _V1.fullmatch(buffer, 0, end)
    if match is None:
        raise BadProxyHeader("version 1: malformed line")
    family, source, destination, source_port, destination_port = (field.decode("ascii") for field in match.groups())
    version = int(family[-1])
    return ProxyHeader(
        end + 2,
        _address(source, version),
        _port(source_port),
        _address(destination, version),
        _port(destination_port),
    )


def _address(text: str, version: int) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise BadProxyHeader("version 1: malformed address") from None
    if address.version != version:
        raise BadProxyHeader("version 1: address of the other family")
    return _unmapped(address)


def _port(text: str) -> int:
    port = int(text)
    if port > 65_535:
        raise BadProxyHeader("version 1: port out of range")
    return port


def _parse_v2(buffer: bytes) -> ProxyHeader | None:
    if len(buffer) < _V2_HEADER_OCTETS:
        return None
    command, family, length = struct.unpack_from("!BBH", buffer, len(_V2_SIGNATURE))
    octets = _V2_HEADER_OCTETS + length
    if command not in (_LOCAL, _PROXY) or octets > V2_MAX_OCTETS:
        raise BadProxyHeader("version 2: unknown command, or too long")
    if command == _PROXY and family not in _V2_FAMILIES and family not in _V2_WITHOUT_ADDRESS:
        raise BadProxyHeader("version 2: not a stream of a known family")
    if len(buffer) < octets:
        return None
    if command == _LOCAL or family in _V2_WITHOUT_ADDRESS:
        return ProxyHeader(octets)
    form = _V2_FAMILIES[family]
    if length < struct.calcsize(form):
        raise BadProxyHeader("version 2: too short for its addresses")
    source, destination, source_port, destination_port = struct.unpack_from(form, buffer, _V2_HEADER_OCTETS)
    return ProxyHeader(
        octets,
        _unmapped(ipaddress.ip_address(source)),
        source_port,
        _unmapped(ipaddress.ip_address(destination)),
        destination_port,
    )


def _unmapped(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """An IPv4 peer of a dual-stack balancer is that IPv4 address, or no list of networks would find it."""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
