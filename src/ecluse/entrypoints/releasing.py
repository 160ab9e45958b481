"""Lets held messages go on to their recipients: scanned once more, durable, and once (1-7). Read `Releasing.release`."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import structlog

from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.spool import FolderSpool, bucket_of
from ecluse.domain.content import Content
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.event import Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.order import ReleaseOrder
from ecluse.domain.queue import RELEASED, Fate, Progress, QueuedMessage, QueuedRecipient, message_id_of, parts_of
from ecluse.domain.received_report import ReportMail
from ecluse.domain.verdict import Category
from ecluse.entrypoints.feedback import said_by_release
from ecluse.entrypoints.held_look import HeldLook
from ecluse.entrypoints.orders import event
from ecluse.entrypoints.paths import DataPaths
from ecluse.mta.reports.copies import ReportCopies
from ecluse.wire.sealing.content import OpenedContent

log = structlog.get_logger()

RELEASED_VERDICT = f"deliver: {Category.NOT_FILTERED}"
_NOT_DUE = 0.0  # The next attempt of what is in the queue before its held copy is gone.


@dataclass(frozen=True, slots=True)
class Released:
    """What came of it."""

    queued_ids: tuple[str, ...]  # How the queue knows the message.
    text: str


@dataclass(frozen=True, slots=True)
class Releasing:
    """What a release needs."""

    held: FolderSpool
    spool: FolderSpool
    journal: FolderJournal
    feedback: FolderFeedback
    looking: HeldLook
    paths: DataPaths
    has_smart_host: bool
    support: ReportCopies | None = None  # None: no mail becomes a ticket of the provider's support.

    async def release(self, message: QueuedMessage, order: ReleaseOrder, operator: str) -> Released:
        """Durable in the queue first, where nothing is tried before the held copy is gone: nobody gets it twice.

        The caller holds the held message's lock. Cut short anywhere, it can be ordered again. Raises `Impossible`,
        `Unavailable`; then the message stays held.
        """
        mine = concerned(message, order.recipients)
        content = await opened_content(self.held, message, order.content_key)
        await self.looking.demand_harmless(message, content)
        queued = await self._queued(message, mine, content, operator)
        await self._record(message, mine, order, operator, queued.id)
        self._tell(replace(message, recipients=mine), content, order, operator)
        await self._copy_for_support(message, mine, content)
        await self._let_go(message, mine, operator)
        await self._make_due(queued, operator)
        text = "released" if self.looking.scans else "released, unscanned: no virus scanner is configured"
        ids = tuple(one.id for one in queued.parts)
        return Released(ids, text if queued.id == message.id else f"{text}; in the queue as {queued.id}")

    async def _queued(
        self, message: QueuedMessage, mine: tuple[QueuedRecipient, ...], content: Content, operator: str
    ) -> _Copies:
        """What a release that was cut short has put into the queue already, and fresh copies of what is missing."""
        fresh = _as_queued(message, mine, f"released by {operator}")
        keys = {one.address.key for one in mine}
        own, other = (self._copies(replace(fresh, id=each)) for each in _queue_ids(message.id, keys))
        # Where recipients disagreed, the queue may have the message for the others: by its id they wait for it.
        copies = next((each for each in (own, other) if each.are_begun), other if own.there else own)
        if copies.missing:
            await self.spool.keep_parts(copies.missing, content)
        return copies

    def _copies(self, queued: QueuedMessage) -> _Copies:
        is_by_mx = queued.direction is Direction.OUTBOUND and not self.has_smart_host
        parts = parts_of(queued) if is_by_mx else (queued,)
        there = (self.spool.read(one.id) for one in parts)
        return _Copies(queued.id, parts, {one.id: one for one in there if one is not None})

    async def _record(
        self,
        message: QueuedMessage,
        mine: tuple[QueuedRecipient, ...],
        order: ReleaseOrder,
        operator: str,
        queued_id: str,
    ) -> None:
        text = f"released by {operator}"
        if queued_id != message.id:
            text += f", in the queue as {queued_id}"
        # Category N is "not filtered": released mail counts so in every list (market 2.6).
        part = replace(message, recipients=mine)
        record = event(part, Ending.SPOOLED, time.time(), text, category=Category.NOT_FILTERED)
        self.journal.append(replace(record, released_by=order.released_by))
        await self.journal.sync()

    def _tell(self, message: QueuedMessage, content: Content, order: ReleaseOrder, operator: str) -> None:
        """Whoever has a message released says that it was none to be held."""
        if message.direction != Direction.INBOUND:
            return
        said = said_by_release(message, content, order.released_by, operator, self.paths)
        try:
            if not self.feedback.keep(said):
                log.warning("feedback not kept", id=message.id, problem="too much waits for the agent")
        except Unavailable as problem:
            log.error("feedback not kept", id=message.id, problem=str(problem))

    async def _copy_for_support(
        self, message: QueuedMessage, mine: tuple[QueuedRecipient, ...], content: Content
    ) -> None:
        """What would have been a ticket, had it not been held. Cut short here it may come twice: the desk knows its id."""
        if self.support is None or message.direction is Direction.OUTBOUND:
            return
        if any(one.address.key in self.support.addresses for one in mine):
            is_bounce = message.sender is None
            mail = ReportMail(message.id, message.client, message.received_at, message.proven, is_bounce)
            await self.support.keep_mail(mail, content)

    async def _let_go(self, message: QueuedMessage, mine: tuple[QueuedRecipient, ...], operator: str) -> None:
        """The held copy goes with the last of those who wait for it."""
        if len(mine) == len(message.waiting):
            await self.held.remove(message.id)
            return
        fates = {one.address.key: (Fate.DELIVERED, f"released by {operator}") for one in mine}
        await self.held.record(message.id, Progress(at=time.time(), fates=fates, by=operator))

    async def _make_due(self, copies: _Copies, operator: str) -> None:
        for part in copies.parts:
            queued = copies.there.get(part.id, part)
            if queued.is_held:
                await _make_due(self.spool, queued, operator)


@dataclass(frozen=True, slots=True)
class _Copies:
    """One held message in the queue: by MX a part for each destination, as outbound mail is that was never held."""

    id: str  # That the ids of the parts begin with.
    parts: tuple[QueuedMessage, ...]
    there: dict[str, QueuedMessage]  # What the queue has by the ids of parts.

    @property
    def are_begun(self) -> bool:
        """Whether a release for the same recipients has put some of them there."""
        asked = {one.id: _keys(one) for one in self.parts}
        return bool(self.there) and all(_keys(one) == asked[one.id] for one in self.there.values())

    @property
    def missing(self) -> tuple[QueuedMessage, ...]:
        """What is still to be kept; what has such an id and is for others is in its way, and says so."""
        return tuple(one for one in self.parts if one.id not in self.there) if self.are_begun else self.parts


def _keys(message: QueuedMessage) -> set[str]:
    return {one.address.key for one in message.recipients}


async def opened_content(held: FolderSpool, message: QueuedMessage, content_key: bytes) -> Content:
    """What is held, in the clear; it may have to be fetched.

    Raises `Unavailable`, and `Impossible` where it is sealed and no key is given, or another one's.
    """
    if message.seal and not content_key:
        raise Impossible("sealed to its client: only the control plane can let it go")
    kept = await asyncio.to_thread(held.content, message.id)
    if not message.seal:
        return kept
    opened = OpenedContent(kept, content_key, message.id)
    opened.slice(0, 1)  # A wrong key is told now: a look into the message would call it trouble that passes.
    return opened


async def finish_releases(held: FolderSpool, spool: FolderSpool, operator: str, message_id: str = "") -> list[str]:
    """Let go what a crash has left in the queue, of one held message or of all; how the queue knows it.

    What its recipients still have in quarantine stays: its release is under way, or can be ordered again. Raises
    `Unavailable`.
    """
    finished = []
    look = partial(_cut_short_of, spool, {message_id}) if message_id else partial(_cut_short, spool)
    for queued in await asyncio.to_thread(look):
        kept = held.read(queued.message_id)
        if kept is None or not {one.address.key for one in kept.waiting} & {one.address.key for one in queued.waiting}:
            with suppress(Impossible):  # Somebody else was quicker, and it is delivered.
                await _make_due(spool, queued, operator)
                finished.append(queued.id)
    return finished


def _cut_short(spool: FolderSpool) -> list[QueuedMessage]:
    """What releases have put into the queue and not let go yet."""
    return [each for each in spool.messages() if is_cut_short(each)]


def _cut_short_of(
    spool: FolderSpool, message_ids: Collection[str], is_wanted: Callable[[int], bool] | None = None
) -> list[QueuedMessage]:
    """That of these held messages alone, in these buckets: other files are not opened."""
    ids = [each for each in spool.ids(is_wanted) if message_id_of(each) in message_ids]
    return [each for each in map(spool.read, ids) if each is not None and is_cut_short(each)]


async def take_back(spool: FolderSpool, ended: Sequence[QueuedMessage]) -> None:
    """What ends in quarantine for those who wait there must not be let go later: its release was cut short before."""
    waiting = {message.id: {one.address.key for one in message.waiting} for message in ended}
    buckets = {bucket_of(message.destination) for message in ended}
    for queued in await asyncio.to_thread(_cut_short_of, spool, waiting.keys(), buckets.__contains__):
        if waiting[queued.message_id] & {one.address.key for one in queued.waiting}:
            await spool.remove(queued.id)


def is_cut_short(queued: QueuedMessage) -> bool:
    """Whom a person holds in the queue was due before."""
    return queued.is_held and queued.verdict == RELEASED_VERDICT and queued.next_attempt == _NOT_DUE


async def _make_due(spool: FolderSpool, queued: QueuedMessage, operator: str) -> None:
    at = queued.queued_at
    await spool.record(queued.id, Progress(time.time(), {}, next_attempt=at, is_held=False, by=operator))


def concerned(message: QueuedMessage, keys: tuple[str, ...]) -> tuple[QueuedRecipient, ...]:
    """Those of them, or of all, who still wait. Raises `Impossible` where nobody does."""
    waiting = tuple(one for one in message.waiting if not keys or one.address.key in keys)
    if not waiting:
        raise Impossible("none of these recipients waits for it any more")
    return waiting


def _queue_ids(message_id: str, keys: set[str]) -> tuple[str, str]:
    """The ids that a released message may have in the queue: its own, and one that these recipients have alone."""
    digest = hashlib.blake2b("\n".join(sorted(keys)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return message_id, f"{message_id}{RELEASED}{digest}"


def _as_queued(message: QueuedMessage, mine: tuple[QueuedRecipient, ...], reason: str) -> QueuedMessage:
    """The held message as a fresh one in the queue, for these recipients; `_make_due` lets it go."""
    now = time.time()
    return replace(
        message,
        recipients=mine,
        queued_at=now,
        next_attempt=_NOT_DUE,
        attempts=0,
        is_held=True,
        verdict=RELEASED_VERDICT,
        reason=reason,
        seal=b"",
        summary=b"",
        proven="",
    )
