"""The replayed messages, ready for the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SETS: dict[str, set[str]] = {
    "mixed": set(),  # Every kind.
    "small": {"sa-ham", "sa-spam", "trec-ham", "trec-spam"},
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message with its envelope; every octet a session sends is prepared, so that sending costs little."""

    ehlo: bytes
    xclient: bytes
    envelope: bytes  # MAIL, RCPT and DATA in one pipelined group.
    wire: bytes  # Dot-stuffed, with the final dot.


def read(corpus: Path, name: str, count: int, skip: int = 0) -> list[Message]:
    """Return `count` messages of a set, in the order of the manifest (which is shuffled: any stretch is a fair sample).

    Goes round again when the set is shorter than that.
    """
    found = rows(corpus, name)
    found = (found[skip:] or found) * (count // len(found) + 2)
    return [_message(corpus, row) for row in found[:count]]


def rows(corpus: Path, name: str) -> list[dict[str, str]]:
    """The lines of the manifest that belong to a set: file, sender, rcpt, ip, host, helo and kind of each message."""
    return [row for row in _manifest(corpus) if not SETS[name] or row["kind"] in SETS[name]]


def _manifest(corpus: Path) -> Iterator[dict[str, str]]:
    for line in (corpus / "manifest.jsonl").read_text().splitlines():
        yield json.loads(line)


def _message(corpus: Path, row: dict[str, str]) -> Message:
    text = (corpus / row["file"]).read_bytes()
    envelope = f"MAIL FROM:<{row['sender']}> SIZE={len(text)}\r\nRCPT TO:<{row['rcpt']}>\r\nDATA\r\n"
    return Message(
        ehlo=f"EHLO {row['helo']}\r\n".encode(),
        xclient=f"XCLIENT NAME={row['host']} ADDR={row['ip']}\r\n".encode(),
        envelope=envelope.encode(),
        wire=_stuffed(text) + b".\r\n",
    )


def _stuffed(text: bytes) -> bytes:
    """RFC 5321 section 4.5.2; the messages end with CRLF."""
    stuffed = text.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
