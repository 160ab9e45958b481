"""What was found in an opened file: facts, and the text and links of every layer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MemberKind(StrEnum):
    """What a container's entry is."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    OTHER = "other"


class Trouble(StrEnum):
    """Why the room itself has no answer; BUSY heals, the others do not."""

    NONE = ""
    CRASHED = "crashed"
    TOO_SLOW = "too slow"
    TOO_BIG = "too big"  # More memory than a helper has, or an answer that is larger than one may be.
    POISON = "poison"  # It has ended too many helpers: it is not opened again.
    BUSY = "busy"  # No helper was to be had in time.


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of a container, at any depth."""

    path: tuple[str, ...]  # Names from the outermost container inwards.
    kind: MemberKind
    type: str = "unknown"  # By its content: a word of `opening/types.py`.
    size: int = 0  # Octets of its content.
    sha256: str = ""  # Of its content, hexadecimal; "" where that could not be had.
    is_encrypted: bool = False
    error: str = ""  # Why its content could not be had, or not to the end; "" = it could.
    flags: tuple[str, ...] = ()  # Words of `opening/flags.py`.


class Severity(StrEnum):
    """What a rule that fits a file says about it."""

    SEVERE = "severe"  # No honest file looks like this.
    SUSPICIOUS = "suspicious"  # Few honest files do.
    NOTICE = "notice"  # Worth knowing.


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A rule that fits a file or something in it."""

    name: str  # As its author calls it: letters, digits and "_"; behind "local." for one of the house.
    severity: Severity


@dataclass(frozen=True, slots=True)
class Opened:
    """One file and everything below it."""

    type: str  # By its content: a word of `opening/types.py`; "unknown" when not recognised.
    is_encrypted: bool = False  # It, or an entry of it, could not be read without a password that we do not have.
    error: str = ""  # Why it could not be opened to the end; "" = it could.
    trouble: Trouble = Trouble.NONE  # Why nobody could look at all; said by the room, never by an opener.
    flags: tuple[str, ...] = ()  # Words of `opening/flags.py`, of the file and of all that lies in it.
    rules: tuple[RuleMatch, ...] = ()  # YARA rules that fit the file or something in it, each once.
    members: tuple[Member, ...] = ()
    external_links: tuple[str, ...] = ()  # What the file loads from elsewhere when it is opened.
    embedded_objects: tuple[str, ...] = ()  # Names of files packed into documents.
    urls: tuple[str, ...] = ()  # As they stand there, of all layers; not yet parsed.
    qr_texts: tuple[str, ...] = ()  # What QR codes say.
    texts: tuple[str, ...] = ()  # Readable text of all layers, bounded.
    unreached: tuple[bytes, ...] = ()  # What a virus scanner does not get at by itself: for it alone, never evidence.
    has_more_unreached: bool = False  # Of that there was more than an answer may carry.
    silent_pictures: tuple[
        bytes, ...
    ] = ()  # SHA-256 of pictures in which no code was found: for the next helper alone.
