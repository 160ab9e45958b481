"""By what a client's outbound mail reaches us, and how it tells who wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TOKEN_HEADER = "X-Ecluse-Token"  # noqa: S105 - a field's name. It is taken out before the message goes on.


@dataclass(frozen=True, slots=True)
class ScramKey:
    """What is kept of a login's secret (RFC 5802 section 3): it can check one, and nobody can log in with it."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


class AccountSource(StrEnum):
    """What names the account that a message counts for."""

    LOGIN = "login"  # The connector's login: a device, or one program.
    ENVELOPE = "envelope"  # The sender of MAIL.
    HEADER = "header"  # A field in which the client's server names the user that signed in.


@dataclass(frozen=True, slots=True)
class Connector:
    """One way in for one client's outbound mail.

    Who comes by it is proven by the strongest that it names: login, certificate, token, or else its networks alone,
    which then have to be the client's own. Beside another proof, networks say from where it counts.
    """

    client: str
    name: str  # Unique among the client's.
    networks: tuple[str, ...] = ()  # "192.0.2.0/24"; () = from anywhere.
    is_shared: bool = False  # Others send from these networks too: they prove nothing (peers 67).
    certificate: str = ""  # SHA-256 of the client certificate (DER), lower-case hexadecimal.
    login: str = ""  # The name of AUTH, lower case, unique on the installation.
    key: ScramKey | None = None  # Of the login's secret.
    token: bytes = b""  # SHA-256 of the secret that each message carries in the field `TOKEN_HEADER`.
    account_from: AccountSource = AccountSource.ENVELOPE
    account_header: str = ""  # The field of `AccountSource.HEADER`.
    keeps_account_header: bool = False
    lists_senders: bool = False  # The sender has to be one of the client's addresses.
    forwards: bool = False  # Its server passes on what came in for the client, with foreign senders and authors.

    @property
    def is_network_alone(self) -> bool:
        """Whether an address of its networks is all the proof there is."""
        return not (self.login or self.certificate or self.token)
