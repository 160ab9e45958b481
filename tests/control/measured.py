"""A client whose service is measured: a contract, two servers, minutes in which they were down, mail and claims about it."""

from __future__ import annotations

import time
from datetime import datetime

from django.utils import timezone
from django_scopes import scopes_disabled

from ecluse.control.accounts.models import User
from ecluse.control.mail.models import Objection, ObjectionKind, ObjectionState
from ecluse.control.programs.models import ApiKey
from ecluse.control.sla import servers
from ecluse.control.sla.models import ProbedHour, VantagePoint
from ecluse.domain.incoming import Direction
from tests.contract.message_log.contract import outcome, recipient
from tests.control.billed import begun_contract

FIRST, SECOND = "mx1.provider.example", "mx2.provider.example"
HOUR_S = 3_600


def measured_contract(name="One"):
    """From today on, with two servers from this moment on. Outside of any scope."""
    contract = begun_contract(name)
    servers.assign_due([FIRST, SECOND])
    return contract


def points(count=3):
    """Vantage points, each with a key that opens nothing."""
    maker, _ = User.objects.get_or_create(email="olga@provider.example")
    made = []
    for number in range(count):
        values = {
            "name": f"probe {number}",
            "digest": bytes([number]) * 32,
            "made_by": maker,
            "made_at": timezone.now(),
        }
        with scopes_disabled():
            key = ApiKey.objects.create(begins="ecl_", scopes=[], **values)
        made.append(VantagePoint.objects.create(name=f"point {number}", key=key, since=timezone.now()))
    return made


def say(point, server, start, minutes, *, is_missed=True, service=Direction.INBOUND):
    """What a point says of each of so many minutes from a moment on, which is a minute's first."""
    for minute in range(int(start.timestamp()) // 60, int(start.timestamp()) // 60 + minutes):
        row, _ = ProbedHour.objects.get_or_create(point=point, server=server, service=service, hour=minute // 60)
        bit = 1 << minute % 60
        row.said |= bit
        row.missed |= bit if is_missed else 0
        row.save()


def both_down(seen_from, start, minutes, **more):
    """So that it counts."""
    for point in seen_from:
        for server in (FIRST, SECOND):
            say(point, server, start, minutes, **more)


def mail(message_log, at: datetime, copies, client="One", **more):
    """One message that came then, or went (`direction`), to so many recipients."""
    to = (recipient(f"u{number}@one.example") for number in range(copies))
    one = outcome(at.timestamp(), *to, client=client, **more)
    message_log.append([one])
    return one


def claim(client, event, kind=ObjectionKind.PASSED, state=ObjectionState.CONFIRMED, to="u0@one.example", **more):
    """What the client says of one copy, in its scope."""
    values = {"opened_at": time.time(), "raised_at": time.time()} | more
    return Objection.objects.create(
        client=client,
        message=event.id,
        recipient=to,
        received_at=event.at,
        kind=kind,
        state=state,
        raised_by="ann@one.example",
        evidence={"events": [{"direction": event.direction}]},
        **values,
    )
