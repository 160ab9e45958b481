"""The file that tests virus scanners: 68 octets, at most 128 with white space around them; longer, it is harmless."""

from __future__ import annotations

# In pieces, so that no scanner takes this file for the test file itself.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
MAX_OCTETS = 128
SPACE = b" \t\r\n\x00"


def is_eicar(octets: bytes) -> bool:
    """Whether a file is it."""
    if len(octets) > MAX_OCTETS:
        return False
    begun = octets.lstrip(SPACE)
    return begun.startswith(EICAR) and not begun[len(EICAR) :].strip(SPACE + b"\x1a")
