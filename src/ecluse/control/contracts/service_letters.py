"""Who runs a client is told by letter that its service is about to end, was suspended, is there again, or is over (3-9, 3-18, 16-2).

Of an end that is known, a letter goes four weeks before, and another in the last five days: its mail must be led elsewhere first.
Each goes once to each owner and administrator, for each day with which a contract is over; an end on another day is another one.
Of a suspension they hear at once, with its reason, but where a letter about late payment says so; that it is over is told always.
Of an end by hand, or a termination at once, they hear the same way. Each letter goes to the address besides that the client has
named elsewhere (`notice_address.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from django.db.models import QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.queries import User, people_in
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.letters import Steps, send_once
from ecluse.control.attempts.rows import for_each, ready
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.contracts.models import Contract, RefundState, ServiceEvent, ServiceLetter
from ecluse.control.contracts.moves import note_change
from ecluse.control.contracts.notice_address import notice_address
from ecluse.control.contracts.states import IN_FORCE
from ecluse.control.tenants.models import Client
from ecluse.domain.policy import ServiceState

__all__ = ["ServiceEvent"]

log = structlog.get_logger()

FIRST_BEFORE = 28  # Days: servers and records of others take their time.
LAST_BEFORE = 5
MOST_READERS = 20
MAX_REASON = 500
BREACH = "16-1"  # The reason of an end for a breach that was not repaired: the letter has words for it.
AT_ONCE = 100  # Letters that one look takes up.
_ENDINGS = (ServiceEvent.ENDS, ServiceEvent.ENDS_SOON)
_CHANGES = {
    (ServiceState.ACTIVE, ServiceState.SUSPENDED): ServiceEvent.SUSPENDED,
    (ServiceState.SUSPENDED, ServiceState.ACTIVE): ServiceEvent.RESUMED,
    (ServiceState.ACTIVE, ServiceState.ENDED): ServiceEvent.ENDED,
    (ServiceState.SUSPENDED, ServiceState.ENDED): ServiceEvent.ENDED,
    (ServiceState.ENDED, ServiceState.ACTIVE): ServiceEvent.RESUMED,
}
_READERS = (Role.OWNER, Role.ADMINISTRATOR)
_ADDRESS, _TELL = "announce an end", "tell of the service"
_BY = Actor(ActorKind.JOB, "service letters")


@dataclass(frozen=True, slots=True)
class ServiceNews:
    """One letter."""

    recipient: str
    language: str
    client: Client
    contract: Contract | None  # None: served without one.
    event: ServiceEvent
    at: datetime  # Of what has happened.
    ends_on: date | None  # The day at whose beginning the service stops; None where it does not end.
    reason: str  # Of a suspension, or an end at once, in the provider's words, or `BREACH`; "" where it gave none.
    domains: tuple[str, ...]  # Of an end: those whose mail still comes to us, as far as is known.
    is_elsewhere: bool = False  # To an address of a client, whose reader may not sign in.


Send = Callable[[ServiceNews], None]
LeadHere = Callable[[], tuple[str, ...]]  # Domains of the scope's client.


def address_change(act: Change, client: Client, before: ServiceState, *, reason: str = "") -> None:
    """It was suspended, or ended, or is served again, within this change: nothing where it was not. In the client's scope."""
    event = _CHANGES.get((before, ServiceState(client.state)))
    if event is not None:
        _address(act, client, event, reason=reason.strip()[:MAX_REASON])


def address_suspension(act: Change, contract: Contract, reason: str) -> None:
    """The same of a contract."""
    _address(act, contract.client, ServiceEvent.SUSPENDED, contract, reason=reason.strip()[:MAX_REASON])


def address_resumption(act: Change, contract: Contract) -> None:
    """The same of one that is served again."""
    _address(act, contract.client, ServiceEvent.RESUMED, contract)


def address_end(act: Change, contract: Contract, reason: str) -> None:
    """The same of one that is over at once, which no letter has announced."""
    _address(act, contract.client, ServiceEvent.ENDED, contract, reason=reason.strip()[:MAX_REASON])


def tell_of_service(now: datetime, send: Send, lead_here: LeadHere) -> int:
    """Write whatever letters are due; how many went. Over all clients.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    _announce_ends(now)
    with scopes_disabled():  # A job of the provider's.
        waiting = ready(_TELL, ServiceLetter.objects.filter(sent_at=None, refused_at=None).order_by("pk"), now)
        letters = list(waiting.select_related("client", "user", "contract")[:AT_ONCE])

    def send_one(letter: ServiceLetter) -> bool:
        with scope(client=letter.client):
            return _is_sent(letter, now, send, lead_here)

    return for_each(_TELL, letters, send_one, now)


def end_known(contract: Contract) -> date | None:
    """The day at whose beginning it will be over: by a notice, or because its client leaves by right; None while none is known."""
    if contract.state not in IN_FORCE or contract.period is None:
        return None
    days = [each.leaves_on for each in contract.refund_requests.all() if each.state == RefundState.ASKED]
    if contract.notice_at is not None:
        days.append(contract.period.ends_on)
    return min(days, default=None)


def _announce_ends(now: datetime) -> None:
    with scopes_disabled():  # Contracts of all clients.
        running = Contract.objects.filter(state__in=IN_FORCE).select_related("client")
        noticed = running.filter(notice_at__isnull=False)
        left = running.filter(refund_requests__state=RefundState.ASKED)
        ending = list((noticed | left).distinct().prefetch_related("refund_requests"))

    def announce(contract: Contract) -> bool:
        with scope(client=contract.client):
            return _is_announced(contract, now)

    for_each(_ADDRESS, ending, announce, now)


def _is_announced(contract: Contract, now: datetime) -> bool:
    ends_on = end_known(contract)
    event = None if ends_on is None else _announcement((ends_on - now.astimezone(contract.zone).date()).days)
    if event is None or _announced(contract, event, ends_on).exists():
        return False
    with change(by=_BY) as act:
        # Of two workers the second sees what the first has done.
        Contract.objects.select_for_update().get(pk=contract.pk)
        if _announced(contract, event, ends_on).exists():
            return False
        if _address(act, contract.client, event, contract, ends_on=ends_on):
            note_change(act, contract, "end-told", str(ends_on))
        return True


def _announcement(days: int) -> ServiceEvent | None:
    """Who hears late of an end hears once."""
    if days <= 0 or days > FIRST_BEFORE:
        return None
    return ServiceEvent.ENDS_SOON if days <= LAST_BEFORE else ServiceEvent.ENDS


def _announced(contract: Contract, event: ServiceEvent, ends_on: date | None) -> QuerySet[ServiceLetter]:
    return ServiceLetter.objects.filter(contract=contract, event=event, ends_on=ends_on)


def _address(
    act: Change,
    client: Client,
    event: ServiceEvent,
    contract: Contract | None = None,
    *,
    ends_on: date | None = None,
    reason: str = "",
) -> int:
    people, elsewhere = list(people_in(_READERS, client)[:MOST_READERS]), notice_address()
    readers: list[tuple[User | None, str]] = [(each, "") for each in people]
    if elsewhere and elsewhere.casefold() not in {each.email.casefold() for each in people}:
        readers.append((None, elsewhere))
    told = {"client_id": client.pk, "contract": contract, "event": event}
    rows = [
        ServiceLetter(**told, user=user, elsewhere=address, at=act.at, ends_on=ends_on, reason=reason)
        for user, address in readers
    ]
    return len(ServiceLetter.objects.bulk_create(rows))


def _is_sent(letter: ServiceLetter, now: datetime, send: Send, lead_here: LeadHere) -> bool:
    rows = ServiceLetter.objects.filter(pk=letter.pk)
    contract, is_of_end = letter.contract, letter.event in _ENDINGS
    if is_of_end and (contract is None or end_known(contract) != letter.ends_on):
        rows.delete()  # It ends otherwise, or has ended.
        return False
    event, reader = ServiceEvent(letter.event), letter.user
    news = ServiceNews(
        recipient=reader.email if reader else letter.elsewhere,
        language=(reader.language if reader else "") or letter.client.language,
        client=letter.client,
        contract=contract,
        event=event,
        at=letter.at,
        ends_on=letter.ends_on,
        reason=letter.reason,
        domains=lead_here() if is_of_end or event is ServiceEvent.ENDED else (),
        is_elsewhere=reader is None,
    )

    def note() -> None:
        with change(by=_BY) as act:
            rows.update(sent_at=now)
            told = {"to": news.recipient, "of": news.event.value}
            act.record("client.service-told", news.client, client_id=news.client.pk, after=told)

    def note_refusal() -> None:
        rows.update(refused_at=now)
        log.error("service not told", client=news.client.name, of=news.event.value)

    is_due = rows.filter(sent_at=None, refused_at=None).exists
    return send_once(_TELL, letter, Steps(is_due, lambda: send(news), note, note_refusal), now)
