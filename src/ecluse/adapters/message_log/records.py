"""Events as the log keeps them beside its rows, and the rows that follow from all events of a message."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from operator import attrgetter

import msgspec

from ecluse.domain.event import MessageEvent, Stage
from ecluse.domain.log_row import LogRow, rows_of
from ecluse.domain.logged_message import merge

DIGEST_OCTETS = 8  # Of a handful of events that share a UUIDv7.
MAX_BODY_OCTETS = 4 * 1024 * 1024  # The journal takes no larger record.

_ID = re.compile(r"[0-9a-f]{12}7[0-9a-f]{19}")  # UUIDv7.
_LAST_ID = "e677d21fdbff"  # 9999-12-31: what calendars of databases reach.

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(MessageEvent).decode


@dataclass(frozen=True, slots=True)
class Record:
    """One event: the digest tells it from the others of its message."""

    id: str
    digest: bytes
    body: bytes


@dataclass(slots=True)
class Intake:
    """What a batch adds: records that are new, and the rows of every message that has one."""

    records: list[Record] = field(default_factory=list)
    rows: list[LogRow] = field(default_factory=list)


def is_ours(message_id: str) -> bool:
    """Whether it looks like an id that we give, of a time that calendars reach."""
    return _ID.fullmatch(message_id) is not None and message_id < _LAST_ID


def grouped(events: Iterable[MessageEvent]) -> dict[str, list[MessageEvent]]:
    """By message. Intents tell nothing that an outcome does not; ids that are none of ours have no time."""
    by_id: dict[str, list[MessageEvent]] = defaultdict(list)
    for event in events:
        if event.stage is not Stage.INTENT and is_ours(event.id):
            by_id[event.id].append(event)
    return by_id


def intake(by_id: Mapping[str, list[MessageEvent]], known: Iterable[Record]) -> Intake:
    """Rows are made of all events together: so the order in which they come is of no matter."""
    kept: dict[str, dict[bytes, Record]] = defaultdict(dict)
    for record in known:
        kept[record.id][record.digest] = record
    found = Intake()
    for message_id, events in by_id.items():
        records = {record.digest: record for record in map(_record, events)}
        fresh = [record for digest, record in records.items() if digest not in kept[message_id]]
        if fresh:
            found.records += fresh
            found.rows += rows_of(merge([*read(kept[message_id].values()), *read(fresh)]))
    return found


def read(records: Iterable[Record]) -> list[MessageEvent]:
    """By time; what only another release understands is left out."""
    events = []
    for record in records:
        with suppress(msgspec.MsgspecError, zlib.error):
            events.append(_decode(zlib.decompressobj().decompress(record.body, MAX_BODY_OCTETS)))
    return sorted(events, key=attrgetter("at"))


def of_client(events: Iterable[MessageEvent], client: str) -> Iterator[MessageEvent]:
    """The events of those messages that are this client's; "" = of all."""
    known = list(events)
    own = {event.id for event in known if not client or event.client == client}
    return (event for event in known if event.id in own)


def _record(event: MessageEvent) -> Record:
    plain = _encode(event)
    return Record(event.id, blake2b(plain, digest_size=DIGEST_OCTETS).digest(), zlib.compress(plain, 6))
