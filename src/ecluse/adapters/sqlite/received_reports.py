"""The port `ReceivedReports` in one SQLite file, written by the agent alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from ecluse.adapters.folder.disk import disk_errors, make_folder
from ecluse.domain.errors import Unavailable
from ecluse.domain.received_report import ReceivedReport

FORMAT = 1
MAX_A_DAY = 20_000  # Anybody can write to an address that stands in the DNS.
BUSY_S = 5.0
DAY_S = 86_400.0

# The same report of the same sender is kept once; whoever forges another's name has another proof, or none.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS report (
    kind TEXT NOT NULL,
    domain TEXT NOT NULL,
    reporter TEXT NOT NULL,
    report_id TEXT NOT NULL,
    proven TEXT NOT NULL,
    begin INTEGER NOT NULL,
    mail_id TEXT NOT NULL,
    received_at REAL NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (kind, domain, reporter, report_id, proven, begin)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS report_by_time ON report (received_at);
"""
_ADD = "INSERT OR IGNORE INTO report VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_RECENT = "SELECT count(*) FROM report WHERE received_at > ?"
_FIND = """
SELECT content FROM report
WHERE received_at >= :since
AND (:domain = '' OR domain = :domain OR substr(domain, -length(:domain) - 1) = '.' || :domain)
AND substr(mail_id, 1, length(:mail_id)) = :mail_id
ORDER BY received_at
"""
_PURGE = "DELETE FROM report WHERE received_at < ?"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ReceivedReport).decode


class SqliteReports:
    """See `ecluse.ports.received_reports.ReceivedReports`; for use in the thread that opened it."""

    def __init__(self, path: Path) -> None:
        """Open it, made where it is missing. Raises `Unavailable`, also for a file of a later release."""
        with disk_errors("reports"):
            make_folder(path.parent)
        with _failures():
            self._store = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._store.close()
                raise

    def _prepare(self) -> None:
        """Write-ahead: whoever looks does not wait for whoever writes."""
        (found,) = self._store.execute("PRAGMA user_version").fetchone()
        if found > FORMAT:
            raise Unavailable(f"reports: kept by a later release (format {found})")
        self._store.execute("PRAGMA journal_mode = WAL")
        self._store.executescript(_SCHEMA)
        self._store.execute(f"PRAGMA user_version = {FORMAT}")

    def add(self, report: ReceivedReport) -> bool:
        """See `ReceivedReports.add`; False also when too many came within a day."""
        mail = report.mail
        with _failures():
            (recent,) = self._store.execute(_RECENT, (mail.received_at - DAY_S,)).fetchone()
            if recent >= MAX_A_DAY:
                return False
            key = (report.kind, report.domain, report.reporter, report.report_id, mail.proven, report.begin)
            added = self._store.execute(_ADD, (*key, mail.id, mail.received_at, _encode(report)))
            return added.rowcount > 0

    def find(self, *, domain: str = "", since: float = 0.0, mail_id: str = "") -> Iterator[ReceivedReport]:
        """See `ReceivedReports.find`."""
        wanted = {"domain": domain, "since": since, "mail_id": mail_id}
        with _failures():
            for (content,) in self._store.execute(_FIND, wanted):
                # What only another release understands is left out.
                with suppress(msgspec.MsgspecError):
                    yield _decode(content)

    def purge(self, before: float) -> int:
        """See `ReceivedReports.purge`."""
        with _failures():
            return self._store.execute(_PURGE, (before,)).rowcount

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as problem:
        raise Unavailable(f"reports: {problem}") from problem
