"""What a virus scanner does not get at by itself: the entries that it is given one by one.

ClamAV opens most containers, and what lies in those is found in the message. It tries no passwords, believes one of two
headers, and lacks readers of these types; of those in the second half of the table it reads less than mail clients and
Office do. `tests/contract/scanner/test_unreached.py` asks a real one.
"""

from __future__ import annotations

from ecluse.opening.pieces import Entry
from ecluse.opening.types import Type

MAX_UNREACHED = 500  # Entries of one file.
MAX_UNREACHED_OCTETS = 33_554_432  # Of all of them together.

_CONTAINERS = frozenset(
    {
        Type.AR,
        Type.DEB,
        Type.RPM,
        Type.WARC,
        Type.LHA,
        Type.LZMA,
        Type.ZSTD,
        Type.LZ4,
        Type.LZIP,
        Type.COMPRESS,
        Type.YENC,
        Type.BASE64,
        Type.UDF,
        Type.DISK_IMAGE,
        Type.VHD,
        Type.VHDX,
        Type.ACTIVE_MIME,
        Type.TNEF,  # Attachments that stand in properties.
        Type.ONENOTE,
        Type.RTF,  # Objects in digits that Word reads whatever stands between them.
    }
)


def is_unreached(entry: Entry, container: str) -> bool:
    """Whether only we get at the octets of an entry in a container of that type."""
    return entry.is_unreached or container in _CONTAINERS
