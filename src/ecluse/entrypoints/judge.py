"""Answers single questions of the outside judge: JSON lines in, one JSON line out for each, in order."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, TypeAlias

from ecluse.domain.address import Address
from ecluse.domain.content import Content, MemoryContent
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.errors import EcluseError
from ecluse.domain.peer import Peer
from ecluse.domain.policy import Policy
from ecluse.entrypoints.scan import NoLists, scan_message
from ecluse.filtering.collect import Sources
from ecluse.wire.mime.addresses import AddressSyntax, Mailbox, parse_addr_spec, parse_addresses
from ecluse.wire.mime.charsets import decode_text
from ecluse.wire.mime.fields import unfolded
from ecluse.wire.mime.structure import Part, decoded, walk
from ecluse.wire.mime.words import decode_words
from ecluse.wire.smtp.grammar import SyntaxTrouble, parse_command

MAX_LINE_BYTES = 100_000_000
_ID = re.compile(rb'"id"\s*:\s*(\d{1,18})')

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Refused(EcluseError):
    """A question that has an error for an answer."""

    code: str  # "bad-request", "syntax" or "limit"
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer until the input ends; no question ends it earlier."""
    while line := stdin.readline(MAX_LINE_BYTES):
        reply = _skip(line, stdin) if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n") else _reply(line)
        stdout.write(json.dumps(reply).encode("ascii") + b"\n")
        stdout.flush()


def _skip(line: bytes, stdin: BinaryIO) -> Json:
    """The reply to a line that is too long, once the rest of it is out of the way."""
    number = _id_in(line)
    while line and not line.endswith(b"\n"):
        line = stdin.readline(MAX_LINE_BYTES)
    return _error(number, f"limit: a line holds at most {MAX_LINE_BYTES} octets")


def _reply(line: bytes) -> Json:
    """One reply, whatever stands in the line."""
    number: float = _id_in(line)
    try:
        question = _question(line)
        number = question["id"]
        answer = OPS.get(question["op"])
        return {"id": number, "ok": True, **answer(question)} if answer else _error(number, "unsupported")
    except Refused as problem:
        return _error(number, str(problem))
    except MemoryError:
        return _error(number, "limit: more memory than there is")
    except Exception as problem:  # noqa: BLE001 - the border of this program: shown, answered, survived.
        sys.excepthook(type(problem), problem, problem.__traceback__)
        return _error(number, f"internal: {type(problem).__name__}")


def _error(number: float, text: str) -> Json:
    return {"id": number, "ok": False, "error": text}


def _id_in(line: bytes) -> int:
    """The id of a question that cannot be read as a whole; 0 where it does not stand near the start."""
    found = _ID.search(line, 0, 1_000)
    return int(found[1]) if found else 0


def _question(line: bytes) -> Json:
    try:
        question = json.loads(line)
    except (ValueError, RecursionError):
        raise Refused("bad-request", "no JSON") from None
    if not isinstance(question, dict) or not isinstance(question.get("op"), str):
        raise Refused("bad-request", "no object with an op")
    if type(question.get("id")) not in {int, float}:
        raise Refused("bad-request", "no id")
    return question


# --- The questions -----------------------------------------------------------------


def _hello(_question: Json) -> Json:
    return {}


def _smtp_line(question: Json) -> Json:
    """The grammar alone: which parameters are offered is another question."""
    try:
        command = parse_command(_octets(question, "data"), allows_utf8=True)
    except SyntaxTrouble as problem:
        raise Refused("syntax", problem.reply.text) from None
    address = command.path.text if command.path else None
    return {"verb": command.verb, "address": address, "params": dict(command.parameters)}


def _addr_parse(question: Json) -> Json:
    data, grammar = _octets(question, "data"), _text(question, "grammar")
    if grammar == "addr-spec":
        try:
            return {"addresses": [_mailbox(parse_addr_spec(data))], "ambiguous": False}
        except AddressSyntax as problem:
            raise Refused("syntax", str(problem)) from None
    if grammar != "header":
        raise Refused("bad-request", "grammar is header or addr-spec")
    found = parse_addresses(unfolded(b":" + data))
    return {"addresses": [_mailbox(one) for one in found.addresses], "ambiguous": found.is_ambiguous}


def _mailbox(mailbox: Mailbox) -> Json:
    return {"name": mailbox.name, "local": mailbox.local, "domain": mailbox.domain}


def _header_decode(question: Json) -> Json:
    return {"text": decode_words(unfolded(b":" + _octets(question, "data")))}


def _mime_walk(question: Json) -> Json:
    content = MemoryContent(_octets(question, "message"))
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


def _scan(question: Json) -> Json:
    envelope = question.get("envelope")
    if not isinstance(envelope, dict):
        raise Refused("bad-request", "no envelope")
    sources = Sources(NoLists(), None, "judge.invalid")  # RFC 2606: a name that stands in nobody's trace.
    peer = Peer(_text(question, "ip"), helo=_text(envelope, "helo"), is_esmtp=True)
    report = asyncio.run(
        scan_message(_octets(question, "message"), _envelope(envelope), peer, _policy(question), sources)
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
    sender = _text(envelope, "mail_from")
    return Envelope(_address(sender) if sender else None, tuple(Recipient(_address(each)) for each in recipients))


def _address(text: str) -> Address:
    local, _, domain = text.rpartition("@")
    return Address(local, domain.lower())


def _policy(question: Json) -> Policy:
    """The defaults, and what the question adds to them."""
    added = question.get("policy", {})
    suffixes = added.get("blocked_suffixes", []) if isinstance(added, dict) else None
    if not isinstance(suffixes, list) or not all(isinstance(each, str) for each in suffixes):
        raise Refused("bad-request", "blocked_suffixes is no list of texts")
    policy = Policy("judge", "", ())
    return replace(policy, banned_suffixes=policy.banned_suffixes | {each.lstrip(".").lower() for each in suffixes})


def _octets(question: Json, name: str) -> bytes:
    try:
        return base64.b64decode(_text(question, name), validate=True)
    except (binascii.Error, ValueError):
        raise Refused("bad-request", f"{name} is no base64") from None


def _text(question: Json, name: str) -> str:
    text = question.get(name)
    if not isinstance(text, str):
        raise Refused("bad-request", f"{name} is no text")
    return text


OPS: dict[str, Callable[[Json], Json]] = {
    "hello": _hello,
    "smtp.line": _smtp_line,
    "addr.parse": _addr_parse,
    "header.decode": _header_decode,
    "mime.walk": _mime_walk,
    "scan": _scan,
}


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
