"""A client's directory: its own list of who has a mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ecluse.domain.errors import Unavailable


class DirectoryTrouble(StrEnum):
    """Why a directory could not be read."""

    NO_CONNECTION = "no-connection"
    NOT_PUBLIC = "not-public"  # It has no address that may be asked.
    NOT_ENCRYPTED = "not-encrypted"  # No TLS, or a certificate that does not vouch for the host.
    CREDENTIALS = "credentials"
    NO_BASE = "no-base"
    TOO_LARGE = "too-large"  # More entries or octets than we read, or than it gives.
    REFUSED = "refused"
    BROKEN_OFF = "broken-off"  # Silence, slowness, or what is no LDAP.


class DirectoryFailed(Unavailable):
    """Nothing of what was read before counts: half a list would take half the people away."""

    def __init__(self, trouble: DirectoryTrouble, said: str = "") -> None:
        super().__init__(f"{trouble}: {said}" if said else str(trouble))
        self.trouble = trouble
        self.said = said


@dataclass(frozen=True, slots=True)
class DirectoryQuestion:
    """Where, as whom, and what for."""

    host: str
    port: int
    starts_tls: bool  # False: TLS from the first octet.
    authority: str  # PEM of who vouches for its certificate; "": those that browsers know, too.
    bind_dn: str  # "" for nobody in particular.
    password: str = field(repr=False)
    base: str
    filter: str
    attributes: tuple[str, ...]


# One entry: attribute in lower case -> its values.
DirectoryEntry = Mapping[str, tuple[str, ...]]
