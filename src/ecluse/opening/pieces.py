"""What an opener yields: entries to be opened in their turn, and facts about the file itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from ecluse.domain.opened import MemberKind, RuleMatch
from ecluse.opening.budget import Budget


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that lies in the file. Its content, when there is one, is looked into like a file of its own."""

    name: str  # As the container spells it.
    content: bytes | None = None  # None: it has none, or it could not be had: see `error`.
    kind: MemberKind = MemberKind.FILE
    is_encrypted: bool = False
    error: str = ""
    flags: tuple[str, ...] = ()
    is_member: bool = True  # False: a layer of the file rather than an entry (a stream, a rendered page).
    is_unreached: bool = False  # A virus scanner does not get at it whatever the container: see `unreached.py`.


@dataclass(frozen=True, slots=True)
class Flagged:
    """A word of `flags.py` about the file."""

    flag: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Why the file could not be read to its end."""

    error: str
    is_encrypted: bool = False


@dataclass(frozen=True, slots=True)
class ExternalLink:
    """What the file loads from elsewhere when it is opened."""

    url: str


@dataclass(frozen=True, slots=True)
class EmbeddedObject:
    """The name of a file that is packed into a document; its content comes as an `Entry` of its own."""

    name: str


@dataclass(frozen=True, slots=True)
class Url:
    """A link as it stands in the file."""

    url: str


@dataclass(frozen=True, slots=True)
class QrText:
    """What a QR code says."""

    text: str


@dataclass(frozen=True, slots=True)
class SilentPicture:
    """A picture that could be looked at whole, and in which there is no code."""

    digest: str  # As `File.digest`.


@dataclass(frozen=True, slots=True)
class Text:
    """Readable text, for learning and for passwords."""

    text: str


Piece: TypeAlias = (
    Entry | Flagged | Broken | ExternalLink | EmbeddedObject | Url | QrText | SilentPicture | Text | RuleMatch
)

# An opener never raises on hostile octets but for what `Budget` raises; it takes its limits from the budget.
Opener: TypeAlias = Callable[["File", Budget], Iterator[Piece]]


@dataclass(frozen=True, slots=True)
class File:
    """What an opener is given."""

    content: bytes
    name: str = ""
    type: str = "unknown"  # By content.
    passwords: tuple[str, ...] = ()  # To be tried, in this order.
    digest: str = ""  # SHA-256 of the content, in hexadecimal digits; "" where nobody has it yet.
