"""The keys of policy.toml: each with its type, its default and its sentence, from which the reference page is made."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ecluse.domain.mass import MassAction
from ecluse.domain.policy import ServiceState, Tls
from ecluse.wire.connector_terms import ConnectorTerms
from ecluse.wire.notations import DomainName, NextHop
from ecluse.wire.wishes import Wishes

Entries = Annotated[
    tuple[str, ...],
    Meta(description='Senders: "ann@a.example", "a.example", "*.a.example", "192.0.2.7", "192.0.2.0/24".'),
]


class PolicyTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: what it does not know is a mistake."""


class RouteTable(PolicyTable, frozen=True, kw_only=True):
    """A next hop with its own priority or protection, in place of the mere URL in `routes`."""

    url: Annotated[NextHop, Meta(description="smtp://host:port")]
    priority: Annotated[
        int, Meta(ge=0, le=65_535, description="Lower is tried first; equals in the order written.")
    ] = 10
    tls: Annotated[
        Tls,
        Meta(description='"may": when offered; "must": required; "verify": required, and with a valid name; "never".'),
    ] = Tls.MAY


class UserTable(PolicyTable, frozen=True, kw_only=True):
    """What one recipient wants for himself; his lists go before the client's."""

    address: Annotated[str, Meta(description="Local part of his address in this domain.")]
    greylist: Annotated[bool, Meta(description="false: his mail is never greylisted.")] = True
    mass_mail: Annotated[MassAction | None, Meta(description="What he wants in place of the client's `mass_mail`.")] = (
        None
    )
    allow: Entries = ()
    block: Entries = ()


class DomainTable(PolicyTable, frozen=True, kw_only=True):
    """A domain whose mail we take."""

    name: Annotated[DomainName, Meta(description="As in its MX record; international names are converted.")]
    addresses: Annotated[
        tuple[str, ...] | Literal["any", "verify"] | None,
        Meta(
            description='Local parts that exist; required unless `addresses_file` is given. "any" takes every one, and '
            'the next hop decides; "verify" asks the next hop at RCPT and remembers its answers.'
        ),
    ] = None
    addresses_file: Annotated[
        str | None,
        Meta(
            description="More of them: a text of one address a line, a CSV with a column `mail`, or an LDIF export. "
            "Relative to this file's folder; addresses of other domains are skipped; read again some seconds after it changes, also "
            "at SIGHUP."
        ),
    ] = None
    routes: Annotated[
        tuple[str | RouteTable, ...],
        Meta(min_length=1, description='The client\'s servers: "smtp://host:port", or a table as below.'),
    ]
    users: Annotated[tuple[UserTable, ...], Meta(description="Recipients with wishes of their own.")] = ()


class SigningTable(PolicyTable, frozen=True, kw_only=True):
    """A private key that outbound mail is signed with (DKIM), once its record is in the DNS."""

    domain: Annotated[DomainName, Meta(description="The domain in From, one of the client's.")]
    selector: Annotated[
        str, Meta(min_length=1, max_length=63, description="SELECTOR._domainkey.DOMAIN has its record.")
    ]
    file: Annotated[
        str, Meta(description="PEM, RSA or Ed25519, as `ecluse keys make` writes it; for its user alone to read.")
    ]


class ConnectorTable(ConnectorTerms, frozen=True, kw_only=True):
    """A way in for the client's outbound mail: by login, certificate, token, or by networks alone."""

    key_file: Annotated[
        str | None, Meta(description="A file with the key, in place of `key`; relative to this file's folder.")
    ] = None


class ClientTable(Wishes, frozen=True, kw_only=True):
    """A client: what applies to all its domains."""

    name: Annotated[str, Meta(min_length=1, max_length=200, description="In logs, events and orders; unique.")]
    state: Annotated[
        ServiceState,
        Meta(description='"suspended": 451 for five days from `state_since`, then 550; "ended": 550.'),
    ] = ServiceState.ACTIVE
    state_since: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="With its offset from UTC, 2026-11-25T08:00:00Z; required unless active."),
    ] = None
    allow: Entries = ()
    block: Entries = ()
    inbound: Annotated[bool, Meta(description="false: the client has no inbound service, and its MX elsewhere.")] = True
    outbound: Annotated[bool, Meta(description="false: the client has no outbound service.")] = True
    connectors: Annotated[
        tuple[ConnectorTable, ...], Meta(max_length=100, description="By what its outbound mail reaches us.")
    ] = ()
    domains: Annotated[tuple[DomainTable, ...], Meta(min_length=1, description="The domains whose mail we take.")]
    signing: Annotated[
        tuple[SigningTable, ...],
        Meta(max_length=4_000, description="Keys for outbound mail: one RSA and one Ed25519 for each domain."),
    ] = ()


class PolicyFile(PolicyTable, frozen=True, kw_only=True):
    """The whole file."""

    clients: Annotated[tuple[ClientTable, ...], Meta(min_length=1)]
