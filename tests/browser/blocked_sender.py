"""Fills a control plane for the journey of a blocked sender: `python -m tests.browser.blocked_sender CONFIG DOMAIN HOST PORT`.

A process of its own, since Django can be set up once in each.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ecluse.domain.policy import Route
from ecluse.entrypoints.django_start import migrate, start_django
from ecluse.entrypoints.settings import load_settings


def main(config: str, domain: str, host: str, port: str) -> None:
    settings = load_settings(Path(config))
    start_django(settings)
    migrate(settings)

    from django_scopes import scope  # noqa: PLC0415 - needs Django

    from ecluse.control.tenants import services  # noqa: PLC0415 - needs Django
    from tests.control.cast import ADMIN, OPERATOR  # noqa: PLC0415 - needs Django

    client = services.create_client("One", by=OPERATOR)
    with scope(client=client):
        row = services.add_domain(client, domain, [Route(host, int(port))], by=ADMIN)
        services.add_address(row, "ann", by=ADMIN)


if __name__ == "__main__":
    main(*sys.argv[1:])
