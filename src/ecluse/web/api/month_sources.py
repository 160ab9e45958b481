"""What only the provider reads of clients' months: one beside its sources, and choices that wait (9-2 to 9-9, 10-6)."""

from __future__ import annotations

from datetime import date

from django.http import Http404
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing.invoice_days import today
from ecluse.control.sla import breaches, closing
from ecluse.control.sla.breaches import BreachKind
from ecluse.control.sla.sources import Fact, compare
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.backends import backends
from ecluse.web.pages import or_404

router = Router(tags=["Service levels"])


class FactOut(BaseModel):
    """One thing that a month is computed of."""

    fact: Fact = Field(description="Minutes of downtime, of the MX, unwatched, excused; else copies or claims.")
    of: str = Field(description='A service, or whose claims: both, client, provider; "": of all.')
    sealed: int = Field(description="The sum that was sealed.")
    today: int
    is_same: bool = Field(description="To the second and the hour, and not in the sum alone.")


class MonthSourcesOut(BaseModel):
    """What a closed month would be today. The closing stays as it is."""

    id: int
    month: date
    is_same: bool = Field(description="All that could be compared.")
    has_minutes: bool = Field(description="Whether probes' minutes go back so far: they are kept for a year.")
    has_mail: bool = Field(description="Whether the message log, and claims with it, do.")
    facts: list[FactOut] = Field(description="Without what no source holds any more.")
    broken: list[str] = Field(description="verdicts, viruses, availability: as it was closed.")
    broken_today: list[str] | None = Field(description="null: a source is gone.")
    faults: list[str] = Field(description="What differs when it is computed again of what it keeps; none: all is well.")


class WaitingChoiceOut(BaseModel):
    """A promise that a month of a client broke, for which nothing is chosen yet."""

    id: int
    client_id: int
    client: str
    month: date
    kind: BreachKind
    opened_on: date
    choose_until: date = Field(description="That day included (6-11).")


class WaitingChoicesOut(BaseModel):
    """Of all clients, by the last day."""

    items: list[WaitingChoiceOut]


@operation(router, "GET", "/sla/months/{int:closing_id}/sources", Permission.SEE_CLIENT)
def show_month_sources(call: Call, closing_id: int) -> MonthSourcesOut:
    """A closed month beside what its sources give today; for the provider's keys alone."""
    if not call.is_of_provider:
        raise Http404
    row = or_404(closing.closings().filter(pk=closing_id).first())
    found = compare(row, backends().message_log(), timezone.now().timestamp())
    return MonthSourcesOut(
        id=row.pk,
        month=row.month,
        is_same=found.is_same,
        has_minutes=found.has_minutes,
        has_mail=found.has_mail,
        facts=[
            FactOut(fact=each.fact, of=each.of, sealed=each.sealed, today=each.today, is_same=each.is_same)
            for each in found.facts
        ],
        broken=list(closing.figures_in(row).broken),
        broken_today=None if found.broken_today is None else list(found.broken_today),
        faults=closing.faults_of(row),
    )


@operation(router, "GET", "breaches", Permission.SEE_BILLING, is_of_client=False)
def list_waiting_choices(_call: Call) -> WaitingChoicesOut:
    """Broken promises of all clients that wait for the client's choice; the client alone chooses."""
    items = [
        WaitingChoiceOut(
            id=each.pk,
            client_id=each.client_id,
            client=each.client.name,
            month=each.closing.month,
            kind=BreachKind(each.kind),
            opened_on=each.opened_on,
            choose_until=each.choose_until,
        )
        for each in breaches.open_everywhere(today())
    ]
    return WaitingChoicesOut(items=items)
