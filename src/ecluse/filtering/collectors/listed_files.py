"""Which hash lists name a file of the message."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Iterator
from typing import Any

from ecluse.domain.content import Content
from ecluse.domain.evidence import NOT_ASKED, ListedFileFacts, Unknown
from ecluse.filtering.body import Body
from ecluse.filtering.collect import Subject
from ecluse.ports.hash_lists import HashLists
from ecluse.wire.mime.decoded_stream import DecodedStream
from ecluse.wire.mime.structure import Part

MAX_FILES = 1_000  # Of one message, in every reading.


def listed_files(subject: Subject) -> ListedFileFacts | Unknown | Coroutine[Any, Any, ListedFileFacts]:
    """The lists that hold the SHA-256 or MD5 of an attachment."""
    lists = subject.sources.hash_lists
    if lists is None or lists.is_empty:
        return NOT_ASKED
    content, body = subject.incoming.content, subject.body
    return _look_up(subject, lists) if body is None else ListedFileFacts(_lists_of(content, body, lists))


async def _look_up(subject: Subject, lists: HashLists) -> ListedFileFacts:
    body = await subject.read()
    return ListedFileFacts(await asyncio.to_thread(_lists_of, subject.incoming.content, body, lists))


def _lists_of(content: Content, body: Body, lists: HashLists) -> tuple[str, ...]:
    files = [part for part in body.leaves if _is_file(part)][:MAX_FILES]
    names = (lists.find(digest) for part in files for digest in _digests(content, part))
    return tuple(dict.fromkeys(name for name in names if name))


def _is_file(part: Part) -> bool:
    is_shown = part.type in {"text/plain", "text/html"} and part.disposition != "attachment" and not part.filenames
    return part.end > part.start and not is_shown


def _digests(content: Content, part: Part) -> Iterator[bytes]:
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    for chunk in DecodedStream(content, part).chunks():
        sha256.update(chunk)
        md5.update(chunk)
    yield sha256.digest()
    yield md5.digest()
