"""A client's mail of the last days, as its dashboard shows it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.traffic import Traffic, traffic_of
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.backends import backends
from ecluse.web.console.traffic_words import released_of

router = Router(tags=["Message log"])


class ReceivedOut(BaseModel):
    """What became of mail that came, in recipients."""

    delivered: int
    newsletters: int = Field(description="Delivered, class M.")
    held: int
    deferred: int = Field(description="Its sender was asked to come again.")
    undelivered: int = Field(description="Taken; then the client's server did not want it, or was away for too long.")
    refused: int


class DayOut(BaseModel):
    """One day (UTC)."""

    day: date
    received: ReceivedOut
    sent: int
    waited: int = Field(description="Of what was received: the client's server did not take it at once.")


class TrafficOut(BaseModel):
    """The last so many days, today included."""

    days: list[DayOut]
    waiting: int = Field(description="What still waits for the client's server.")
    octets: int = Field(description="Of what was received and delivered.")
    released: int | None = Field(
        description="Of what was refused or held as spam; null: of more days than held mail is known for."
    )


class TrafficAsked(BaseModel):
    """Of which span."""

    model_config = ConfigDict(extra="forbid")
    days: Annotated[int, Field(ge=1, le=365)] = 30


@operation(router, "GET", "/traffic", Permission.SEE_CLIENT)
def show_traffic(call: Call, asked: Query[TrafficAsked]) -> TrafficOut:
    """Mail by day: what came, what became of it, what went out, and what had to wait."""
    now = time.time()
    found = traffic_of(backends().message_log(), call.client.name, asked.days, now)
    released = released_of(asked.days, now)
    return TrafficOut(days=list(_days(found)), waiting=found.waiting, octets=found.octets, released=released)


def _days(found: Traffic) -> Iterator[DayOut]:
    for number, day in enumerate(found.days):
        received = {share.value: counts[number] for share, counts in found.received.items()}
        yield DayOut(day=day, received=ReceivedOut(**received), sent=found.sent[number], waited=found.waited[number])
