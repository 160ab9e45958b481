"""The tables about what the control plane does: the console, clients' domains in the DNS, invoices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from ecluse.wire.notations import DomainName, Endpoint, IpAddress, MailAddress, Network


class Web(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The console (`ecluse web`): a server of its own behind a reverse proxy that speaks TLS."""

    listen: Annotated[Endpoint, Meta(description="Where the reverse proxy connects.")] = Endpoint("127.0.0.1:8025")
    url: Annotated[
        str,
        Meta(
            pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$",
            description="What people type, without a path. Links lead there, no other host name is answered, and with "
            "https cookies travel encrypted only.",
        ),
    ] = "http://127.0.0.1:8025"
    proxies: Annotated[
        tuple[Network, ...],
        Meta(description="Reverse proxies that may name the visitor by X-Forwarded-For; nobody else is believed."),
    ] = ()
    exchanges: Annotated[
        tuple[DomainName, ...],
        Meta(description="What clients' MX records shall name; our `hostname` where nothing stands here."),
    ] = ()
    mail_through: Annotated[
        Endpoint | None,
        Meta(
            description="Where `ecluse worker` hands digests over by SMTP, without TLS and without AUTH: an outbound door of "
            "ours, or another server that delivers. We sign them (`ecluse admin signing-keys`). Without it none are sent."
        ),
    ] = None
    abuse_address: Annotated[
        MailAddress | None,
        Meta(
            description="Who deals with abuse at the provider: letters of locks go there, too, beside its owners (3-12)."
        ),
    ] = None
    identity_networks: Annotated[
        tuple[Network, ...],
        Meta(description="Where clients' identity providers (OpenID Connect) may be, beside public addresses."),
    ] = ()
    identity_authorities: Annotated[
        Path | None, Meta(description="Authorities, PEM, that certificates of identity providers are checked by.")
    ] = None
    directory_networks: Annotated[
        tuple[Network, ...],
        Meta(description="Where clients' directories (LDAP) may be, beside public addresses."),
    ] = ()
    mailbox_networks: Annotated[
        tuple[Network, ...],
        Meta(description="Where clients' mailboxes that teach their filter (IMAP) may be, beside public addresses."),
    ] = ()
    seen_as: Annotated[
        tuple[IpAddress, ...],
        Meta(
            description="Addresses under which this machine appears in the Internet, where they are not its own: what a "
            "client's old server says to strangers can be told only by who knows whether he is one."
        ),
    ] = ()
    processes: Annotated[int, Meta(ge=1, le=64, description="That answer requests.")] = 2
    threads: Annotated[int, Meta(ge=1, le=64, description="Of each process.")] = 4
    session_hours: Annotated[
        int, Meta(ge=1, le=720, description="A person signs in again after this time, or when he closes his browser.")
    ] = 12


class SigningSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What clients' own domains say of us in the DNS: for `ecluse web` and `ecluse worker`."""

    rotate_days: Annotated[
        int,
        Meta(ge=0, le=3_650, description="A domain's DKIM keys that have signed so long get successors; 0 for never."),
    ] = 180
    zone: Annotated[
        DomainName | None,
        Meta(
            description="A zone of the provider's whose records `ecluse keys zone` writes: clients point names of theirs into it "
            "(CNAME) once, and new keys need nothing of them. null: they publish each key themselves."
        ),
    ] = None
    spf: Annotated[
        DomainName | None,
        Meta(description="The name whose SPF record lists our addresses, for the clients to include."),
    ] = None
    dmarc_reports: Annotated[
        MailAddress | None,
        Meta(
            description="The address, of a served domain, that the DMARC records we propose send reports to. Nodes read what comes there."
        ),
    ] = None
    tls_reports: Annotated[MailAddress | None, Meta(description="The same for TLS reports (RFC 8460).")] = None


class InvoiceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What happens to invoices beside their mail: for `ecluse worker`."""

    platform_folder: Annotated[
        Path | None,
        Meta(
            description="A folder that whoever serves the approved platform empties and fills: invoices (Factur-X) lie in its `out`, "
            "what became of them is read from its `in`. null: they go by mail alone."
        ),
    ] = None
