"""Questions about files: what lies in them, and what they do when they are opened."""

from __future__ import annotations

from ecluse.domain.opened import Member, Opened
from ecluse.entrypoints.judge_ops.question import Json, list_in, octets_in, text_in
from ecluse.entrypoints.judge_ops.room import ROOM
from ecluse.opening.flags import Flag
from ecluse.ports.opener import FileToOpen

# What runs or loads something without the reader's asking, or starts a program once he clicks.
_ACTIVE = frozenset({
    Flag.MACROS,
    Flag.DDE,
    Flag.REMOTE_TEMPLATE,
    Flag.EXPLOIT_OBJECT,
    Flag.ACTIVE_X,
    Flag.DOCUMENT_SCRIPT,
    Flag.ONENOTE_EMBEDDED,
    Flag.PDF_JAVASCRIPT,
    Flag.PDF_AUTO_ACTION,
    Flag.PDF_LAUNCH,
    Flag.HTML_SCRIPT,
    Flag.SVG_SCRIPT,
    Flag.SCRIPT,
    Flag.EXECUTABLE,
    Flag.SHORTCUT_COMMAND,
})  # fmt: skip


def file_inspect(question: Json) -> Json:
    """The op `file.inspect`."""
    opened = _opened(question)
    return {
        "type": opened.type,
        "encrypted": opened.is_encrypted or Flag.ENCRYPTED_DOCUMENT in opened.flags,
        "macros": Flag.MACROS in opened.flags,
        "dde": Flag.DDE in opened.flags,
        "active_content": not _ACTIVE.isdisjoint(opened.flags),
        "external_links": list(opened.external_links),
        "embedded_objects": list(opened.embedded_objects),
        "urls": list(opened.urls),
        "qr": list(opened.qr_texts),
        "flags": list(opened.flags),
    }


def file_walk(question: Json) -> Json:
    """The op `file.walk`."""
    opened = _opened(question)
    return {
        "type": opened.type,
        "encrypted": opened.is_encrypted,
        "error": opened.error or opened.trouble or None,
        "flags": list(opened.flags),
        "members": [_member(member) for member in opened.members],
    }


def _member(member: Member) -> Json:
    return {
        "path": member.path,
        "type": member.kind,
        "size": member.size,
        "sha256": member.sha256,
        "encrypted": member.is_encrypted,
        "error": member.error or None,
        "flags": member.flags,
    }


def _opened(question: Json) -> Opened:
    passwords = tuple(str(password) for password in list_in(question, "passwords"))
    return ROOM.open(FileToOpen(octets_in(question, "data"), text_in(question, "name"), passwords))
