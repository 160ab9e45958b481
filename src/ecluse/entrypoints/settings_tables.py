"""The keys of ecluse.toml: each with its type, its default and its sentence, from which the reference page is made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ecluse.entrypoints.console_tables import InvoiceSettings, SigningSettings, Web
from ecluse.entrypoints.contract_tables import ContractSettings
from ecluse.entrypoints.dnsbl_tables import Dnsbl
from ecluse.entrypoints.limit_tables import OutboundLimits
from ecluse.entrypoints.source_tables import OutboundSources
from ecluse.entrypoints.support_tables import SupportSettings
from ecluse.wire.notations import (
    ClamdSocket,
    DomainName,
    Endpoint,
    IpAddress,
    NameServer,
    Network,
    NextHop,
    OptionalEndpoint,
)


class SettingsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: what it does not know is a mistake."""


class Inbound(SettingsTable, frozen=True, kw_only=True):
    """Mail for our clients' domains: the listeners that their MX records name."""

    listen: Annotated[tuple[Endpoint, ...], Meta(description="Where sending servers connect; [] for none.")] = (
        Endpoint("0.0.0.0:25"),
    )
    proxy_protocol_from: Annotated[
        tuple[Network, ...],
        Meta(description="Balancers whose connections all begin with a PROXY v1 or v2 header naming the sender."),
    ] = ()
    xclient_from: Annotated[
        tuple[Network, ...], Meta(description="Proxies that may name the sender by XCLIENT, once connected.")
    ] = ()
    bare_newlines_from: Annotated[
        tuple[Network, ...],
        Meta(description="Senders whose bare CR and LF are made CRLF; everybody else's are refused 550 5.6.0."),
    ] = ()
    max_connections: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Open at once on the node; beyond it 421.")
    ] = 20_000
    max_connections_per_ip: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="Open at once from one sender; 0 for no limit. 127.0.0.1 itself and the addresses in "
            "`proxy_protocol_from` are never counted, the senders behind them are.",
        ),
    ] = 50
    early_talk_wait_s: Annotated[
        float,
        Meta(ge=0, le=60, description="The greeting is kept back this long to catch senders that do not wait for it."),
    ] = 0.5
    max_recipients: Annotated[
        int, Meta(ge=100, le=100_000, description="In one transaction; beyond it 452 (RFC 5321 section 4.5.3.1.8).")
    ] = 1_000
    max_message_bytes: Annotated[
        int, Meta(ge=65_536, le=1 << 31, description="Announced in SIZE; a larger message is refused 552 5.3.4.")
    ] = 52_428_800
    max_errors: Annotated[int, Meta(ge=1, le=1_000, description="Refused commands before we hang up with 421.")] = 10
    command_timeout_s: Annotated[
        float, Meta(ge=1, le=3_600, description="We hang up after this silence (RFC 5321 section 4.5.3.2.7).")
    ] = 300.0
    data_timeout_s: Annotated[
        float, Meta(ge=1, le=3_600, description="We hang up after this silence within a message.")
    ] = 300.0
    session_timeout_s: Annotated[
        float, Meta(ge=60, le=86_400, description="No session outlives this, whatever the sender does.")
    ] = 3_600.0
    min_octets_per_s: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="A message that drips slower than this, after `data_timeout_s`, is cut."),
    ] = 100
    cut_through_per_route: Annotated[
        int,
        Meta(
            ge=1,
            le=10_000,
            description="Sessions at once, over all workers, in which a next hop decides while the sender waits; "
            "beyond it messages go through the spool.",
        ),
    ] = 20
    postmaster: Annotated[
        Annotated[str, Meta(pattern=r"^[^@\s<>]+@[^@\s<>]+$")] | None,
        Meta(
            description="An address of a served domain that gets mail to <postmaster> and to postmaster@ our own name "
            "(RFC 5321 section 4.5.1); without it that mail is refused.",
        ),
    ] = None
    tarpit_s: Annotated[
        float, Meta(ge=0, le=60, description="The answer to certain spam is kept back this long; 0 for not at all.")
    ] = 0.0


class Outbound(SettingsTable, frozen=True, kw_only=True):
    """Mail from our clients' servers to the world."""

    listen: Annotated[
        tuple[Endpoint, ...],
        Meta(description="Where our clients' servers connect, ports 587 and 25: STARTTLS, then AUTH; [] for none."),
    ] = ()
    listen_tls: Annotated[
        tuple[Endpoint, ...],
        Meta(description="The same with TLS from the first octet, port 465 (RFC 8314); needs a certificate."),
    ] = ()
    proxy_protocol_from: Annotated[
        tuple[Network, ...],
        Meta(description="Balancers whose connections all begin with a PROXY v1 or v2 header naming the sender."),
    ] = ()
    trusted_networks: Annotated[
        tuple[Network, ...],
        Meta(
            description="Machines of the provider, which send for every client. Clients come by their connectors "
            "(policy.md), and need nothing here."
        ),
    ] = ()
    route: Annotated[
        NextHop | None,
        Meta(
            description="A smart host, smtp://host:port, that takes all outbound mail. Without it each message goes to the "
            "servers that its recipients' domains name by MX records."
        ),
    ] = None
    addresses: Annotated[
        tuple[IpAddress, ...],
        Meta(
            max_length=100,
            description="From which this node sends, as the world sees them, beside those of `outbound.sources`: each half "
            "hour the lists of `[dnsbl]` are asked about all of them.",
        ),
    ] = ()
    families: Annotated[
        Literal["both", "prefer-ipv4", "ipv4", "ipv6"],
        Meta(description='Addresses of such servers that are connected to; "both": IPv6 before IPv4.'),
    ] = "both"
    mx_port: Annotated[int, Meta(ge=1, le=65_535, description="Where such servers listen; another one for tests.")] = 25
    mx_networks: Annotated[
        tuple[Network, ...],
        Meta(
            description="Where such servers may be, beside public addresses: a recipient's domain must not lead into "
            "your own network."
        ),
    ] = ()
    dane: Annotated[
        bool,
        Meta(
            description="TLSA records are obeyed where DNSSEC proves them (RFC 7672). It takes a validating resolver on this "
            "machine: no other one's word about DNSSEC is believed."
        ),
    ] = True
    mta_sts: Annotated[bool, Meta(description="MTA-STS policies are fetched, kept and obeyed (RFC 8461).")] = True
    sts_port: Annotated[int, Meta(ge=1, le=65_535, description="Where policy hosts listen; another one for tests.")] = (
        443
    )
    authorities: Annotated[
        Path | None,
        Meta(
            description="Authorities, PEM, that servers' and policy hosts' certificates are checked by; none: usual ones."
        ),
    ] = None
    limits: OutboundLimits = OutboundLimits()
    sources: OutboundSources = OutboundSources()


class Filtering(SettingsTable, frozen=True, kw_only=True):
    """The examination of messages."""

    enabled: Annotated[bool, Meta(description="false: nothing is examined, everything is relayed.")] = True
    verdict_cache: Annotated[
        int,
        Meta(ge=0, le=10_000_000, description="Virus scanner answers remembered per process, by content; 0 for none."),
    ] = 10_000
    compiled: Annotated[
        bool,
        Meta(
            description="true: the loops of the classifier run as machine code, with the same results in two thirds of the time. "
            "Needs the extra `compiled` (200 MB); a node starts some seconds later."
        ),
    ] = False


class Dns(SettingsTable, frozen=True, kw_only=True):
    """Names and addresses of others."""

    nameservers: Annotated[
        tuple[NameServer, ...],
        Meta(min_length=1, description="Asked in this order; a validating resolver on this machine is best."),
    ] = (NameServer("127.0.0.1:53"),)


class Connection(SettingsTable, frozen=True, kw_only=True):
    """What is known of a sending server's address without asking anybody: files in MaxMind's format, which you bring.

    A file that was replaced is read within some seconds; one that cannot be read stops nothing: its facts are unknown.
    """

    country_database: Annotated[Path | None, Meta(description="Countries of addresses (.mmdb).")] = None
    asn_database: Annotated[
        Path | None, Meta(description="Numbers of the autonomous systems that addresses belong to (.mmdb).")
    ] = None


class Tls(SettingsTable, frozen=True, kw_only=True):
    """STARTTLS; offered when a certificate is given."""

    certificate: Annotated[Path | None, Meta(description="PEM file: our certificate, then its intermediates.")] = None
    key: Annotated[Path | None, Meta(description="PEM file: its private key, without a password.")] = None
    min_version: Annotated[Literal["TLSv1.2", "TLSv1.3"], Meta(description="Older versions are not spoken.")] = (
        "TLSv1.2"
    )


class PolicySource(SettingsTable, frozen=True, kw_only=True):
    """Where the policy of our clients comes from."""

    file: Annotated[
        Path | None, Meta(description="The policy file (policy.md); without it the node uses what it was given before.")
    ] = None


class Control(SettingsTable, frozen=True, kw_only=True):
    """The control plane that this node belongs to. Mail flows without it: the node keeps what it was given."""

    database: Annotated[
        Annotated[str, Meta(pattern=r"^(sqlite:///|postgres(ql)?://)")] | None,
        Meta(
            description='"sqlite:///path" or "postgresql://user@host/name": policy comes from there, in place of '
            "`policy.file`, and is live within two seconds. A password belongs into ~/.pgpass, not here. The console, "
            "`ecluse web`, fills it."
        ),
    ] = None
    release_url: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[!-~]{1,100}/$", max_length=110)] | None,
        Meta(
            description='The console\'s page of senders, "https://release.example/r/"; the token of a message is appended. '
            "With it, refused messages of class Q are kept, and the 550 tells their senders where to free them; needs "
            "`database`.",
        ),
    ] = None


class CounterSettings(SettingsTable, frozen=True, kw_only=True):
    """What the nodes of one installation count together: open connections of a sender, sessions of a route, what senders do.

    Without a server, and while it is away, each node counts by itself, and mail flows.
    """

    server: Annotated[
        Annotated[str, Meta(pattern=r"^((valkey|redis)s?|unix)://[!-~]+$", max_length=500)] | None,
        Meta(
            description='A Valkey or Redis server that all nodes share, "valkey://user@host:6379/0" or with TLS '
            '"valkeys://...": one server, or one with replicas, no sharded cluster. For this use alone it needs no disk.'
        ),
    ] = None
    password_file: Annotated[Path | None, Meta(description="A file with its password, for the node's user alone.")] = (
        None
    )


class Opening(SettingsTable, frozen=True, kw_only=True):
    """The room in which attachments are opened: helper processes that can do nothing but look and answer."""

    helpers: Annotated[
        int, Meta(ge=0, le=1_024, description="Helpers at once on the node, shared out to its workers; 0: two a core.")
    ] = 0
    deadline_s: Annotated[
        float,
        Meta(ge=1, le=15, description="A helper that looks at one file for longer is killed; the file is unopenable."),
    ] = 10.0
    memory_mib: Annotated[
        int, Meta(ge=256, le=65_536, description="A helper that wants more is ended; the file is unopenable.")
    ] = 768
    files_each: Annotated[
        int, Meta(ge=1, le=100_000, description="Files that a helper looks at before a fresh one takes its place.")
    ] = 64
    cache_mib: Annotated[
        int, Meta(ge=0, le=4_096, description="Memory of a worker for answers, so that a file is opened once.")
    ] = 16
    rule_folder: Annotated[
        Path | None, Meta(description="YARA rules of the house (*.yar), held against every file beside ours.")
    ] = None
    allow_unlocked: Annotated[
        bool,
        Meta(
            description="true: start even where the kernel has no seccomp, and a hole in a library is one in the node."
        ),
    ] = False


class Scanners(SettingsTable, frozen=True, kw_only=True):
    """Engines outside our processes."""

    clamd: Annotated[
        ClamdSocket | None, Meta(description="ClamAV's daemon, unix:/path or tcp:host:port; without it no virus scan.")
    ] = None
    clamd_timeout_s: Annotated[
        float, Meta(ge=0.1, le=300, description="A slower answer counts as none: the message is unscanned.")
    ] = 30.0
    clamd_whole_messages: Annotated[
        bool,
        Meta(
            description="true: clamd gets each message as it came, for signatures that look at encoded files or ask for "
            "a mail around them; false: its text as a message and its files one by one, at two thirds of the cost."
        ),
    ] = False
    hash_lists: Annotated[
        Path | None,
        Meta(
            description="Folder with lists (*.txt) of the SHA-256 and MD5 of bad files; howto/rules-and-hash-lists.md."
        ),
    ] = None


class SpoolSettings(SettingsTable, frozen=True, kw_only=True):
    """Messages that we have answered for and not yet delivered."""

    reserve_bytes: Annotated[
        int, Meta(ge=0, description="Free disk space that is left untouched; below it MAIL is answered 452.")
    ] = 104_857_600
    first_retry_s: Annotated[float, Meta(ge=0.1, le=86_400, description="Wait after the first attempt.")] = 60.0
    retry_factor: Annotated[float, Meta(ge=1, le=10, description="Each wait is this much longer than the last.")] = 2.0
    max_retry_s: Annotated[float, Meta(ge=0.1, le=86_400, description="No wait is longer than this.")] = 3_600.0
    max_age_days: Annotated[
        float, Meta(ge=1, le=30, description="A message that its server keeps deferring ends after this time.")
    ] = 5.0
    delay_notice_after_s: Annotated[
        float,
        Meta(
            ge=0, description="An authenticated sender is told that his message is late after this time; 0 for never."
        ),
    ] = 14_400.0
    probe_s: Annotated[
        float, Meta(ge=0.1, le=3_600, description="How often a server that is out of reach is tried.")
    ] = 30.0
    destination_concurrency: Annotated[
        int, Meta(ge=1, le=1_000, description="Connections at once from the spool to one destination.")
    ] = 10


class BodiesSettings(SettingsTable, frozen=True, kw_only=True):
    """Where sealed contents of held mail go from the node's disk: a store that speaks S3, for all nodes of an installation.

    While it is away they wait on the disk, and mail flows. What is not sealed stays there.
    """

    url: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[^\s/?#@]+/[^\s?#]*[^\s?#/]$", max_length=500)] | None,
        Meta(
            description='Its bucket, which must be there, "https://s3.example/bucket", or a folder in it; needs the others.'
        ),
    ] = None
    key_id: Annotated[str, Meta(max_length=200, description="The access key's id.")] = ""
    secret_file: Annotated[
        Path | None, Meta(description="A file with the access key's secret, for the node's user alone.")
    ] = None
    region: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9-]{1,100}$", description="What the store's signatures name as region.")
    ] = "us-east-1"
    timeout_s: Annotated[
        float, Meta(ge=1, le=600, description="One request; contents of more than 8 MiB go up in several.")
    ] = 30.0


class JournalSettings(SettingsTable, frozen=True, kw_only=True):
    """The node's record of what happened to each message."""

    keep_days: Annotated[int, Meta(ge=1, le=365, description="Records are deleted after this time (15-8).")] = 365
    segment_mib: Annotated[
        int, Meta(ge=1, le=4_096, description="A file of this size is closed and a new one begun.")
    ] = 64


class Reports(SettingsTable, frozen=True, kw_only=True):
    """DMARC aggregate reports (RFC 9990) and TLS reports (RFC 8460): those of others are read, our own are written.

    Written files lie in `reports/out` of the data folder, a folder for each day (UTC), 30 days long.
    """

    addresses: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[^@\s<>]+@[^@\s<>]+$")], ...],
        Meta(
            max_length=1_000,
            description="Addresses of served domains whose mail may bring reports about any client's domain, beside "
            "the clients' own `report_addresses`. The mail is delivered as usual.",
        ),
    ] = ()
    keep_days: Annotated[int, Meta(ge=1, le=365, description="What was read is deleted after this time (15-8).")] = 365
    write: Annotated[
        bool, Meta(description="An hour after midnight UTC, yesterday's reports are written to files.")
    ] = True
    send: Annotated[
        bool,
        Meta(
            description="Reports are also sent, as outbound mail is and to URLs of TLS reports, to whom the DNS names."
        ),
    ] = False
    organisation: Annotated[str, Meta(max_length=200, description="Who reports, in words; empty: our own name.")] = ""
    email: Annotated[
        Annotated[str, Meta(pattern=r"^[!-;=?A-~]+@[A-Za-z0-9.-]+$", max_length=200)] | None,
        Meta(description="Whom to ask about a report, and its author; none: postmaster@ our own name."),
    ] = None
    max_sent_a_day: Annotated[
        int, Meta(ge=1, le=100_000, description="More than so many reports of one day are written and not sent.")
    ] = 1_000


class Metrics(SettingsTable, frozen=True, kw_only=True):
    """Figures for Prometheus and the health check."""

    listen: Annotated[OptionalEndpoint, Meta(description='Where they are served over HTTP; "" for nowhere.')] = (
        OptionalEndpoint("127.0.0.1:9825")
    )
    worker_listen: Annotated[
        OptionalEndpoint, Meta(description='Where "ecluse worker" serves its own over HTTP; "" for nowhere.')
    ] = OptionalEndpoint("")


class Settings(SettingsTable, frozen=True, kw_only=True):
    """What stands before the first table."""

    hostname: Annotated[
        DomainName,
        Meta(description="Our name in greetings, trace fields and Authentication-Results; resolves to this machine."),
    ]
    data_dir: Annotated[Path, Meta(description="Spool, journal, policy and outages live here; made when missing.")] = (
        Path("/var/lib/ecluse")
    )
    workers: Annotated[int, Meta(ge=0, le=1_024, description="Reception processes; 0 for one per core.")] = 0
    delivery_processes: Annotated[
        int,
        Meta(ge=1, le=256, description="Processes that deliver from the spool; each owns a part of the destinations."),
    ] = 1
    user: Annotated[
        str | None, Meta(description="Once the ports are bound, the processes run as this user; needs a start as root.")
    ] = None
    group: Annotated[str | None, Meta(description="As `user`; the user's own group when only that is given.")] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="What is less important is not logged.")
    ] = "info"
    inbound: Inbound = Inbound()
    outbound: Outbound = Outbound()
    filtering: Filtering = Filtering()
    dns: Dns = Dns()
    dnsbl: Dnsbl = Dnsbl()
    connection: Connection = Connection()
    tls: Tls = Tls()
    policy: PolicySource = PolicySource()
    control: Control = Control()
    counters: CounterSettings = CounterSettings()
    web: Web = Web()
    signing: SigningSettings = SigningSettings()
    scanners: Scanners = Scanners()
    opening: Opening = Opening()
    spool: SpoolSettings = SpoolSettings()
    bodies: BodiesSettings = BodiesSettings()
    journal: JournalSettings = JournalSettings()
    reports: Reports = Reports()
    invoices: InvoiceSettings = InvoiceSettings()
    contracts: ContractSettings = ContractSettings()
    support: SupportSettings = SupportSettings()
    metrics: Metrics = Metrics()
