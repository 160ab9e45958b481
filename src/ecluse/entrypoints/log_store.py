"""Where the message log of this installation lies."""

from __future__ import annotations

from pathlib import Path

from ecluse.adapters.message_log.postgresql import PostgresqlMessageLog
from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.entrypoints.paths import DataPaths


def open_log(database: str, data_dir: Path) -> SqliteMessageLog | PostgresqlMessageLog:
    """In the control database where that is a PostgreSQL, so that all nodes share it; else beside the node's journal."""
    if database.startswith("sqlite:"):
        return SqliteMessageLog(DataPaths(data_dir).message_log)
    return PostgresqlMessageLog(database)
