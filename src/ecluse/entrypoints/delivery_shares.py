"""Which of a node's delivery processes serves what."""

from __future__ import annotations

from ecluse.adapters.folder.spool import bucket_of


def owner_of(destination: str, processes: int) -> int:
    """The one that serves a destination."""
    return bucket_of(destination) % processes
