"""Text of octets in a charset that a stranger names (RFC 2978), decoded as clients do it."""

from __future__ import annotations

from encodings.aliases import aliases

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
_C0_PICTURES = {octet: 0x2400 + octet for octet in range(32)} | {0x7F: 0x2421, 0x09: 0x20, 0x0A: 0x20, 0x0D: 0x20}
_NEUTRAL = _C0_PICTURES | dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000)], 0xFFFD)


def codec_of(charset: str) -> str | None:
    """Python's name of a charset, or None for one that we do not decode."""
    name = charset.strip().lower().replace("-", "_").replace(".", "_").replace(" ", "_")
    codec = _CODECS.get(name)
    return _WIDENED.get(codec, codec) if codec else None


def decode_text(data: bytes, charset: str = "") -> str:
    """The text in the charset named; without one, or with one that nobody knows, UTF-8 if it is that, else cp1252."""
    codec = codec_of(charset) if charset else None
    if codec:
        return data.decode(codec, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def neutralised(text: str) -> str:
    """The text on one line, with control characters made visible: nothing in it can steer a terminal or end a line."""
    return text if text.isprintable() else text.translate(_NEUTRAL)
