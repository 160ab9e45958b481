"""Encoded words in header fields (RFC 2047), decoded as clients do it."""

from __future__ import annotations

import re

from ecluse.wire.mime.charsets import decode_text, neutralised
from ecluse.wire.mime.decoding import decode_base64, decode_q

# Clients take spaces within the text, and a language after the charset (RFC 2231 section 5).
_WORD = re.compile(rb"=\?([\w.:+-]{1,60})(?:\*[\w-]*)?\?([bBqQ])\?([^?]*)\?=")


def decode_words(value: bytes) -> str:
    """The text of an unfolded field value. Never raises, takes linear time, and returns one line without controls.

    Adjacent words lose the white space between them (RFC 2047 section 6.2), and those of one charset are joined
    before they are decoded, because mailers cut characters of several octets in two. Octets outside of encoded
    words are UTF-8 (RFC 6532) or else cp1252.
    """
    if b"=?" not in value:
        return neutralised(decode_text(value))
    runs: list[tuple[str, bytes]] = []
    at, is_after_word = 0, False
    for match in _WORD.finditer(value):
        between = value[at : match.start()]
        if between and not (is_after_word and between.isspace()):
            runs.append(("", between))
        runs.append((match[1].decode("ascii").lower(), _octets(match[2], match[3])))
        at, is_after_word = match.end(), True
    runs.append(("", value[at:]))
    return neutralised("".join(decode_text(octets, charset) for charset, octets in _joined(runs)))


def _octets(kind: bytes, text: bytes) -> bytes:
    return decode_base64(text) if kind in b"bB" else decode_q(text)


def _joined(runs: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    joined: list[tuple[str, list[bytes]]] = []
    for charset, octets in runs:
        if joined and joined[-1][0] == charset:
            joined[-1][1].append(octets)
        else:
            joined.append((charset, [octets]))
    return [(charset, b"".join(pieces)) for charset, pieces in joined]
