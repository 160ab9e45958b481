"""Octets of a text file as text."""

from __future__ import annotations

from ecluse.wire.mime.charsets import decode_text

MAX_OCTETS = 33_554_432
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def text_of(content: bytes, charset: str = "") -> str:
    """By its byte order mark, as UTF-16 where every second octet is NUL, else by `charset` or a guess."""
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return content[len(mark) : MAX_OCTETS].decode(codec, "replace")
    head = content[:4_096]
    if len(head) > 3 and head.count(0) * 3 > len(head):
        return content[:MAX_OCTETS].decode("utf-16-le" if head[1] == 0 else "utf-16-be", "replace")
    return decode_text(content[:MAX_OCTETS], charset)
