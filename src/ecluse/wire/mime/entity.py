"""What the header section of a part says about it, in every reading that clients have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ecluse.wire.mime.charsets import codec_of, is_odd
from ecluse.wire.mime.decoding import BASE64, IDENTITY, QUOTED_PRINTABLE, UUENCODE, YENC
from ecluse.wire.mime.defects import Defect
from ecluse.wire.mime.fields import HeaderSection, unfolded
from ecluse.wire.mime.parameters import Parameters, names, parse_parameters, without_comments

MAX_TYPE_OCTETS = 1_000
MAX_READINGS = 8  # Of one field: who repeats it more often than this hides nothing more.

_TYPE = re.compile(rb"([a-z0-9!#$&^_.+-]+)[ \t]*/[ \t]*([a-z0-9!#$&^_.+*-]+)")
_NOT_LETTERS = re.compile(rb"[^a-z]")
_NOT_LETTERS_OR_DIGITS = re.compile(rb"[^a-z0-9]")
_ENCODINGS = {
    b"7bit": IDENTITY,
    b"8bit": IDENTITY,
    b"binary": IDENTITY,
    b"base64": BASE64,
    b"quoted-printable": QUOTED_PRINTABLE,
    b"x-uuencode": UUENCODE,
    b"uuencode": UUENCODE,
    b"x-uue": UUENCODE,
    b"x-yenc": YENC,
    b"x-yencode": YENC,
}
_MEANT = {
    b"contenttype": b"content-type",
    b"contentdisposition": b"content-disposition",
    b"contenttransferencoding": b"content-transfer-encoding",
}
_MIME_FIELDS = frozenset(_MEANT.values())
_ALL_ENCODINGS = (IDENTITY, BASE64, QUOTED_PRINTABLE, UUENCODE)
_ABSENT = {"message/partial": Defect.PARTIAL_MESSAGE, "message/external-body": Defect.EXTERNAL_BODY}
_NO_PARAMETERS = Parameters(b"", ())


@dataclass(frozen=True, slots=True)
class EntityHead:
    """The MIME fields of one part (RFC 2045, 2183)."""

    type: str  # Lower case, always with "/".
    types: tuple[str, ...]  # All readings, `type` first.
    parameters: Parameters  # Of the first Content-Type.
    boundaries: tuple[bytes, ...]  # All readings.
    disposition: str  # "attachment", "inline", or ""; lower case.
    filenames: tuple[str, ...]
    charsets: tuple[str, ...]  # All readings, lower case; () when none is declared.
    encodings: tuple[str, ...]  # All readings, one of `decoding`'s names each; never empty.
    defects: tuple[str, ...]


def read_head(section: HeaderSection, default_type: str = "text/plain") -> EntityHead:
    """Gather what the fields say. Never raises."""
    found: dict[bytes, list[bytes]] = {}
    defects: list[str] = []
    for name, raw in zip(section.names, section.raws, strict=True):
        if name in _MIME_FIELDS:
            if b"\0" in raw:
                defects.append(Defect.NUL)
            found.setdefault(name, []).append(unfolded(raw))
        elif b"content" in name:
            _add_look_alike(name, raw, found, defects)
    for _, line in section.strays:
        defects.append(Defect.MALFORMED_HEADER)
        _add_look_alike(line.partition(b":")[0], line, found, defects)
    return _entity_head(found, defects, default_type)


def _add_look_alike(name: bytes, raw: bytes, found: dict[bytes, list[bytes]], defects: list[str]) -> None:
    """`Content_Type`, `Content- Type`, a NUL in the name: nothing to one reader, a field to another."""
    meant = _MEANT.get(_NOT_LETTERS.sub(b"", name[:100].lower()))
    if meant:
        found.setdefault(meant, []).append(unfolded(raw))
        defects.append(Defect.LOOK_ALIKE_FIELD)


def _entity_head(found: dict[bytes, list[bytes]], defects: list[str], default_type: str) -> EntityHead:
    types, parameters = _types(found.get(b"content-type", ())[:MAX_READINGS], defects)
    dispositions = [parse_parameters(value) for value in found.get(b"content-disposition", ())[:MAX_READINGS]]
    boundaries = _boundaries(parameters, defects)
    if len(dispositions) > 1:
        defects.append(Defect.REPEATED_FIELD)
    if any(field.repeated for field in dispositions):
        defects.append(Defect.REPEATED_PARAMETER)
    first = parameters[0] if parameters else _NO_PARAMETERS
    charsets = _charsets(parameters, defects)
    _note_types_of_absence(types, defects)
    return EntityHead(
        types[0] if types else default_type,
        types or (default_type,),
        first,
        boundaries,
        dispositions[0].value.decode("ascii", "replace") if dispositions else "",
        names(*dispositions, *parameters),
        charsets,
        _encodings(found.get(b"content-transfer-encoding", ())[:MAX_READINGS], defects),
        tuple(dict.fromkeys(defects)),
    )


def _types(values: Iterable[bytes], defects: list[str]) -> tuple[tuple[str, ...], list[Parameters]]:
    types: dict[str, None] = {}
    parameters = [parse_parameters(value) for value in values]
    for field in parameters:
        readings = list(_TYPE.finditer(field.value[:MAX_TYPE_OCTETS]))
        if len(readings) != 1 or readings[0][0] != field.value:
            defects.append(Defect.BAD_TYPE)
        for match in readings[:MAX_READINGS]:
            types[(match[1] + b"/" + match[2]).decode("ascii")] = None
    if len(parameters) > 1:
        defects.append(Defect.REPEATED_FIELD)
    if len(types) > 1:
        defects.append(Defect.CONFLICTING_TYPES)
    return tuple(types), parameters


def _note_types_of_absence(types: Iterable[str], defects: list[str]) -> None:
    """RFC 2046 sections 5.2.2 and 5.2.3: the content comes in pieces, or is fetched from elsewhere."""
    defects += [_ABSENT[kind] for kind in types if kind in _ABSENT]


def _charsets(parameters: list[Parameters], defects: list[str]) -> tuple[str, ...]:
    readings = dict.fromkeys(one.lower() for field in parameters for one in field.readings("charset"))
    charsets = tuple(readings)[:MAX_READINGS]
    if len({codec_of(charset) for charset in charsets}) > 1:
        defects.append(Defect.CONFLICTING_CHARSETS)
    if any(map(is_odd, charsets)):
        defects.append(Defect.ODD_CHARSET)
    return charsets


def _boundaries(parameters: list[Parameters], defects: list[str]) -> tuple[bytes, ...]:
    boundaries: dict[bytes, None] = {}
    for field in parameters:
        for own, value in field.pairs:
            if own == "boundary":
                boundaries[value.rstrip(b" \t\r\n")] = None
        for reading in field.readings("boundary"):
            boundaries[reading.rstrip().encode("utf-8", "replace")] = None
    if len(boundaries) > 1:
        defects.append(Defect.CONFLICTING_BOUNDARIES)
    return tuple(boundaries)[:MAX_READINGS]


def _encodings(values: Iterable[bytes], defects: list[str]) -> tuple[str, ...]:
    encodings: dict[str, None] = {}
    count = 0
    for value in values:
        count += 1
        known = _ENCODINGS.get(value.lower()) or _ENCODINGS.get(without_comments(value).strip().lower())
        if known is None:
            defects.append(Defect.UNKNOWN_ENCODING)
        encodings.update(dict.fromkeys([known] if known else _guessed_encodings(value)))
    if count > 1:
        defects.append(Defect.REPEATED_FIELD)
    if len(encodings) > 1:
        defects.append(Defect.CONFLICTING_ENCODINGS)
    return tuple(encodings) or (IDENTITY,)


def _guessed_encodings(value: bytes) -> tuple[str, ...]:
    """What readers make of a name that is none: those it contains, else all."""
    letters = _NOT_LETTERS_OR_DIGITS.sub(b"", value.lower())
    known = {_NOT_LETTERS_OR_DIGITS.sub(b"", name): encoding for name, encoding in _ENCODINGS.items()}
    meant = tuple(dict.fromkeys(encoding for name, encoding in known.items() if name in letters))
    return (*meant, *(encoding for encoding in _ALL_ENCODINGS if encoding not in meant)) if value else (IDENTITY,)
