"""What the message's files hold, opened in the locked room."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Iterator
from typing import Any

from ecluse.domain.evidence import NOT_ASKED, FileFacts, Unknown
from ecluse.domain.opened import Member
from ecluse.filtering.collect import Subject
from ecluse.filtering.files import OpenedFile, OpenedFiles
from ecluse.wire.mime.suffixes import suffixes

MAX_ERRORS = 10

# What a content would be called if its name were honest, and the names that are: a library or a driver is a program
# too, and is judged by its own suffix.
_PROGRAMS = "exe com scr cpl dll ocx sys drv efi mui ax acm pyd node xll tsp fon winmd cat"
HONEST_NAMES: dict[str, tuple[str, frozenset[str]]] = {
    "pe": ("exe", frozenset(_PROGRAMS.split())),
    "dos-program": ("com", frozenset({"com", "exe", "sys", "bin"})),
    "msi": ("msi", frozenset({"msi", "msp", "mst", "msm"})),
    "lnk": ("lnk", frozenset({"lnk"})),
    "chm": ("chm", frozenset({"chm"})),
    "hta": ("hta", frozenset({"hta"})),
    "encoded-script": ("vbe", frozenset({"vbe", "jse"})),
}
# The pages of a book: its reader shows them in place, and nobody opens one by its name (EPUB 3.3 section 5).
_PAGES = frozenset({"xhtml", "xht"})


def files(subject: Subject) -> FileFacts | Unknown | Coroutine[Any, Any, FileFacts]:
    """Types, flags, counts and suffixes; a message of mere texts never comes near the room."""
    if subject.sources.files is None:
        return NOT_ASKED
    if subject.body is not None and not subject.files(subject.body).parts:
        return FileFacts()
    return _files(subject)


async def _files(subject: Subject) -> FileFacts:
    return file_facts(await subject.opened())


def file_facts(opened: OpenedFiles) -> FileFacts:
    """What may be kept of it: words and numbers."""
    answers = [file.opened for file in opened.files]
    members = [member for answer in answers for member in answer.members]
    named = [member for file in opened.files for member in _openable(file)]
    kept = [member for member in named if not member.is_encrypted or member.sha256]
    return FileFacts(
        count=len(answers),
        members=len(members),
        types=_once([one.type for one in answers] + [one.type for one in members]),
        suffixes=_once((*_member_suffixes(kept), *_denied_suffixes(opened.files, members))),
        sealed_suffixes=_once(_member_suffixes([one for one in named if one.is_encrypted and not one.sha256])),
        flags=_once(flag for answer in answers for flag in answer.flags),
        rules=tuple(dict.fromkeys(rule for answer in answers for rule in answer.rules)),
        errors=_once(filter(None, [one.error for one in answers] + [one.error for one in members]))[:MAX_ERRORS],
        troubles=_once(answer.trouble for answer in answers if answer.trouble),
        encrypted=sum(answer.is_encrypted for answer in answers),
        left_out=opened.left_out,
    )


def _openable(file: OpenedFile) -> Iterator[Member]:
    """The members that somebody could open by their names, which is all of them but the pages of books."""
    books: set[tuple[str, ...]] = {()} if _is_book(file.opened.type, file.name) else set()
    for member in filter(_has_name, file.opened.members):
        if _is_book(member.type, member.path[-1]):
            books.add(member.path)
        is_page = member.path[:-1] in books and _PAGES.issuperset(suffixes(member.path[-1]))
        if not is_page:
            yield member


def _has_name(member: Member) -> bool:
    return bool(member.path)


def _is_book(kind: str, name: str) -> bool:
    """By both: what is called an archive is opened as one."""
    return kind == "epub" and suffixes(name) == ("epub",)


def _member_suffixes(members: list[Member]) -> Iterator[str]:
    return (suffix for member in members for suffix in suffixes(member.path[-1]))


def _denied_suffixes(files: tuple[OpenedFile, ...], members: list[Member]) -> Iterator[str]:
    """What programs are, whose names say otherwise."""
    named = [(file.opened.type, file.name) for file in files]
    named += [(member.type, member.path[-1]) for member in members if member.path]
    for kind, name in named:
        suffix, honest = HONEST_NAMES.get(kind, ("", frozenset()))
        if suffix and honest.isdisjoint(suffixes(name)):
            yield suffix


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
