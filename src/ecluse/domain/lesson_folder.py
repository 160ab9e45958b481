"""Folders of a client's mailbox (IMAP): what its people put there teaches its filter."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ecluse.domain.errors import Unavailable


class FolderTrouble(StrEnum):
    """Why a mailbox could not be read."""

    NO_CONNECTION = "no-connection"
    NOT_PUBLIC = "not-public"  # It has no address that may be asked.
    NOT_ENCRYPTED = "not-encrypted"  # No TLS, or a certificate that does not vouch for the host.
    CREDENTIALS = "credentials"
    NO_FOLDER = "no-folder"
    TOO_LARGE = "too-large"  # It says more than we read, or than we asked for.
    REFUSED = "refused"
    BROKEN_OFF = "broken-off"  # Silence, slowness, or what is no IMAP.


class FolderFailed(Unavailable):
    """Nothing of what was read before counts."""

    def __init__(self, trouble: FolderTrouble, said: str = "") -> None:
        super().__init__(f"{trouble}: {said}" if said else str(trouble))
        self.trouble = trouble
        self.said = said


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """How far a folder was read (RFC 3501 section 2.3.1.1)."""

    validity: int = 0  # By which UIDs mean something; 0: it was never read.
    uid: int = 0  # The last one that was read.


@dataclass(frozen=True, slots=True)
class FolderQuestion:
    """Where, as whom, which folders, and from where on."""

    host: str
    port: int
    starts_tls: bool  # False: TLS from the first octet.
    authority: str  # PEM of who vouches for its certificate; "": those that browsers know, too.
    user: str
    password: str = field(repr=False)
    folders: tuple[tuple[str, FolderPlace], ...]
    most: int  # Messages that are fetched of each; 0: it is only looked at.


@dataclass(frozen=True, slots=True)
class FolderNews:
    """What lies in one folder since; in the order of the question."""

    place: FolderPlace  # How far it was read now.
    exists: int  # How many messages lie there.
    messages: tuple[bytes, ...]  # Those that were fetched, whole.
    passed_over: int  # Larger than we read, or not to be had.
