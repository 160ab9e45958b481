"""LZNT1 ([MS-XCA] 2.5), by which NTFS compresses files."""

from __future__ import annotations

from ecluse.opening.budget import Budget

_CHUNK = 4_096  # Octets that each chunk unpacks to, but for the last one.
_IS_PACKED, _SIZE = 0x8000, 0x0FFF


def unpack(data: bytes, at_most: int, budget: Budget) -> bytes:
    """The octets that come out, as far as they can be read."""
    out = bytearray()
    at = 0
    while at + 2 <= len(data) and len(out) < at_most:
        budget.check_time()
        header = int.from_bytes(data[at : at + 2], "little")
        if not header:
            break
        chunk = data[at + 2 : at + 3 + (header & _SIZE)]
        at += 3 + (header & _SIZE)
        out += bytes(-len(out) % _CHUNK) + (_chunk(chunk) if header & _IS_PACKED else chunk)
    return bytes(out[:at_most])


def _chunk(data: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(data) and len(out) < _CHUNK:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data):
                break
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            if not _repeat(out, int.from_bytes(data[at : at + 2], "little")):
                return bytes(out)
            at += 2
    return bytes(out[:_CHUNK])


def _repeat(out: bytearray, token: int) -> bool:
    """Put out again what stood before: where and how much share sixteen bits; the further we are, the more say where."""
    size_bits = 12 - max(0, (len(out) - 1).bit_length() - 4)
    back, size = (token >> size_bits) + 1, (token & ((1 << size_bits) - 1)) + 3
    if back > len(out):
        return False
    pattern = out[len(out) - back :]
    out += (pattern * (size // back + 1))[:size]
    return True
