"""The facts of a client's month, from what is kept of it: probes, entries, MX checks, the message log, objections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from ecluse.control.contracts.models import Contract
from ecluse.control.mail.models import ObjectionKind
from ecluse.control.mail.objections import ANSWER_WITHIN_S
from ecluse.control.mail.rates import WINDOW_H, Party, WrongVerdict, wrong_verdicts
from ecluse.control.sla.availability import Month
from ecluse.control.sla.downtimes import excused
from ecluse.control.sla.figures import MonthFacts, ServiceFacts, month_hours
from ecluse.control.sla.mx_checks import misconfigured
from ecluse.control.sla.probed import HOUR_S
from ecluse.control.sla.received_viruses import viruses_in
from ecluse.control.sla.servers import columns
from ecluse.control.sla.spans import Span, common
from ecluse.control.sla.status import services_of
from ecluse.domain.incoming import Direction
from ecluse.ports.message_log import MessageLog

CLAIMS_AFTER = timedelta(seconds=ANSWER_WITHIN_S)


def claims_until(month: Month) -> datetime:
    """What is claimed from then on does not count (9-2)."""
    return month.end.astimezone(UTC) + CLAIMS_AFTER


def facts_of(contract: Contract, month: Month, log: MessageLog, now: float) -> MonthFacts:
    """Of its client, whose scope is open; only what lies within the contract. Raises `Unavailable`."""
    served, hours = served_span(contract), month_hours(month)
    first, last = hours[0] - WINDOW_H, hours[-1] - 1
    counted = range(max(first, -(-served.start // HOUR_S)), min(last, served.end // HOUR_S) + 1)
    services = services_of(contract)
    verdicts = {each: log.verdicts(contract.client.name, first, last, each) for each in services}
    until = claims_until(month)
    said = wrong_verdicts(log, contract.client, first * HOUR_S, now, said_before=until.timestamp())
    wrong = [each for each in said if each.hour in counted]
    return MonthFacts(
        year=month.year,
        month=month.month,
        zone=month.zone.key,
        services={each.value: _service(each, month, served) for each in services},
        force_majeure=excused(month.span),
        first_hour=first,
        verdicts=_by_hour(verdicts.get(Direction.INBOUND, {}), range(first, last + 1), counted),
        wrong={party.value: _by_kind(wrong, party) for party in Party},
        viruses=_viruses(counted, services, until, now),
        sent=_by_hour(verdicts.get(Direction.OUTBOUND, {}), range(first, last + 1), counted),
    )


def served_span(contract: Contract) -> Span:
    """From its first midnight to its end, as far as it has one."""
    if contract.first_day is None:
        return Span(0, 0)
    begun = Month.of(contract.first_day, contract.zone).start.replace(day=contract.first_day.day)
    end = 2**40 if contract.over_at is None else int(contract.over_at.timestamp())
    return Span(int(begun.timestamp()), end)


def _service(service: Direction, month: Month, served: Span) -> ServiceFacts:
    within = common([month.span], [served])
    if not within:
        return ServiceFacts((), (), (), 0)
    found = columns(service, within[0])
    return ServiceFacts(found.first, found.second, misconfigured(service, within[0]), found.unwatched_s)


def _by_kind(wrong: Iterable[WrongVerdict], party: Party) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {kind.value: Counter() for kind in ObjectionKind}
    for each in sorted(wrong, key=lambda one: one.hour):
        if party in each.parties:
            found[each.kind][str(each.hour)] += 1
    return {kind: dict(counts) for kind, counts in found.items()}


def _by_hour(verdicts: Mapping[int, int], hours: range, counted: range) -> tuple[int, ...]:
    return tuple(verdicts.get(hour, 0) if hour in counted else 0 for hour in hours)


def _viruses(counted: range, services: Collection[Direction], until: datetime, now: float) -> dict[str, int]:
    """Those that both call so: one is a virus whoever's list its sender is on, so that no exclusion of spam takes it out."""
    said = viruses_in(counted, now, said_before=until)
    agreed = Counter(each.hour for each in said if each.service in services and Party.BOTH in each.parties)
    return {str(hour): number for hour, number in sorted(agreed.items())}
