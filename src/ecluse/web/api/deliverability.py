"""How the client's outbound mail fares at those to whom it is sent, and what to change."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.deliveries import Destination, Outcome
from ecluse.domain.answer_class import AnswerClass
from ecluse.domain.errors import Unavailable
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


def _destination(each: Destination) -> DestinationOut:
    taken, waiting, lost = (each.counts[one] for one in Outcome)
    return DestinationOut(
        domain=each.domain, taken=taken, waiting=waiting, lost=lost, reasons=dict(each.reasons.most_common())
    )


def _domain(state: DomainState) -> SendingDomainOut:
    records = {each.proposal.purpose.value: each.found.standing.value if each.found else "" for each in state.records}
    return SendingDomainOut(id=state.domain.pk, name=state.domain.name, signs=state.signs, records=records)
