"""Viruses that reached whom mail was for, over seven days, as each party has them: one week for each hour (9-1, 9-2, 9-5).

Mail of both services is in it, as far as the client has them, and whichever way it went.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ecluse.control.mail.rates import WINDOW_H, Party, span_of
from ecluse.control.sla.figures import VirusWeek, virus_weeks, worst_virus_week
from ecluse.control.sla.probed import HOUR_S
from ecluse.control.sla.received_viruses import viruses_in
from ecluse.control.sla.status import services_of_client
from ecluse.control.tenants.models import Client
from ecluse.ports.message_log import MessageLog


@dataclass(frozen=True, slots=True)
class VirusFigures:
    """Of one party: a week for each hour of a span, the oldest first; at least one."""

    weeks: tuple[VirusWeek, ...]

    @property
    def last(self) -> VirusWeek:
        """Up to the last full hour."""
        return self.weeks[-1]

    @property
    def worst(self) -> VirusWeek:
        """The one that goes farthest beyond what is allowed; the last where none carried one."""
        found = worst_virus_week(self.weeks)
        return found if found.received else self.last


def virus_figures(log: MessageLog, client: Client, days: int, now: float) -> Mapping[Party, VirusFigures]:
    """Each party's, of the last so many days (`span_of`). In the client's scope. Raises `Unavailable`."""
    last = int(now // HOUR_S)
    ends = range(last - span_of(client, days) * 24 + 1, last + 1)
    hours = range(ends[0] - WINDOW_H, last)
    services, mails = services_of_client(client), Counter[int]()
    for each in services:
        mails.update(log.verdicts(client.name, hours[0], hours[-1], each))
    said = [each for each in viruses_in(hours, now) if each.service in services]
    counted = {party: Counter(each.hour for each in said if party in each.parties) for party in Party}
    return {party: VirusFigures(tuple(virus_weeks(ends, mails, found))) for party, found in counted.items()}
