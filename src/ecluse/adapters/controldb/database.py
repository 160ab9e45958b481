"""One connection to the control database, SQLite or PostgreSQL, that speaks named queries only."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any
from urllib.parse import unquote, urlsplit

from ecluse.domain.errors import Impossible, Unavailable

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_VALUE = re.compile(r"(?<!:):([a-z_]+)\b")
_CONNECT_S = 5
_STATEMENT_MS = 30_000
_ROWS_AT_ONCE = 1_000
_PASSES_EVERY_FENCE = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
# A node serves all clients: row-level security (control/tenants/fence.py) is told so, for one transaction.
_OF_ALL_CLIENTS = "SET LOCAL ecluse.client = '0'"


class Database:
    """Connects when first used, and again after trouble. Every method raises `Unavailable`."""

    def __init__(self, url: str) -> None:
        """`sqlite:///absolute/path` or `postgresql://...`. Raises `Impossible` for any other."""
        self._url = url
        self._is_sqlite = url.startswith("sqlite:///")
        if not self._is_sqlite and not url.startswith(("postgresql://", "postgres://")):
            raise Impossible(f"expected sqlite:///path or postgresql://..., found {urlsplit(url).scheme}://")
        self._connection: Any = None
        self._trouble: tuple[type[Exception], ...] = (sqlite3.Error,)
        if not self._is_sqlite:
            # Only for those who use it: 20 MB in each process.
            import psycopg  # noqa: PLC0415 - the reason stands above.

            self._trouble = (psycopg.Error,)

    @contextmanager
    def transaction(self, *, is_snapshot: bool = False) -> Iterator[Transaction]:
        """All or nothing; with `is_snapshot` every query of it sees the same state."""
        try:
            connection = self._connected()
            with _begun(connection, is_sqlite=self._is_sqlite, is_snapshot=is_snapshot):
                yield Transaction(connection, is_sqlite=self._is_sqlite)
        except self._trouble as problem:
            self.close()
            # The text of a driver's error may quote values: its class must do.
            raise Unavailable(f"the control database: {type(problem).__name__}") from problem

    def passes_every_fence(self) -> bool:
        """Whether row-level security does not hold for our role (control/tenants/fence.py). False on SQLite, which has none."""
        with self.transaction() as transaction:
            return not self._is_sqlite and transaction.ask(_PASSES_EVERY_FENCE, {}) == [(True,)]

    def close(self) -> None:
        """Let go of the connection; the next use makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> Any:
        if self._connection is None:
            self._connection = self._connect_sqlite() if self._is_sqlite else self._connect_postgresql()
        return self._connection

    def _connect_sqlite(self) -> sqlite3.Connection:
        path = unquote(self._url.removeprefix("sqlite://"))
        # The file and its mode (WAL) are the control plane's to make, never a node's.
        return sqlite3.connect(
            f"file:{path}?mode=rw", uri=True, timeout=_CONNECT_S, isolation_level=None, check_same_thread=False
        )

    def _connect_postgresql(self) -> Any:
        import psycopg  # noqa: PLC0415 - see `__init__`.

        return psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=_CONNECT_S,
            options=f"-c statement_timeout={_STATEMENT_MS}",
            # A pooler between us and the server must not be surprised.
            prepare_threshold=None,
        )


class Transaction:
    """Runs queries by their names."""

    def __init__(self, connection: Any, *, is_sqlite: bool) -> None:
        self._connection = connection
        self._queries = _SQLITE if is_sqlite else _POSTGRESQL

    def rows(self, query: str, **values: object) -> Iterator[tuple[Any, ...]]:
        """What the query gives, row by row; to be read within the transaction."""
        cursor = self._connection.cursor()
        cursor.execute(self._queries[query], values)
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield from rows

    def run(self, query: str, **values: object) -> int:
        """Do what the query says; how many rows it touched."""
        cursor = self._connection.cursor()
        cursor.execute(self._queries[query], values)
        return int(cursor.rowcount)

    def row(self, query: str, **values: object) -> tuple[Any, ...]:
        """The only row."""
        (row,) = self.rows(query, **values)
        return row

    def ask(self, statement: str, values: dict[str, object]) -> list[tuple[Any, ...]]:
        """What a statement gives that was put together; for names of queries there is `rows`."""
        cursor = self._connection.execute(statement, values or None)
        return list(cursor.fetchall()) if cursor.description else []

    def copy(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        """PostgreSQL alone: many rows at once."""
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)


@contextmanager
def _begun(connection: Any, *, is_sqlite: bool, is_snapshot: bool) -> Iterator[None]:
    begin = "BEGIN" if is_sqlite else f"BEGIN{' ISOLATION LEVEL REPEATABLE READ' if is_snapshot else ''}"
    connection.execute(begin)
    try:
        if not is_sqlite:
            connection.execute(_OF_ALL_CLIENTS)
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def in_psycopg(statement: str) -> str:
    """With its values, :name, as psycopg writes them."""
    return _VALUE.sub(r"%(\1)s", statement)


def _read_queries() -> dict[str, str]:
    """Name -> text."""
    pieces = _NAME.split((resources.files(__package__) / "queries.sql").read_text("utf-8"))
    return {name: text.strip().rstrip(";") for name, text in zip(pieces[1::2], pieces[2::2], strict=True)}


_SQLITE = _read_queries()
_POSTGRESQL = {name: in_psycopg(text) for name, text in _SQLITE.items()}
