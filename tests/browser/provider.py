"""What the provider's pages show in the browser: nodes that are well and away, what waits, jobs, a case."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django_scopes import scope


def furnish(one: Any, by: Any, boss: Any) -> None:
    from ecluse.control.abuse.cases import CaseKind, note, open_case  # noqa: PLC0415 - needs Django
    from ecluse.control.accounts.roles import Permission  # noqa: PLC0415 - needs Django
    from ecluse.control.audit.actor import Actor, ActorKind  # noqa: PLC0415 - needs Django
    from ecluse.control.operation.job_runs import note_run  # noqa: PLC0415 - needs Django
    from ecluse.control.operation.models import ToldBacklog  # noqa: PLC0415 - needs Django
    from ecluse.control.programs.services import make_key  # noqa: PLC0415 - needs Django
    from ecluse.control.support import tickets  # noqa: PLC0415 - needs Django
    from ecluse.control.support.models import SupportMail  # noqa: PLC0415 - needs Django
    from ecluse.domain.backlog import WaitingMessage  # noqa: PLC0415 - see above
    from ecluse.domain.ids import new_id  # noqa: PLC0415 - see above

    now, at = time.time(), datetime.now(UTC)
    messages = [
        WaitingMessage(
            new_id(), f"sender{number}@far.example", ("paul@one.example",), 40_000, now - 3_600, now + 60, number,
            number == 2, "smtp://mail.one.example:25: connection refused",
        )
        for number in range(3)
    ]  # fmt: skip
    with scope(client=one):
        ToldBacklog.objects.create(
            client=one, node="mx1.provider.example", destination="one.example", total=3, held=1, octets=120_000,
            oldest=now - 3_600, next_attempt=now + 60, reason=messages[0].reason, outage_since=now - 3_600,
            messages=msgspec.msgpack.encode(messages),
        )  # fmt: skip
    note_run("digests", "mx1.provider.example", at, 2.5, "")
    note_run("letters", "mx1.provider.example", at, 0.1, "OperationalError")
    case = open_case(one, CaseKind.COMPLAINT, "one.example", by=by)
    actor = Actor(ActorKind.PERSON, boss.email, id=boss.pk)
    scopes = (Permission.SEE_NODES, Permission.CHANGE_CLIENTS)
    make_key(None, "inventory", scopes, may_lend=scopes, expires_at=at + timedelta(days=300), by=actor)
    note(case, "Asked Olive: a forwarding rule of paul's.", by=by)
    with scope(client=one):
        asked = tickets.Request(
            "Mail is late", "Since noon nothing comes.", tickets.Channel.CONSOLE, "paul@one.example"
        )
        ticket = tickets.open_ticket(one, asked, by=actor)
        tickets.link(ticket, new_id(), by=actor)
        tickets.note(ticket, "The route answers again.", by=actor)
        tickets.answer_and_solve(ticket, "Your server was away; what waited has been delivered.", by=actor)
    SupportMail.objects.create(
        id="1" * 32, received_at=now, sender="paul@one.example", subject="And now?", text="Is it over?",
        is_automatic=False, left_out=0, is_looked_at=True,
    )  # fmt: skip


def tell_nodes() -> None:
    """Two nodes, one of them away; after all that has a node report in passing."""
    from ecluse import __version__  # noqa: PLC0415 - settings come first
    from ecluse.control.operation.models import ToldReport  # noqa: PLC0415 - needs Django
    from ecluse.domain.detour import Detour  # noqa: PLC0415 - see above
    from ecluse.domain.node_report import NodeReport  # noqa: PLC0415 - see above

    now, at = time.time(), datetime.now(UTC)
    figures = {"ecluse_policy_position": 12.0, "ecluse_queue_messages": 3.0, "ecluse_outages": 1.0}
    figures["ecluse_log_complete_timestamp_seconds"] = now + 3_000
    for name, age in (("mx1.provider.example", timedelta(hours=-1)), ("mx2.provider.example", timedelta(hours=2))):
        heard = at - age  # The first one is well as long as anybody looks: it is heard of in an hour.
        report = NodeReport(
            __version__, heard.timestamp(), now - 90_000, free_bytes=50 << 30, reserve_bytes=1 << 30, figures=figures,
            addresses=("192.0.2.10",), detours=(Detour("", "far.example", "relay.example", 25, now + 86_400, "operator"),),
        )  # fmt: skip
        told = {"body": msgspec.msgpack.encode(report), "heard_at": heard}
        ToldReport.objects.update_or_create(node=name, defaults=told)
