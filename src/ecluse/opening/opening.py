"""Opens a file and everything in it: type, openers by type, entries in their turn, all under one budget."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from ecluse.domain.opened import Member, Opened
from ecluse.opening.budget import Bomb, Budget, Exceeded, Limits
from ecluse.opening.detection import detect
from ecluse.opening.flags import Flag
from ecluse.opening.found import Found
from ecluse.opening.guard import guarded
from ecluse.opening.names import name_flags, suffix_of, type_flags
from ecluse.opening.openers import OPENERS
from ecluse.opening.pieces import Broken, Entry, File, Flagged, Opener, Piece
from ecluse.opening.scripts import type_by_name
from ecluse.opening.types import Type
from ecluse.opening.unreached import is_unreached

_MAX_NAME = 1_024  # Characters of an entry's name that are kept.


def open_file(file: File, limits: Limits) -> Opened:
    """What the file is and holds; its type is told by content anew. Never raises: a limit reached is an error and a flag."""
    opening = _Opening(Budget(limits, len(file.content)), file.passwords)
    level = _Level(file.name)
    try:
        opening.look_into(file.content, level)
    except Exceeded as problem:
        level.errors.append(str(problem))
        opening.found.flag(Flag.BOMB if isinstance(problem, Bomb) else Flag.LIMIT)
    return opening.found.opened(level.type, level.error)


@dataclass(slots=True)
class _Level:
    """One file on the way down, and what is said about it."""

    name: str
    path: tuple[str, ...] = ()  # Empty for the outermost file.
    ancestors: tuple[tuple[str, str], ...] = ()  # Digests and types, from the outermost inwards.
    type: str = Type.UNKNOWN
    digest: str = ""
    is_encrypted: bool = False
    errors: list[str] = field(default_factory=list)
    flags: dict[str, None] = field(default_factory=dict)

    def below(self, entry: Entry) -> _Level:
        """Where the entry is looked into: a layer of the file has the file's own path."""
        return _Level(
            entry.name,
            (*self.path, entry.name[:_MAX_NAME]) if entry.is_member else self.path,
            (*self.ancestors, (self.digest, self.type)),
            is_encrypted=entry.is_encrypted,
            errors=[entry.error] if entry.error else [],
        )

    @property
    def error(self) -> str:
        return "; ".join(dict.fromkeys(self.errors))


class _Opening:
    """One file being opened."""

    def __init__(self, budget: Budget, passwords: tuple[str, ...]) -> None:
        self._budget = budget
        self._passwords = passwords
        # Digest, type and suffix -> members and octets that lie in it. Texts are what their names say, and what is only a
        # picture by one name is read as a script by another.
        self._costs: dict[tuple[str, str, str], tuple[int, int]] = {}
        self.found = Found(budget.limits)

    def look_into(self, content: bytes, level: _Level) -> None:
        """Say what it is, and open it unless the same octets were opened before under a name of the same kind."""
        level.type = kind = detect(content, level.name)
        level.digest = hashlib.sha256(content).hexdigest()
        # A browser reads as a page whatever is called one, though it begins like a picture or holds words of other formats.
        kinds = tuple(dict.fromkeys((kind, type_by_name(level.name) or kind)))
        self._flag(level, *(flag for each in kinds for flag in type_flags(each, level.name)))
        # A message without header fields is its own text, once: that is no bomb.
        if (level.digest, kind) in level.ancestors:
            self._flag(level, Flag.BOMB)
        known = (level.digest, kind, suffix_of(level.name))
        if known in self._costs:
            self._budget.spend_again(*self._costs[known])
            return
        openers = list(_openers_for(kinds))
        if len(level.ancestors) > self._budget.limits.depth:
            self._stop_at(level, openers)
            return
        self._costs[known] = (0, 0)
        members, octets = self._budget.spent
        for opener, read_as in openers:
            file = File(content, level.name, read_as, self._passwords, level.digest)
            self._take(guarded(opener, file, self._budget), level)
        self._costs[known] = (self._budget.spent[0] - members, self._budget.spent[1] - octets)

    def _stop_at(self, level: _Level, openers: list[tuple[Opener, Type]]) -> None:
        if openers:
            level.errors.append("too deep")
            self._flag(level, Flag.LIMIT)

    def _take(self, pieces: Iterator[Piece], level: _Level) -> None:
        for piece in pieces:
            self._budget.check_time()
            match piece:
                case Entry():
                    self._take_entry(piece, level)
                case Flagged(flag):
                    self._flag(level, flag)
                case Broken(error, is_encrypted):
                    level.errors.append(error)
                    level.is_encrypted |= is_encrypted
                    self.found.is_encrypted |= is_encrypted
                case _:
                    self.found.add(piece)

    def _take_entry(self, entry: Entry, level: _Level) -> None:
        below = level.below(entry)
        self._flag(below, *entry.flags)
        self.found.is_encrypted |= entry.is_encrypted and entry.content is None
        if entry.content and is_unreached(entry, level.type):
            self.found.add_unreached(entry.content)
        if not entry.is_member:
            self._look_into_layer(entry, level, below)
            return
        self._budget.spend_member()
        self._flag(below, *name_flags(entry.name))
        place = self.found.reserve_member()
        try:
            if entry.content is not None:
                self._budget.spend_octets(len(entry.content))
                self.look_into(entry.content, below)
        except Exceeded as problem:
            below.errors.append(str(problem))
            raise
        finally:
            self.found.members[place] = _member(entry, below)

    def _look_into_layer(self, entry: Entry, level: _Level, below: _Level) -> None:
        if entry.content is not None:
            self._budget.spend_octets(len(entry.content))
            self.look_into(entry.content, below)
        level.errors += below.errors
        level.flags |= below.flags
        level.is_encrypted |= below.is_encrypted

    def _flag(self, level: _Level, *flags: str) -> None:
        level.flags.update(dict.fromkeys(flags))
        self.found.flag(*flags)


def _openers_for(kinds: tuple[Type, ...]) -> Iterator[tuple[Opener, Type]]:
    """Each opener that is for one of these types, and for which."""
    for types, opener in OPENERS:
        fitting = [kind for kind in kinds if types is None or kind in types]
        if fitting:
            yield opener, fitting[0]


def _member(entry: Entry, level: _Level) -> Member:
    return Member(
        path=level.path,
        kind=entry.kind,
        type=level.type,
        size=len(entry.content or b""),
        sha256=level.digest,
        is_encrypted=level.is_encrypted,
        error=level.error,
        flags=tuple(level.flags),
    )
