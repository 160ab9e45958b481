"""Reads a mail to the provider's support: who writes, what he says, which mails it answers, what files came with it.

Never raises on any octets. The structure is walked within bounds; of parts that say the same in text and in HTML the text
is taken, and HTML alone is read as a mail client would show it, without what it hides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.domain.address import Address
from ecluse.domain.content import Content, MemoryContent
from ecluse.domain.received_report import ReportMail
from ecluse.domain.support_mail import (
    MAX_ALL_OCTETS,
    MAX_FILE_NAME,
    MAX_FILE_OCTETS,
    MAX_FILES,
    MAX_KIND,
    MAX_MESSAGE_ID,
    MAX_NAME,
    MAX_SUBJECT,
    MAX_TEXT,
    MAX_THREAD,
    SupportFile,
    SupportMail,
)
from ecluse.wire.automatic import is_automatic
from ecluse.wire.html.reader import read_html
from ecluse.wire.mime.addresses import Mailbox, parse_addresses
from ecluse.wire.mime.charsets import decode_text, neutralised
from ecluse.wire.mime.fields import HeaderSection, split_head
from ecluse.wire.mime.structure import Part, WalkLimits, decoded, walk
from ecluse.wire.mime.words import decode_words
from ecluse.wire.names.registrable import registrable_domain
from ecluse.wire.notations import address_key

_LIMITS = WalkLimits(depth=20, parts=500, scanned_octets=268_435_456)
_MAX_TEXT_OCTETS = 1_048_576  # Of one part that is read as text.
_MAX_FIELD_OCTETS = 2_000
_MAX_THREAD_OCTETS = 16_000
# RFC 5322 section 3.6.4, as far as it can be written into a field of ours again.
_MESSAGE_ID = re.compile(rb"<([!-;=?-~]+@[!-;=?-~]+)>")
_RETURNED = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
_TEXTS = ("text/plain", "text/html")


def support_mail_in(content: Content, mail: ReportMail) -> SupportMail:
    """What is carried up."""
    section = split_head(content)
    author = _author(section)
    sender = address_key(f"{author.local}@{author.domain}") if author else ""
    files, left_out = _files(content, root := walk(content, _LIMITS, section))
    return SupportMail(
        id=mail.id,
        received_at=mail.received_at,
        sender=sender,
        sender_name=neutralised(author.name)[:MAX_NAME] if author else "",
        proven=mail.proven if sender and registrable_domain(sender.rpartition("@")[2]) == mail.proven else "",
        subject=_line(section, b"subject")[:MAX_SUBJECT],
        text=_text(content, root)[:MAX_TEXT],
        message_id=next(_ids(section, b"message-id"), ""),
        thread=_thread(section),
        is_automatic=is_automatic(section, _envelope(mail, author)),
        files=files,
        left_out=left_out,
        returned=_returned(content, root) if mail.is_bounce else "",
    )


def _author(section: HeaderSection) -> Mailbox | None:
    """The one address that stands in From: of several nobody knows which one the proof is about."""
    fields = section.all(b"from")
    if len(fields) != 1 or len(fields[0].value) > _MAX_FIELD_OCTETS:
        return None
    found = parse_addresses(fields[0].value)
    return found.addresses[0] if len(found.addresses) == 1 and not found.is_ambiguous else None


def _envelope(mail: ReportMail, author: Mailbox | None) -> Address | None:
    """Whom programs are known by: the null sender, else who is named as its author."""
    return None if mail.is_bounce or author is None else Address(author.local, author.domain)


def _line(section: HeaderSection, name: bytes) -> str:
    field = section.first(name)
    return neutralised(decode_words(field.value[:_MAX_FIELD_OCTETS])).strip() if field else ""


def _thread(section: HeaderSection) -> tuple[str, ...]:
    """What it answers itself, then what that answered (RFC 5322 section 3.6.4): the nearest first, each once."""
    answered = list(_ids(section, b"in-reply-to"))
    before = list(_ids(section, b"references"))
    return tuple(dict.fromkeys([*answered, *reversed(before)]))[:MAX_THREAD]


def _returned(content: Content, root: Part) -> str:
    """The id of what a server gives back: a mail, or its head alone (RFC 6522 section 3)."""
    returned = next((part for part in _leaves(root) if part.type in _RETURNED), None)
    if returned is None:
        return ""
    head = MemoryContent(decoded(content, returned, _MAX_THREAD_OCTETS))
    return next(_ids(split_head(head), b"message-id"), "")


def _ids(section: HeaderSection, name: bytes) -> Iterator[str]:
    for field in section.all(name)[:1]:
        for found in _MESSAGE_ID.findall(field.value[-_MAX_THREAD_OCTETS:]):
            if len(found) <= MAX_MESSAGE_ID:
                yield found.decode("ascii")


def _text(content: Content, root: Part) -> str:
    """What stands there as text; where nothing does, what the HTML shows."""
    for kind in _TEXTS:
        parts = [part for part in _leaves(root) if _is_body(part) and part.type == kind]
        said = "\n\n".join(filter(None, (_words(content, part) for part in parts)))
        if said:
            return said
    return ""


def _words(content: Content, part: Part) -> str:
    text = decode_text(decoded(content, part, _MAX_TEXT_OCTETS), part.charset)
    shown = read_html(text).visible if part.type == "text/html" else text
    return "\n".join(neutralised(line).rstrip() for line in shown.splitlines()).strip()


def _files(content: Content, root: Part) -> tuple[tuple[SupportFile, ...], int]:
    """Those that there is room for, and how many there were beyond."""
    kept: list[SupportFile] = []
    left_out, room = 0, MAX_ALL_OCTETS
    for part in (each for each in _leaves(root) if not _is_body(each)):
        octets = decoded(content, part, MAX_FILE_OCTETS + 1) if len(kept) < MAX_FILES else b""
        if len(kept) == MAX_FILES or len(octets) > min(MAX_FILE_OCTETS, room):
            left_out += 1
            continue
        room -= len(octets)
        kept.append(SupportFile(_file_name(part, len(kept) + 1), neutralised(part.type)[:MAX_KIND], octets))
    return tuple(kept), left_out


def _file_name(part: Part, number: int) -> str:
    """Its last piece: a path is nothing to us."""
    name = neutralised(part.filenames[0]) if part.filenames else ""
    piece = re.split(r"[/\\]", name)[-1].strip(" .")
    return piece[:MAX_FILE_NAME] or f"file-{number}{'.eml' if part.type == 'message/rfc822' else ''}"


def _leaves(root: Part) -> Iterator[Part]:
    """In the usual reading; a message within the message is one file."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.parts and part.type.startswith("multipart/"):
            waiting += reversed(part.parts)
        else:
            yield part


def _is_body(part: Part) -> bool:
    """Whether a mail client shows it as text, and not as a file."""
    return part.type in _TEXTS and part.disposition != "attachment" and not part.filenames
