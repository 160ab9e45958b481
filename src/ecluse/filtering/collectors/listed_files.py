"""Which hash lists name a file of the message."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any

from ecluse.domain.evidence import NOT_ASKED, ListedFileFacts, Unknown
from ecluse.filtering.body import Body
from ecluse.filtering.collect import ON_THE_SPOT_OCTETS, Subject
from ecluse.filtering.message_files import MessageFiles
from ecluse.ports.hash_lists import HashLists
from ecluse.wire.mime.structure import Part

MAX_FILES = 1_000  # Of one message, in every reading.


def listed_files(subject: Subject) -> ListedFileFacts | Unknown | Coroutine[Any, Any, ListedFileFacts]:
    """The lists that hold the SHA-256 or MD5 of an attachment, or the SHA-256 of something in it."""
    lists = subject.sources.hash_lists
    if lists is None or lists.is_empty:
        return NOT_ASKED
    return _look_up(subject, lists)


async def _look_up(subject: Subject, lists: HashLists) -> ListedFileFacts:
    body = await subject.read()
    if subject.incoming.content.size <= ON_THE_SPOT_OCTETS:
        found = _lists_of(subject.files(body), body, lists)
    else:
        found = await asyncio.to_thread(_lists_of, subject.files(body), body, lists)
    opened = await subject.opened()
    members = (member for file in opened.files for member in file.opened.members if member.size)
    names = (lists.find(bytes.fromhex(member.sha256)) for member in members)
    return ListedFileFacts(tuple(dict.fromkeys((*found, *filter(None, names)))))


def _lists_of(files: MessageFiles, body: Body, lists: HashLists) -> tuple[str, ...]:
    parts = [part for part in body.leaves if _is_file(part)][:MAX_FILES]
    names = (lists.find(digest) for part in parts for digest in _digests(files.chunks(part)))
    return tuple(dict.fromkeys(name for name in names if name))


def _is_file(part: Part) -> bool:
    is_shown = part.type in {"text/plain", "text/html"} and part.disposition != "attachment" and not part.filenames
    return part.end > part.start and not is_shown


def _digests(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """None of an empty file: lists of others name it by mistake, and archives are full of them."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    octets = 0
    for chunk in chunks:
        octets += len(chunk)
        sha256.update(chunk)
        md5.update(chunk)
    if octets:
        yield sha256.digest()
        yield md5.digest()
