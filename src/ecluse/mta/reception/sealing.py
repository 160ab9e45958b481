"""How a held copy is kept where the client has a key: sealed, so that the node itself cannot read it back (design 4)."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import structlog

from ecluse.domain.content import Content
from ecluse.domain.errors import Impossible
from ecluse.domain.held import MAX_WORDS, HeldSummary
from ecluse.domain.incoming import Incoming
from ecluse.domain.lock import Lock
from ecluse.domain.lock_evidence import MAX_HEADER, LockEvidence
from ecluse.domain.queue import QueuedMessage
from ecluse.wire.mime.fields import HeaderSection
from ecluse.wire.mime.words import decode_words
from ecluse.wire.sealing.content import SealedContent, sealed_summary
from ecluse.wire.sealing.envelope import sealed_key
from ecluse.wire.sealing.evidence import sealed_evidence

log = structlog.get_logger()

_MAX_OCTETS = 2_000  # Of a field that are looked at.
_encode = msgspec.msgpack.Encoder().encode


def sealed(
    message: QueuedMessage, content: Content, section: HeaderSection, public_key: bytes
) -> tuple[QueuedMessage, Content]:
    """Both as they are to be kept; without a key as they are. Raises `Impossible` for a damaged key."""
    if not public_key:
        return message, content
    content_key, seal = sealed_key(public_key, message.id)
    summary = sealed_summary(_encode(_summary_of(section)), content_key, message.id)
    return replace(message, seal=seal, summary=summary), SealedContent(content, content_key, message.id)


def with_evidence(lock: Lock, incoming: Incoming, section: HeaderSection, public_key: bytes) -> Lock:
    """The lock with the header of the message that brought it about, where its client has a key (decision 0034)."""
    if not public_key:
        return lock
    sender, header = incoming.envelope.sender_text, _beginning(incoming.content, section)
    found = LockEvidence(incoming.id, incoming.received_at, incoming.peer.ip, sender, header)
    try:
        return replace(lock, evidence=sealed_evidence(found, public_key, lock.id))
    except Impossible as problem:
        # The lock counts: it does not wait for a key that is none.
        log.error("evidence of a lock not kept", lock=lock.id, client=lock.client, problem=str(problem))
        return lock


def _beginning(content: Content, section: HeaderSection) -> bytes:
    """Of a header that is too long, whole lines."""
    octets = content.slice(0, min(section.octets, MAX_HEADER))
    return octets if section.octets <= MAX_HEADER else octets[: octets.rfind(b"\n") + 1]


def _summary_of(section: HeaderSection) -> HeldSummary:
    return HeldSummary(_words(section, b"from"), subject_of(section))


def subject_of(section: HeaderSection) -> str:
    """As its readers see it."""
    return _words(section, b"subject")


def _words(section: HeaderSection, name: bytes) -> str:
    field = section.first(name)
    return decode_words(field.value[:_MAX_OCTETS])[:MAX_WORDS] if field else ""
