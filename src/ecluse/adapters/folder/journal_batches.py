"""The journals of a node in batches, for whoever passes them on and must lose nothing, also not by his own death."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import msgspec
import structlog

from ecluse.adapters.folder.disk import disk_errors, make_folder, write_durably
from ecluse.adapters.folder.segment import HEADER_BYTES, SUFFIX, frame, is_blank, records
from ecluse.domain.event import MessageEvent

_decode = msgspec.msgpack.Decoder(MessageEvent).decode
_encode = msgspec.msgpack.Encoder().encode
_decode_positions = msgspec.msgpack.Decoder(dict[str, int]).decode

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class JournalBatch:
    """Some events, in no order, and how far one has come with them: file name -> octets of frames."""

    events: tuple[MessageEvent, ...]
    positions: Mapping[str, int]


class JournalBatches:
    """A batch comes again until it was confirmed; after a power cut perhaps once more than that."""

    def __init__(self, folder: Path, memory: Path) -> None:
        """`memory` is the file that remembers the positions; without it everything comes again."""
        self._folder, self._memory = folder, memory
        self._positions: Mapping[str, int] = _remembered(memory)

    def next(self, most: int) -> JournalBatch:
        """Up to `most` events behind what was confirmed; none when all is. Raises `Unavailable`."""
        events: list[MessageEvent] = []
        positions: dict[str, int] = {}
        with disk_errors("journal"):
            for path in sorted(self._folder.glob(f"*{SUFFIX}")):
                position = self._positions.get(path.name, 0)
                with suppress(FileNotFoundError):
                    for end, event in _behind(path, position, most - len(events)):
                        position = end
                        events += event
                    positions[path.name] = position
        return JournalBatch(tuple(events), positions)

    def confirm(self, batch: JournalBatch) -> None:
        """The batch is in safe hands: it does not come again. Raises `Unavailable`."""
        if batch.positions != self._positions:
            with disk_errors("journal"):
                _remember(self._memory, batch.positions)
            self._positions = batch.positions


def _behind(path: Path, position: int, most: int) -> Iterator[tuple[int, tuple[MessageEvent, ...]]]:
    """Where each record ends, and its event; none for a record of another release."""
    # A file that its writer has closed ends with its last record.
    if most <= 0 or path.stat().st_size == HEADER_BYTES + position:
        return
    for record in records(path, position):
        position += len(frame(record))
        if is_blank(record):
            yield position, ()
            continue
        try:
            yield position, (_decode(record),)
            most -= 1
        except msgspec.MsgspecError as problem:
            log.warning("journal record of another release", file=path.name, problem=str(problem))
            yield position, ()
        if not most:
            return


def _remembered(memory: Path) -> Mapping[str, int]:
    """Nothing where it cannot be read: then everything comes again, and whoever takes it knows it already."""
    try:
        content = memory.read_bytes()
        if crc32(content[4:]).to_bytes(4, "little") == content[:4]:
            return _decode_positions(content[4:])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError):
        pass
    log.warning("it is not known how far the journal was read; it is read anew", file=memory.name)
    return {}


def _remember(memory: Path, positions: Mapping[str, int]) -> None:
    make_folder(memory.parent)
    content = _encode(dict(positions))
    write_durably(memory, crc32(content).to_bytes(4, "little"), content)
