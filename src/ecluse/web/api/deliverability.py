"""How the client's outbound mail fares at those to whom it is sent, and what to change."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.deliveries import Destination, Outcome
from ecluse.control.operation.nodes import sending_addresses
from ecluse.control.signing.reported import reported
from ecluse.domain.answer_class import AnswerClass
from ecluse.domain.errors import Unavailable
from ecluse.domain.received_report import ReportKind
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.console.deliverability_words import DomainState, deliverability_of

router = Router(tags=["Deliverability"])


class DestinationOut(BaseModel):
    """One domain to which the client writes; recipients are counted."""

    domain: str
    taken: int
    waiting: int
    lost: int
    reasons: dict[AnswerClass, int] = Field(description="Of what waits or is lost, as far as it was read.")


class SendingDomainOut(BaseModel):
    """A sending domain, as the DNS had it last."""

    id: int
    name: str
    signs: bool = Field(description="Whether a DKIM key of it is in use.")
    records: dict[str, str] = Field(description="published, missing, other, unknown; empty: not looked at yet.")


class DeliverabilityOut(BaseModel):
    """Of the days that were asked for."""

    days: int
    is_complete: bool = Field(description="false: destinations are those of the newest messages alone.")
    destinations: list[DestinationOut] = Field(description="The fifty with most mail.")
    domains: list[SendingDomainOut]
    complaints: int
    suppressed: int
    locked: int
    advice: list[str]


class DeliverabilityAsked(BaseModel):
    """Of which span."""

    model_config = ConfigDict(extra="forbid")
    days: Annotated[int, Field(ge=1, le=90)] = 30


@operation(router, "GET", "/deliverability", Permission.SEE_LOG)
def show_deliverability(call: Call, asked: Query[DeliverabilityAsked]) -> DeliverabilityOut:
    """Rates by destination with what servers object to, records, complaints, and what to change."""
    found = deliverability_of(call.client, asked.days)
    if found.deliveries is None:
        raise Unavailable("the message log does not answer")
    return DeliverabilityOut(
        days=asked.days,
        is_complete=found.deliveries.is_complete,
        destinations=[_destination(each) for each in found.deliveries.destinations],
        domains=[_domain(each) for each in found.domains],
        complaints=found.complaints,
        suppressed=found.suppressed,
        locked=found.locked,
        advice=found.advice,
    )


class ReporterOut(BaseModel):
    """A domain that is proven to stand behind reports."""

    kind: ReportKind
    name: str
    reports: int
    passed: int = Field(description="Messages that passed DMARC; sessions that were encrypted.")
    failed: int


class ReportedSourceOut(BaseModel):
    """A server that sent in the name of a domain, in messages."""

    domain: str
    address: str = Field(description="IP address; empty: not told. others: the smaller ones of large reports.")
    is_ours: bool = Field(description="One of the addresses from which we send.")
    passed: int = Field(description="DKIM or SPF holds for the domain.")
    failed: int
    dkim: int
    spf: int
    turned_away: int = Field(description="Quarantined or rejected.")
    reporters: int


class TlsTroubleOut(BaseModel):
    """Sessions with a server of a domain that could not be encrypted as they should."""

    domain: str
    server: str
    reason: str = Field(description="A word of RFC 8460 section 4.3, as far as its reporter keeps to it.")
    failed: int
    reporters: int


class ReportedOut(BaseModel):
    """What others report of the client's domains, about the days that were asked for."""

    days: int
    unproven: int = Field(description="Reports that nobody stands behind; they are in none of the figures.")
    reporters: list[ReporterOut]
    sources: list[ReportedSourceOut]
    tls: list[TlsTroubleOut]


@operation(router, "GET", "/deliverability/reports", Permission.SEE_LOG)
def show_reports_of_others(call: Call, asked: Query[DeliverabilityAsked]) -> ReportedOut:  # noqa: ARG001 - every view is called alike
    """DMARC and TLS reports of others: who sends in the client's name, who could not deliver to it encrypted."""
    found = reported(time.time() - asked.days * 86_400.0, sending_addresses())
    return ReportedOut(
        days=asked.days,
        unproven=found.unproven,
        reporters=[
            ReporterOut(kind=each.kind, name=each.name, reports=each.count, passed=each.passed, failed=each.failed)
            for each in found.reporters
        ],
        sources=[ReportedSourceOut(**asdict(each)) for each in found.sources],
        tls=[TlsTroubleOut(**asdict(each)) for each in found.troubles],
    )


def _destination(each: Destination) -> DestinationOut:
    taken, waiting, lost = (each.counts[one] for one in Outcome)
    return DestinationOut(
        domain=each.domain, taken=taken, waiting=waiting, lost=lost, reasons=dict(each.reasons.most_common())
    )


def _domain(state: DomainState) -> SendingDomainOut:
    records = {each.proposal.purpose.value: each.found.standing.value if each.found else "" for each in state.records}
    return SendingDomainOut(id=state.domain.pk, name=state.domain.name, signs=state.signs, records=records)
