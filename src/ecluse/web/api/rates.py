"""Rates of wrong verdicts over seven days, as each party has them (9-2 to 9-5)."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail import rates
from ecluse.control.mail.rates import Party, Rates, Share, Window
from ecluse.control.sla.figures import VirusWeek
from ecluse.control.sla.virus_weeks import VirusFigures, virus_figures
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.backends import backends

router = Router(tags=["Objections"])


class ShareOut(BaseModel):
    """So many wrong verdicts of all."""

    wrong: int
    percent: float
    is_kept: bool = Field(description="Strictly below what is promised.")
    at_least_percent: float = Field(description="With at_most_percent: where the true rate lies, at 95 %.")
    at_most_percent: float


class WindowOut(BaseModel):
    """Seven days."""

    until: datetime
    verdicts: int
    false_positives: ShareOut = Field(description="Legitimate, wrongly blocked: below 0.01 % is promised.")
    false_negatives: ShareOut = Field(description="Spam, wrongly delivered: below 0.5 % is promised.")


class VirusWeekOut(BaseModel):
    """Seven days of all mail, whichever way it went (9-1, 9-5)."""

    until: datetime
    mails: int
    viruses: int = Field(description="That reached whom the mail was for.")
    allowed: int = Field(description="A thousandth of the mails, rounded up.")
    is_kept: bool


class PartyOut(BaseModel):
    """What one party says."""

    party: Party = Field(description="both: agreed; it alone counts.")
    last: WindowOut = Field(description="Up to the last full hour.")
    worst: WindowOut = Field(description="The most critical seven days of the span.")
    most_blocked: WindowOut
    most_passed: WindowOut
    last_viruses: VirusWeekOut
    worst_viruses: VirusWeekOut = Field(description="The one that goes farthest beyond what is allowed.")


class RatesOut(BaseModel):
    """Of all parties."""

    days: int = Field(description="Fewer than asked for where the client has its log kept for less.")
    parties: list[PartyOut]


class RatesAsked(BaseModel):
    """Of which span."""

    model_config = ConfigDict(extra="forbid")
    days: Annotated[int, Field(ge=1, le=365)] = 30


@operation(router, "GET", "/objections/rates", Permission.SEE_LOG)
def show_rates(call: Call, asked: Query[RatesAsked]) -> RatesOut:
    """The last seven days, and the worst seven of the span."""
    log, now = backends().message_log(), time.time()
    days = rates.span_of(call.client, asked.days)
    found = rates.rates_of(log, call.client, days, now)
    viruses = virus_figures(log, call.client, days, now)
    return RatesOut(days=days, parties=[_party(party, each, viruses[party]) for party, each in found.items()])


def _party(party: Party, rates: Rates, viruses: VirusFigures) -> PartyOut:
    return PartyOut(
        party=party,
        last=_window(rates.last),
        worst=_window(rates.worst),
        most_blocked=_window(rates.most_blocked),
        most_passed=_window(rates.most_passed),
        last_viruses=_viruses(viruses.last),
        worst_viruses=_viruses(viruses.worst),
    )


def _viruses(week: VirusWeek) -> VirusWeekOut:
    return VirusWeekOut(
        until=week.until, mails=week.mails, viruses=week.received, allowed=week.allowed, is_kept=week.is_kept
    )


def _window(window: Window) -> WindowOut:
    return WindowOut(
        until=window.until,
        verdicts=window.verdicts,
        false_positives=_share(window.false_positives),
        false_negatives=_share(window.false_negatives),
    )


def _share(share: Share) -> ShareOut:
    low, high = share.interval
    return ShareOut(
        wrong=share.wrong, percent=share.percent, is_kept=share.is_kept, at_least_percent=low, at_most_percent=high
    )
