"""Who sends mail on behalf of others, by mass_services.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("mass_services.toml")


@dataclass(frozen=True, slots=True)
class Services:
    """The table, turned round: what leads to the name of a service."""

    fields: dict[bytes, str]
    beginnings: tuple[tuple[bytes, str], ...]
    starts: tuple[bytes, ...]  # Of all `beginnings`: one question answers for nearly every name.
    domains: dict[str, str]


def service_of(names: Iterable[bytes], domains: Iterable[str]) -> str:
    """The service that these header fields (lower case) or registered domains show; "" for none."""
    known = _services()
    by_domain = (known.domains.get(domain, "") for domain in domains)
    return next((service for service in by_domain if service), "") or _by_fields(known, names)


def _by_fields(known: Services, names: Iterable[bytes]) -> str:
    for name in names:
        if name.startswith(b"x-"):
            if found := known.fields.get(name):
                return found
            if name.startswith(known.starts):
                return next(who for start, who in known.beginnings if name.startswith(start))
    return ""


@cache
def _services() -> Services:
    table = tomllib.loads(TABLE.read_text("utf-8"))
    fields = {name.encode(): service for service, signs in table.items() for name in signs["fields"]}
    beginnings = tuple((name, service) for name, service in fields.items() if name.endswith(b"-"))
    return Services(
        fields={name: service for name, service in fields.items() if not name.endswith(b"-")},
        beginnings=beginnings,
        starts=tuple(start for start, _ in beginnings),
        domains={domain: service for service, signs in table.items() for domain in signs["domains"]},
    )
