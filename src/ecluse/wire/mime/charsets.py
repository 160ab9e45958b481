"""Text of octets in a charset that a stranger names (RFC 2978), decoded as clients do it."""

from __future__ import annotations

import binascii
import re
from encodings.aliases import aliases

import cchardet

# What a browser and every large client read under these names: a superset of what is declared.
_WIDENED = {
    "ascii": "cp1252",
    "iso8859_1": "cp1252",
    "latin_1": "cp1252",
    "iso8859_9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
# Codecs that are no charset of mail, are quadratic on hostile input, or hide ASCII letters behind other octets (UTF-7).
_REFUSED = {
    *("base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"),
    *("idna", "mbcs", "oem", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf_7"),
}
# A stranger's name must never reach the codec registry: it imports by name, and remembers each miss for ever.
_CODECS = {name: codec for name, codec in aliases.items() if codec not in _REFUSED} | {
    codec: codec for codec in aliases.values() if codec not in _REFUSED
}
# ASCII letters are other octets in these, so that a filter that reads ASCII is blind. Honest mail has no need of them
# (RFC 2781 section 4.3 and RFC 2152 are warnings and history); of EBCDIC, the code pages that Python knows.
_UTF_7 = frozenset({"utf_7", "utf7", "u7", "unicode_1_1_utf_7", "unicode_2_0_utf_7", "csutf7", "x_unicode_2_0_utf_7"})
_ODD = frozenset(
    {"utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le", "hz"}
    | {"cp037", "cp273", "cp424", "cp500", "cp875", "cp1026", "cp1140"}
)
_UTF_7_RUN = re.compile(rb"\+([A-Za-z0-9+/]*+)-?")
_SAMPLE_OCTETS = 16_384  # What of a text the detector of charsets gets.
_MIN_SAMPLE_OCTETS = 32  # Of less it knows nothing.
_MIN_CONFIDENCE = 0.65
_C0_PICTURES = {octet: 0x2400 + octet for octet in range(32)} | {0x7F: 0x2421, 0x09: 0x20, 0x0A: 0x20, 0x0D: 0x20}
_NEUTRAL = _C0_PICTURES | dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000)], 0xFFFD)


def codec_of(charset: str) -> str | None:
    """Python's name of a charset, or None for one that we do not decode by it."""
    codec = _CODECS.get(_plain(charset))
    return _WIDENED.get(codec, codec) if codec else None


def is_odd(charset: str) -> bool:
    """Whether letters of ASCII look otherwise in it."""
    return _plain(charset) in _UTF_7 or codec_of(charset) in _ODD


def decode_text(data: bytes, charset: str = "") -> str:
    """The text in the charset named; without one, or with one that nobody knows, what it looks like.

    That is UTF-8 if it can be, else what a detector is sure of, else cp1252.
    """
    codec = codec_of(charset) if charset else None
    if codec:
        return data.decode(codec, "replace")
    if charset and _plain(charset) in _UTF_7:
        return _decode_utf_7(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_detected(data) or "cp1252", "replace")


def text_readings(data: bytes, charsets: tuple[str, ...]) -> tuple[str, ...]:
    """The text as readers have it who believe one of the charsets; where one is odd, also as those who know none."""
    named = charsets or ("",)
    others = ("",) if any(map(is_odd, charsets)) else ()
    return tuple(dict.fromkeys(decode_text(data, charset) for charset in (*named, *others)))


def _plain(charset: str) -> str:
    return charset.strip().lower().replace("-", "_").replace(".", "_").replace(" ", "_")


def _detected(data: bytes) -> str | None:
    """The codec of a text without a charset, or None where that is a guess."""
    if len(data) < _MIN_SAMPLE_OCTETS:
        return None
    found = cchardet.detect(data[:_SAMPLE_OCTETS])
    is_sure = (found["confidence"] or 0.0) >= _MIN_CONFIDENCE
    codec = codec_of(found["encoding"] or "") if is_sure else None
    # It has just been seen that it is no UTF-8.
    return None if codec == "utf_8" else codec


def _decode_utf_7(data: bytes) -> str:
    """RFC 2152, as leniently as those who still know it; linear, unlike Python's own on hostile octets."""
    return _UTF_7_RUN.sub(_utf_7_run, data).decode("utf-8", "replace")


def _utf_7_run(match: re.Match[bytes]) -> bytes:
    letters = match[1]
    if not letters:
        return b"+"
    octets = binascii.a2b_base64(letters + b"A" * (-len(letters) % 4))
    return octets[: len(letters) * 6 // 16 * 2].decode("utf-16-be", "replace").encode("utf-8", "replace")


def neutralised(text: str) -> str:
    """The text on one line, with control characters made visible: nothing in it can steer a terminal or end a line."""
    return text if text.isprintable() else text.translate(_NEUTRAL)
