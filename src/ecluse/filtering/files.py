"""A message's files, opened: what the room found in them, once for all collectors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ecluse.domain.opened import Opened, Trouble
from ecluse.filtering.body import Body
from ecluse.filtering.message_files import MessageFiles
from ecluse.filtering.passwords import candidates
from ecluse.ports.opener import FileToOpen, OpeningRoom
from ecluse.wire.mime.fields import HeaderSection
from ecluse.wire.mime.structure import Part
from ecluse.wire.mime.words import decode_words

MAX_FILES = 300  # Of one message, every reading counted: long threads carry the pictures of all signatures.
MAX_OCTETS = 134_217_728  # Of all of them, decoded.
MAX_UNREACHED_OCTETS = 33_554_432  # For the virus scanner, of all of them.
MESSAGE_S = 18.0  # Below the collector's deadline: what could be opened is not lost.
ON_THE_SPOT_OCTETS = 1_048_576  # Decoding more than this must not keep the worker's other senders waiting.
LARGE_AT_ONCE = 4  # Files of more than that which a worker holds in memory.


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """One file, in one reading."""

    name: str  # As its sender calls it; for us, never for evidence.
    opened: Opened


@dataclass(frozen=True, slots=True)
class OpenedFiles:
    """What a message's files hold. Names, texts and links are for other collectors, never for evidence."""

    files: tuple[OpenedFile, ...] = ()
    left_out: int = 0  # Files that were not opened: too many, too large together, or out of time.

    @property
    def urls(self) -> Iterator[str]:
        """Links of all files, as they stand there."""
        return (url for file in self.files for url in (*file.opened.urls, *file.opened.external_links))

    @property
    def qr_texts(self) -> Iterator[str]:
        """What QR codes say."""
        return (text for file in self.files for text in file.opened.qr_texts)

    @property
    def unreached(self) -> tuple[bytes, ...]:
        """What the virus scanner does not get at by itself, each once."""
        return tuple(dict.fromkeys(octets for file in self.files for octets in file.opened.unreached))

    @property
    def has_more_unreached(self) -> bool:
        """Whether there was more of that than we may hold."""
        return any(file.opened.has_more_unreached for file in self.files)

    @property
    def texts(self) -> Iterator[str]:
        """Readable text of all files."""
        return (text for file in self.files for text in file.opened.texts)


NO_FILES = OpenedFiles()
_LATE = OpenedFile("", Opened("unknown", trouble=Trouble.BUSY))  # The message's time ran out over it.


class FileOpening:
    """The room, and how many large files a worker may hold in memory on their way to it."""

    def __init__(self, room: OpeningRoom, message_s: float = MESSAGE_S) -> None:
        """`message_s` is how long one message may wait for all its files."""
        self._room, self._message_s = room, message_s
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def open_all(self, files: MessageFiles, section: HeaderSection, body: Body, origin: str = "") -> OpenedFiles:
        """One after the other: a message never holds more than one file in memory, nor more than one helper.

        `origin` names whoever sent it, see `FileToOpen`.
        """
        if not files.parts:
            return NO_FILES
        asked = FileToOpen(b"", passwords=_passwords(section, body), origin=origin)
        opened: list[OpenedFile] = []
        done = 0
        try:
            async with asyncio.timeout(self._message_s):
                for part in _within_bounds(files.parts):
                    for file in await self._open(files, part, asked):
                        opened.append(_fitting(file, opened))
                    done += 1
        except TimeoutError:
            # That heals: the room remembers what it has opened, so that the sender's next attempt gets further.
            opened.append(_LATE)
            done += 1
        return OpenedFiles(tuple(opened), left_out=len(files.parts) - done)

    async def _open(self, files: MessageFiles, part: Part, asked: FileToOpen) -> list[OpenedFile]:
        """`asked` is what all files of the message have in common."""
        if part.end - part.start <= ON_THE_SPOT_OCTETS:
            return await self._ask(part, files.readings(part), asked)
        async with self._large:
            return await self._ask(part, await asyncio.to_thread(files.readings, part), asked)

    async def _ask(self, part: Part, contents: tuple[bytes, ...], asked: FileToOpen) -> list[OpenedFile]:
        name = part.filenames[0] if part.filenames else ""
        files = (replace(asked, content=octets, name=name) for octets in contents)
        return [OpenedFile(name, await self._room.open(file)) for file in files]


def _fitting(file: OpenedFile, others: list[OpenedFile]) -> OpenedFile:
    """The file without what the virus scanner is to be given, where that is too much beside what the others have."""
    if not file.opened.unreached:
        return file
    octets = sum(len(one) for each in (file, *others) for one in each.opened.unreached)
    if octets <= MAX_UNREACHED_OCTETS:
        return file
    return replace(file, opened=replace(file.opened, unreached=(), has_more_unreached=True))


def _within_bounds(leaves: tuple[Part, ...]) -> Iterator[Part]:
    """The first of them, up to the first that is too many or too much."""
    octets = 0
    for part in leaves[:MAX_FILES]:
        octets += (part.end - part.start) * len(part.encodings)
        if octets > MAX_OCTETS:
            return
        yield part


def _passwords(section: HeaderSection, body: Body) -> tuple[str, ...]:
    subject = section.first(b"subject")
    subjects = [decode_words(subject.value[:2_000])] if subject else []
    return candidates([*subjects, *(text.text for text in body.texts)])
