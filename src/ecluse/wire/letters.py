"""A mail of our own as octets that pass every server: seven bits, short lines, whatever its words (RFC 5322, 2045, 2047).

A hop that does not know 8BITMIME would have to write it anew, and break its signatures. The `email` package can do all of
this, in ten times the time: of ten thousand digests in one hour that is the greater part.
"""

from __future__ import annotations

import textwrap
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import quote

from ecluse.domain.printable import printable
from ecluse.wire.mime.encoding import in_base64

MAX_LINE = 998  # Octets, without CRLF (RFC 5322 section 2.1.1).
_NAME_LETTERS = 60  # Of one piece of a file's name (RFC 2231 section 3).
_WORD_OCTETS = 45  # In base64, with its frame, below the 75 characters of an encoded word (RFC 2047 section 2).


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of somebody's: what it is, nobody here says."""

    name: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person."""

    name: str  # Of who writes it.
    address: str  # Of who writes it; ASCII, as the next one.
    recipient: str
    subject: str
    text: str
    page: str = ""  # The same in HTML; "": text alone.
    picture: bytes = b""  # A PNG that the page shows.
    picture_id: str = ""  # By which it does (RFC 2392).
    file: bytes = b""  # A PDF that comes with it.
    file_name: str = ""  # Of that; ASCII, without quotes.
    attached: tuple[Attached, ...] = ()  # Whatever else comes with it.
    fields: tuple[tuple[str, str], ...] = ()  # More of them: name and ASCII value.
    id: str = ""  # Of the mail, left of our domain: one that is sent twice has it twice. "": a fresh one.
    is_answer: bool = False  # To what somebody sent: nothing comes back from it (RFC 3834 section 3.3).

    @property
    def return_path(self) -> str:
        """Of its envelope; "" for the null sender."""
        return "" if self.is_answer else self.address


def octets_of(letter: Letter, letter_id: str, now: float) -> bytes:
    """The whole mail, CRLF line ends; its id stands left of our domain, and in no text of it."""
    domain = letter.address.rpartition("@")[2]
    fields = (
        ("From", f"{_words(letter.name)} <{printable(letter.address)}>"),
        ("To", printable(letter.recipient)),
        ("Subject", _words(letter.subject)),
        ("Date", formatdate(now)),
        ("Message-ID", f"<{letter_id}@{domain}>"),
        *((name, printable(value)) for name, value in letter.fields),
        ("MIME-Version", "1.0"),
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return head.encode("ascii", "replace") + _body(letter, letter_id)


def _body(letter: Letter, letter_id: str) -> bytes:
    words = _words_of(letter, letter_id)
    # What stands in neither quoted-printable nor base64 (RFC 2045 section 6.7); plain parts do not know the id.
    files = [_file_part(letter)] if letter.file else []
    files += map(_attached_part, letter.attached)
    return _parts("mixed", f"=_m{letter_id}", words, *files) if files else words


def _words_of(letter: Letter, letter_id: str) -> bytes:
    text = _text_part("plain", letter.text)
    if not letter.page:
        return text
    both = _parts("alternative", f"=_a{letter_id}", text, _text_part("html", letter.page))
    if not letter.picture:
        return both
    return _parts("related", f"=_r{letter_id}", both, _picture_part(letter))


def _parts(kind: str, boundary: str, *parts: bytes) -> bytes:
    line = f"--{boundary}\r\n".encode()
    inside = b"".join(line + part + b"\r\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode() + inside + line[:-2] + b"--\r\n"


def _text_part(kind: str, text: str) -> bytes:
    lines = text.splitlines()
    octets = "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")
    encoding = "7bit"
    if not octets.isascii() or any(len(line) > MAX_LINE for line in lines):
        encoding, octets = _encoded(octets)
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + octets


def _encoded(octets: bytes) -> tuple[str, bytes]:
    """Whichever is the shorter one: people's programs read both."""
    quoted = b2a_qp(octets)
    if len(quoted) <= len(octets) * 4 // 3:
        return "quoted-printable", quoted
    return "base64", in_base64(octets)


def _picture_part(letter: Letter) -> bytes:
    head = (
        "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{letter.picture_id}>\r\nContent-Disposition: inline\r\n\r\n"
    )
    return head.encode() + in_base64(letter.picture)


def _file_part(letter: Letter) -> bytes:
    head = (
        "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{letter.file_name}"\r\n\r\n'
    )
    return head.encode("ascii") + in_base64(letter.file)


def _attached_part(attached: Attached) -> bytes:
    head = (
        "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment{_file_name(attached.name)}\r\n\r\n"
    )
    return head.encode("ascii") + in_base64(attached.octets)


def _file_name(name: str) -> str:
    """Whatever its letters, in pieces that fit on lines, none of which ends within a letter (RFC 2231)."""
    pieces = [""]
    for letter in printable(name):
        quoted = quote(letter.encode("utf-8", "replace"), safe="")
        if len(pieces[-1]) + len(quoted) > _NAME_LETTERS:
            pieces.append("")
        pieces[-1] += quoted
    pieces[0] = f"utf-8''{pieces[0]}"
    if len(pieces) == 1:
        return f";\r\n filename*={pieces[0]}"
    return "".join(f";\r\n filename*{number}*={piece}" for number, piece in enumerate(pieces))


def _words(text: str) -> str:
    """A field's value, folded; what is not ASCII as encoded words, none of which ends within a character."""
    line = printable(text)
    if not line.isascii() or "=?" in line:
        return "\r\n ".join(f"=?utf-8?b?{b64encode(part).decode()}?=" for part in _pieces(line))
    return "\r\n ".join(textwrap.wrap(line, 66, break_long_words=False, break_on_hyphens=False)) or ""


def _pieces(text: str) -> Iterator[bytes]:
    piece = b""
    for character in text:
        octets = character.encode("utf-8", "replace")
        if len(piece) + len(octets) > _WORD_OCTETS:
            yield piece
            piece = b""
        piece += octets
    yield piece
