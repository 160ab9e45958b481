"""The port `Places` over local files in MaxMind's format; none is ever fetched."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import maxminddb
import structlog

from ecluse.domain.errors import Impossible
from ecluse.domain.place import Place

LOOK_EVERY_S = 5.0  # So soon a file that was replaced is opened anew.
MAX_ASN = (1 << 32) - 1
_COUNTRY = re.compile(r"[A-Z]{2}")
_ASN = re.compile(r"(?:AS)?([0-9]{1,10})")

log = structlog.get_logger()

Record = Mapping[str, Any]
_NOTHING: Record = {}
_NEVER_SEEN = (0, 0, 0)


class MaxmindPlaces:
    """See `ecluse.ports.places.Places`; without a file, and with a broken one, nothing is known."""

    def __init__(self, country: Path | None, asn: Path | None) -> None:
        self._country = _Database(country) if country else None
        self._asn = _Database(asn) if asn else None

    def find(self, ip: str) -> Place:
        """See `Places.find`."""
        country = country_in(self._country.find(ip)) if self._country else ""
        return Place(country, asn_in(self._asn.find(ip)) if self._asn else 0)

    def close(self) -> None:
        """Let go of the files."""
        for database in (self._country, self._asn):
            if database is not None:
                database.close()


def country_in(record: Record) -> str:
    """Where the address is used, else where it is registered; "" where the record tells neither."""
    for name in ("country", "registered_country", "country_code"):
        found = record.get(name)
        code = found.get("iso_code") if isinstance(found, Mapping) else found
        if isinstance(code, str) and _COUNTRY.fullmatch(code):
            return code
    return ""


def asn_in(record: Record) -> int:
    """The number, also of those who write it as "AS64500"; 0 where there is none."""
    found = record.get("autonomous_system_number", record.get("asn", 0))
    written = _ASN.fullmatch(str(found))
    number = int(written[1]) if written else 0
    return number if number <= MAX_ASN else 0


def open_file(path: Path) -> maxminddb.Reader:
    """The reader of a file, not mapped into memory: one that is cut short under us must not kill us.

    Raises `Impossible` for what is no such file.
    """
    try:
        return maxminddb.open_database(path, maxminddb.MODE_FILE)
    except OSError as problem:
        raise Impossible(f"{path}: {problem.strerror or problem}") from problem
    except Exception as problem:
        # A damaged file breaks the library's reader in any of a dozen ways.
        raise Impossible(f"{path}: no database in MaxMind's format") from problem


class _Database:
    """One file, opened again once it was replaced."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._reader: maxminddb.Reader | None = None
        self._stamp: tuple[int, int, int] | None = _NEVER_SEEN
        self._looked_at = -LOOK_EVERY_S

    def find(self, ip: str) -> Record:
        """The record of the address; nothing where there is none, or no file that can be read."""
        self._keep_up()
        if self._reader is None:
            return _NOTHING
        # A text that is no address, an IPv6 address in a database of IPv4 alone, a file that is damaged within.
        with suppress(Exception):
            record = self._reader.get(ip)
            return record if isinstance(record, Mapping) else _NOTHING
        return _NOTHING

    def _keep_up(self) -> None:
        now = self._clock()
        if now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            self._stamp = stamp
            self._open()

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _open(self) -> None:
        self.close()
        try:
            self._reader = open_file(self._path)
        except Impossible as problem:
            log.error("address database cannot be read", problem=str(problem))
        else:
            log.info("address database opened", file=str(self._path))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Changes whenever the file is written or replaced; None while it is not there."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_ino, state.st_size
