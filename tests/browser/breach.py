"""A client whose month was not kept: a contract, two servers, two hours in which both were down, and the month closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django_scopes import scope

SERVED_FOR = timedelta(days=80)


def furnish(one: Any, by: Any, message_log: Any) -> None:
    from ecluse.control.billing.registers import set_buyer, set_seller  # noqa: PLC0415 - settings come first
    from ecluse.control.contracts import catalogue, life, naming, offers  # noqa: PLC0415 - needs Django
    from ecluse.control.contracts.price_grid import Bundle, Wanted  # noqa: PLC0415 - needs Django
    from ecluse.control.sla import servers  # noqa: PLC0415 - needs Django
    from ecluse.control.sla.closing import close_due  # noqa: PLC0415 - needs Django
    from tests.control.measured import FIRST, SECOND, both_down, points  # noqa: PLC0415 - needs Django
    from tests.parties import BUYER, SELLER  # noqa: PLC0415 - needs Django
    from tests.price_list import GRID  # noqa: PLC0415 - needs Django

    now = datetime.now(UTC)
    with time_machine.travel(now - SERVED_FOR), scope(client=one):
        catalogue.publish_prices(GRID, by=by)
        catalogue.publish_terms("2026-01", "You pay, we filter.", by=by)
        wanted, today = Wanted(Bundle.BOTH, 10, 1, 12, ("archive",)), datetime.now(UTC).date()
        made = offers.draft(one, wanted, ["one.example"], by=by)
        offers.send(made, today=today, by=by)
        offers.accept(made, offers.sum_of(offers.offer_document(made)), today=today, by=by)
        naming.grant(made.domains.get(), by=by)
        life.start(made, by=by)
        set_seller(SELLER, by=by)
        set_buyer(one, BUYER, by=by)
        servers.assign(one, FIRST, SECOND, by=by)
    both_down(points(2), (now - timedelta(days=60)).replace(minute=10, second=0), 120)
    close_due(message_log, now)
