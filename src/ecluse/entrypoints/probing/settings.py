"""What a probe is told: one TOML file at a vantage point, which needs nothing else of the installation."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from ecluse.domain.errors import Unavailable
from ecluse.entrypoints.settings import read_notation
from ecluse.entrypoints.toml_file import read_toml
from ecluse.wire.notations import DomainName, HostEndpoint, MailAddress, NextHop

MAX_FILE_BYTES = 262_144
MAX_SERVERS = 100
_MAX_SECRET_OCTETS = 4_096
_OURSELVES = frozenset({"localhost", "127.0.0.1", "::1"})  # The only ones to whom a key goes in the clear.


class ProbedServer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One server, and where its doors are."""

    name: Annotated[DomainName, "As clients have it among their two servers."]
    inbound: Annotated[NextHop | None, "Where it takes mail for clients."] = None
    outbound: Annotated[NextHop | None, "Where clients' people hand in mail; STARTTLS."] = None
    sink: Annotated[
        HostEndpoint | None, "Where the sink of this node says what has come: outbound mail is followed there."
    ] = None


class ProbeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    console: Annotated[str, "The console's address, https://…"]
    key_file: Annotated[Path, "Holds the key that the console gave this vantage point."]
    state_dir: Annotated[Path, "Results wait there while the console is away."]
    hostname: Annotated[DomainName, "Our name in EHLO."]
    sender: Annotated[MailAddress, "Of the probe's mail; of the probe domain, where outbound mail is tried."]
    recipient: Annotated[MailAddress, "In the probe domain, whose mail the nodes' sinks drop."]
    servers: tuple[ProbedServer, ...]
    login: Annotated[str, "Of the probe domain's connector, for outbound mail."] = ""
    password_file: Annotated[Path | None, "Holds its password."] = None
    deadline_s: Annotated[float, msgspec.Meta(gt=0, le=40), "For one whole session, the final reply included."] = 30.0
    arrives_within_s: Annotated[
        float, msgspec.Meta(ge=5, le=600), "Outbound mail that was taken has so long to come to a sink."
    ] = 300.0
    ca_file: Annotated[
        Path | None, "Authorities that the console's certificate comes from, in place of the system's."
    ] = None

    @property
    def sinks(self) -> tuple[HostEndpoint, ...]:
        """Those that are asked what has come."""
        return tuple(each.sink for each in self.servers if each.sink)


def load_probe_settings(path: Path) -> ProbeSettings:
    """Raises `BadConfig`."""
    file = read_toml(path, max_bytes=MAX_FILE_BYTES)
    settings = file.convert(ProbeSettings, partial(read_notation, path.absolute().parent))
    url = urlsplit(settings.console)
    if not url.hostname or (url.scheme != "https" and not (url.scheme == "http" and url.hostname in _OURSELVES)):
        raise file.bad(("console",), "expected an address that begins with https://")
    if not 0 < len(settings.servers) <= MAX_SERVERS:
        raise file.bad(("servers",), f"expected 1 to {MAX_SERVERS} servers")
    asks_outbound = any(each.outbound for each in settings.servers)
    if asks_outbound and not (settings.login and settings.password_file):
        raise file.bad(("login",), "expected a login and a password file: a server's outbound door is asked")
    if asks_outbound and 0 < len(settings.sinks) < len(settings.servers):
        raise file.bad(
            ("servers",), "expected a sink of each server, or of none: outbound mail may come to any of them"
        )
    return settings


def secret_in(path: Path) -> str:
    """What such a file holds, without its line end. Raises `Unavailable`."""
    try:
        with path.open("rb") as file:
            return file.read(_MAX_SECRET_OCTETS).decode("utf-8", "replace").strip()
    except OSError as problem:
        raise Unavailable(f"{path}: {problem.strerror}") from problem
