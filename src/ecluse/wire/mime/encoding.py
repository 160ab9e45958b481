"""Octets in the transfer encodings that mail of ours is written in (RFC 2045 section 6); see `decoding` for the way back."""

from __future__ import annotations

from base64 import encodebytes


def in_base64(octets: bytes) -> bytes:
    """Lines of at most 76 octets, each with its CRLF (section 6.8)."""
    return encodebytes(octets).replace(b"\n", b"\r\n")
