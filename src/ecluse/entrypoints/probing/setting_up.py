"""`ecluse probe setup`: the probe's client in the control database, and the settings of a vantage point, to be copied there.

Django is imported by the function itself: vantage points do without.
"""
# ruff: noqa: PLC0415 - the reason stands above.

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ecluse.entrypoints.settings_tables import Settings
from ecluse.wire.notations import DomainName, NextHop

SINK_PORT = 2527
_SUBMISSION_PORT = 587


@dataclass(frozen=True, slots=True)
class Made:
    """What is to be copied to vantage points."""

    password: str  # "" where one was made before.
    settings: str


def make(settings: Settings, client: str, domain: DomainName, sink: NextHop, point: str, *, renews: bool) -> Made:
    """For one vantage point. Raises `Impossible`, `Taken`, `Unavailable`."""
    from ecluse.entrypoints.django_start import demand_migrated, start_django

    start_django(settings)
    demand_migrated()

    from ecluse.control.audit.actor import Actor, ActorKind
    from ecluse.control.sla.probe_client import login_of, set_up

    password = set_up(client, str(domain), sink, renews=renews, by=Actor(ActorKind.COMMAND, "ecluse probe"))
    servers = settings.web.exchanges or (settings.hostname,)
    head = f'console = "{settings.web.url}"\nlogin = "{login_of(str(domain))}"\n'
    return Made(password, head + _settings(point, str(domain), servers))


def _settings(point: str, domain: str, servers: Iterable[str]) -> str:
    head = (
        'key_file = "/etc/ecluse/probe.key"',
        'state_dir = "/var/lib/ecluse-probe"',
        f'hostname = "{point}.{domain}"',
        f'sender = "{point}@{domain}"',
        f'recipient = "sink@{domain}"',
        'password_file = "/etc/ecluse/probe.password"',
    )
    tables = (
        f'\n[[servers]]\nname = "{each}"\ninbound = "smtp://{each}:25"\n'
        f'outbound = "smtp://{each}:{_SUBMISSION_PORT}"\nsink = "{each}:{SINK_PORT}"'
        for each in servers
    )
    return "\n".join((*head, *tables)) + "\n"
