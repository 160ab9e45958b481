"""Follows the journals of a node while their writers write."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from operator import attrgetter
from pathlib import Path

import msgspec

from ecluse.adapters.folder.segment import SUFFIX, frame, is_blank, records
from ecluse.domain.event import MessageEvent

_decode = msgspec.msgpack.Decoder(MessageEvent).decode


class JournalTail:
    """Remembers how far each file was read, so that looking again costs only what is new."""

    def __init__(self, folder: Path, *, since: float) -> None:
        """Events before `since` (UTC, seconds since the epoch) are passed over."""
        self._folder, self._since = folder, since
        self._read: dict[str, int] = defaultdict(int)  # File name -> octets of frames.

    def new_events(self) -> Iterator[MessageEvent]:
        """What was written since the last call, merged by time; to be read to its end."""
        streams = [self._new_in(path) for path in sorted(self._folder.glob(f"*{SUFFIX}"))]
        return heapq.merge(*streams, key=attrgetter("at"))

    def _new_in(self, path: Path) -> Iterator[MessageEvent]:
        # A file may be purged between its listing and its opening.
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < self._since:
                return
            for record in records(path, self._read[path.name]):
                self._read[path.name] += len(frame(record))
                if is_blank(record):
                    continue
                # What another release has written is named in the log when the journal is read as a whole.
                with suppress(msgspec.MsgspecError):
                    event = _decode(record)
                    if event.at >= self._since:
                        yield event
