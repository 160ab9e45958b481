"""Reading the journals of a node, also while their writers live."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from operator import attrgetter
from pathlib import Path

import msgspec
import structlog

from ecluse.adapters.folder.segment import SUFFIX, began_at, is_blank, records, writer_of
from ecluse.domain.event import MessageEvent

_SPREAD_S = 3600.0  # An event may be that much older than its file: clocks are set, and messages take their time.

_decode = msgspec.msgpack.Decoder(MessageEvent).decode

log = structlog.get_logger()


def read_events(folder: Path, *, since: float = -math.inf, until: float = math.inf) -> Iterator[MessageEvent]:
    """Events of all writers with `since` <= `at` <= `until` (UTC, seconds since the epoch), merged by time.

    A record that is being written is left out; one that only another release understands is named in the log.
    """
    by_writer: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if began_at(path) - _SPREAD_S <= until and _written_at(path) + _SPREAD_S >= since:
            by_writer[writer_of(path)].append(path)
    streams = [_events(paths) for paths in by_writer.values()]
    for event in heapq.merge(*streams, key=attrgetter("at")):
        if since <= event.at <= until:
            yield event


def _written_at(path: Path) -> float:
    """-inf for a file that was purged meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return -math.inf


def _events(paths: list[Path]) -> Iterator[MessageEvent]:
    for path in paths:
        with suppress(FileNotFoundError):
            yield from _events_in(path)


def _events_in(path: Path) -> Iterator[MessageEvent]:
    for record in records(path):
        if is_blank(record):
            continue
        try:
            yield _decode(record)
        except msgspec.MsgspecError as error:
            log.warning("journal record of another release", file=path.name, problem=str(error))
