"""The addresses of a domain, and whose they are, as another system has exported them: plain lines, CSV or LDIF."""

from __future__ import annotations

import base64
import binascii
import csv
import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ecluse.domain.address import Address
from ecluse.domain.errors import BadConfig
from ecluse.wire.notations import DomainName, local_part

MAX_BYTES = 134_217_728
MAX_ADDRESSES = 2_000_000
MAX_LINE = 65_536

# Names of columns and attributes, in lower case, as directories and mail servers export them.
ATTRIBUTES = frozenset(
    {
        "courriel",
        "e-mail",
        "email",
        "emailaddress",
        "emailaddresses",
        "mail",
        "mailalternateaddress",
        "maillocaladdress",
        "primarysmtpaddress",
        "proxyaddresses",
        "rfc822mailbox",
    }
)
# The same for names of people: whole ones, the better first, and the two halves of one.
NAMES = ("displayname", "cn", "fullname", "nomcomplet", "commonname", "name")
GIVEN_NAMES = ("givenname", "firstname", "prénom", "prenom")
SURNAMES = ("sn", "surname", "lastname", "familyname", "nom")
COLUMNS = ATTRIBUTES | {"address", "addresses", "adresse", "userprincipalname"}

_LDIF = re.compile(r"\s*(?:#[^\n]*\n\s*)*(?:version: *1\s|dn::? )", re.IGNORECASE)
_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9]{0,9}):", re.IGNORECASE)  # "SMTP:ann@one.example", "x500:/o=...".
_DELIMITERS = ",;\t"
_SEPARATORS = re.compile(r"[\s;,]+")

_TOLD = ATTRIBUTES | {*NAMES, *GIVEN_NAMES, *SURNAMES}

Line = tuple[int, str]  # Its number, from 1, and its text.
Listed = tuple[int, str, str]  # The number of a line, an address that stands in it, and the name that goes with it.

_ANGLED = re.compile(r"\"?([^\"<>]*)\"?\s*<([^<>]*)>")


def read_addresses(path: Path, domain: str) -> dict[Address, str]:
    """The addresses of `domain` (lower case, A-labels) with a person's name or ""; those of other domains are skipped.

    Raises `BadConfig` with file and line for what is no address, and where none is of this domain.
    """
    text = _read_text(path)
    found: dict[str, tuple[Address, str]] = {}
    for number, written, name in _ldif(path, text) if _LDIF.match(text) else _table(path, text):
        address = _address(path, number, written, domain)
        if address is not None:
            found.setdefault(address.key, (address, name))
        if len(found) > MAX_ADDRESSES:
            raise BadConfig(str(path), number, "", f"expected at most {MAX_ADDRESSES} addresses")
    if not found:
        raise BadConfig(str(path), 0, "", f"expected at least one address of {domain}")
    return dict(found.values())


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadConfig(str(path), 0, "", f"expected a file that can be read: {reason}") from error
    if len(octets) > MAX_BYTES:
        raise BadConfig(str(path), 0, "", f"expected a file of at most {MAX_BYTES} octets")
    try:
        return octets.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise BadConfig(str(path), octets.count(b"\n", 0, error.start) + 1, "", "expected UTF-8 text") from error


def _address(path: Path, number: int, written: str, domain: str) -> Address | None:
    """The address that a text stands for, or None for one of another domain or of another kind."""
    scheme = _SCHEME.match(written)
    if scheme:
        if scheme["scheme"].lower() not in {"smtp", "mailto"}:
            return None
        written = written[scheme.end() :]
    _, at, behind = written.rpartition("@")
    try:
        if at and DomainName(behind) != domain:
            return None
        return Address(local_part(written, domain), domain)
    except ValueError as error:
        raise BadConfig(str(path), number, "", str(error)) from error


# -- plain lines and CSV


def _table(path: Path, text: str) -> Iterator[Listed]:
    delimiter = _delimiter(text)
    return _csv(path, text, delimiter) if delimiter else _plain(path, text)


def _delimiter(text: str) -> str:
    """What separates the columns, by the first line that says something; "" for plain lines."""
    first = next((line for line in text.split("\n", 100)[:100] if line.strip() and not line.startswith("#")), "")
    counts = {delimiter: first.count(delimiter) for delimiter in _DELIMITERS}
    best = max(counts, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else "," if first.startswith('"') else ""


def _plain(path: Path, text: str) -> Iterator[Listed]:
    for number, line in _bounded(path, text):
        written = line.strip()
        if written and not written.startswith("#") and not (number == 1 and written.lower() in COLUMNS):
            angled = _ANGLED.fullmatch(written)
            yield (number, angled[2].strip(), angled[1].strip()) if angled else (number, written, "")


def _csv(path: Path, text: str, delimiter: str) -> Iterator[Listed]:
    """The columns of addresses by their names; without names, the column in which the first row has an address."""
    rows = csv.reader((f"{line}\n" for _, line in _bounded(path, text)), delimiter=delimiter)
    columns: tuple[int, ...] = ()
    header: list[str] = []
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells) or cells[0].startswith("#"):
                continue
            if not columns and (named := _named(cells)):
                columns, header = named, [_attribute(cell) for cell in cells]
                continue
            columns = columns or _holding(path, rows.line_num, cells)
            yield from _written(rows.line_num, cells, columns, _name(dict(zip(header, cells, strict=False))))
    except csv.Error as error:
        raise BadConfig(str(path), rows.line_num, "", f"expected CSV: {error}") from error


def _named(cells: list[str]) -> tuple[int, ...]:
    """Columns that are surely addresses of mail, else those that may be; a postal address is none."""
    names = [_attribute(cell) for cell in cells]
    sure = tuple(index for index, name in enumerate(names) if name in ATTRIBUTES)
    return sure or tuple(index for index, name in enumerate(names) if name in COLUMNS)


def _attribute(written: str) -> str:
    """The name of a column or attribute; "mail;lang-fr" is the attribute mail with an option."""
    return written.partition(";")[0].lower().replace(" ", "").replace("_", "")


def _name(values: Mapping[str, str]) -> str:
    """The name of the person that the values are about, "" where they do not tell."""
    whole = next((values[key] for key in NAMES if values.get(key)), "")
    halves = (next((values[key] for key in keys if values.get(key)), "") for keys in (GIVEN_NAMES, SURNAMES))
    return whole or " ".join(filter(None, halves))


def _holding(path: Path, number: int, cells: list[str]) -> tuple[int, ...]:
    holding = tuple(index for index, cell in enumerate(cells) if "@" in cell)[:1]
    if not holding:
        raise BadConfig(str(path), number, "", "expected a column named mail, or an address in the first row")
    return holding


def _written(number: int, cells: list[str], columns: tuple[int, ...], name: str) -> Iterator[Listed]:
    """One cell may hold several addresses, and others of another kind, as exports of Exchange do."""
    for cell in (cells[column] for column in columns if column < len(cells)):
        parts = _SEPARATORS.split(cell) if "@" in cell else []
        yield from ((number, part, name) for part in parts if "@" in part)


def _bounded(path: Path, text: str) -> Iterator[Line]:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE:
            raise BadConfig(str(path), number, "", f"expected lines of at most {MAX_LINE} characters")
        yield number, line


# -- LDIF


def _ldif(path: Path, text: str) -> Iterator[Listed]:
    """Entry by entry: a name may stand after the addresses."""
    addresses: list[Line] = []
    values: dict[str, str] = {}
    for number, line in itertools.chain(_unfolded(path, text), [(0, "")]):
        if not line:
            yield from ((at, written, _name(values)) for at, written in addresses)
            addresses, values = [], {}
            continue
        attribute, written = _value(path, number, line)
        if attribute in ATTRIBUTES and written:
            addresses.append((number, written))
        elif written:
            values.setdefault(attribute, written)


def _value(path: Path, number: int, line: str) -> tuple[str, str]:
    """Attribute and value of a line; "" and "" where neither addresses nor names are told."""
    name, colon, value = line.partition(":")
    attribute = _attribute(name)
    if not colon or attribute not in _TOLD:
        return "", ""
    return attribute, (_decoded(path, number, value[1:]) if value.startswith(":") else value).strip()


def _unfolded(path: Path, text: str) -> Iterator[Line]:
    """Logical lines: one that begins with a space continues the line before (RFC 2849 note 2)."""
    begun, pieces, length = 0, [""], 0
    for number, line in _bounded(path, text):
        if line.startswith(" ") and begun:
            # Beyond the bound a value is no address anyhow: photographs stand in such files.
            if length < MAX_LINE:
                pieces.append(line[1:])
                length += len(line)
            continue
        yield begun, "".join(pieces)
        begun, pieces, length = number, [line], len(line)
    yield begun, "".join(pieces)


def _decoded(path: Path, number: int, value: str) -> str:
    try:
        return base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise BadConfig(str(path), number, "", "expected base64 of UTF-8 text") from error
