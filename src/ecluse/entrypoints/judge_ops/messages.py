"""What messages hold and what becomes of them: header.decode, mime.walk and scan."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from ecluse.domain.address import Address
from ecluse.domain.content import Content, MemoryContent
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.peer import Peer
from ecluse.domain.policy import Policy
from ecluse.entrypoints.judge_ops.question import Json, Refused, object_in, octets_in, text_in
from ecluse.entrypoints.judge_ops.room import ROOM
from ecluse.entrypoints.judge_ops.zone import ZoneResolver, lookup_in
from ecluse.entrypoints.scan import NoLists, scan_message
from ecluse.filtering.collect import Sources
from ecluse.wire.mime.charsets import decode_text
from ecluse.wire.mime.fields import unfolded
from ecluse.wire.mime.structure import Part, decoded, walk
from ecluse.wire.mime.words import decode_words


def header_decode(question: Json) -> Json:
    """Answer header.decode."""
    return {"text": decode_words(unfolded(b":" + octets_in(question, "data")))}


def mime_walk(question: Json) -> Json:
    """Answer mime.walk."""
    content = MemoryContent(octets_in(question, "message"))
    return {"root": _part(content, walk(content))}


def _part(content: Content, part: Part) -> Json:
    described: Json = {
        "type": part.type,
        "filename": part.filenames[0] if part.filenames else None,
        "charset": part.charset or None,
        "encoding": part.encoding,
        "size": part.end - part.start,
        "sha256": None,
        "text": None,
        "defects": part.defects,
        "parts": [_part(content, inner) for inner in part.parts],
    }
    if part.parts:
        return described
    octets = decoded(content, part, content.size)
    is_text = part.type.startswith("text/")
    return {
        **described,
        "size": len(octets),
        "sha256": hashlib.sha256(octets).hexdigest(),
        "text": decode_text(octets, part.charset) if is_text else None,
    }


def scan(question: Json) -> Json:
    """Answer scan: the very pipeline of mail, with its opening room and without its virus scanner and its stores."""
    envelope = question.get("envelope")
    if not isinstance(envelope, dict):
        raise Refused("bad-request", "no envelope")
    # RFC 2606: a name that stands in nobody's trace.
    resolver = ZoneResolver(lookup_in(object_in(question, "zone")))
    sources = Sources(NoLists(), None, "judge.invalid", resolver, files=ROOM.files())
    peer = Peer(text_in(question, "ip"), helo=text_in(envelope, "helo"), is_esmtp=True)
    report = ROOM.run(
        scan_message(octets_in(question, "message"), _envelope(envelope), peer, _policy(question), sources)
    )
    return {
        "verdict": report.verdict.disposition,
        "score": report.verdict.score,
        "symbols": report.symbols,
        "reasons": report.reasons,
        "findings": [f"{one.code}: {one.detail}" if one.detail else one.code for one in report.verdict.findings],
    }


def _envelope(envelope: Json) -> Envelope:
    recipients = envelope.get("rcpt_to")
    if not isinstance(recipients, list) or not recipients or not all(isinstance(each, str) for each in recipients):
        raise Refused("bad-request", "rcpt_to is no list of addresses")
    sender = text_in(envelope, "mail_from")
    return Envelope(Address.of(sender) if sender else None, tuple(Recipient(Address.of(each)) for each in recipients))


def _policy(question: Json) -> Policy:
    """The defaults, and what the question adds to them."""
    added = question.get("policy", {})
    suffixes, names = (_texts_in(added, key) for key in ("blocked_suffixes", "protected_names"))
    policy = Policy("judge", "", (), protected_names=tuple(name.lower() for name in names))
    return replace(policy, banned_suffixes=policy.banned_suffixes | {each.lstrip(".").lower() for each in suffixes})


def _texts_in(added: object, key: str) -> list[str]:
    texts = added.get(key, []) if isinstance(added, dict) else None
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise Refused("bad-request", f"{key} is no list of texts")
    return texts
