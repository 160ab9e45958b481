"""The register of what people ask about their data (15-1, 15-2). Each function is one change, recorded without naming them.

A client's owner opens requests for its own users and sees those alone; the provider's people work on all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.models import Membership
from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.privacy.models import Channel, PersonRequest, RequestState, RequestStep, Right
from ecluse.control.tenants.models import Client, Domain
from ecluse.domain.errors import Impossible
from ecluse.wire.notations import MailAddress

__all__ = ["Channel", "PersonRequest", "RequestState", "RequestStep", "Right"]

MAX_ADDRESSES = 20
MAX_TEXT = 2_000
MAX_HOW = 300
KEPT = timedelta(days=5 * 365 + 2)  # After it was closed: Code civil art. 2224.
WAITING = (RequestState.OPEN, RequestState.PROVEN)


def requests(*, state: str = "") -> QuerySet[PersonRequest]:
    """Those of the scope; "" = all, "waiting" = what is to be done, the most urgent first."""
    rows = PersonRequest.objects.select_related("client")
    if state == "waiting":
        return rows.filter(state__in=WAITING).order_by("received_at", "pk")
    return rows.filter(state=state) if state else rows


def find_request(pk: int) -> PersonRequest | None:
    """One of the scope's."""
    return PersonRequest.objects.select_related("client").filter(pk=pk).first()


def of_everybody() -> AbstractContextManager[None]:
    """The register as a whole, for the provider's people: requests of all clients and of none."""
    everybody: AbstractContextManager[None] = scopes_disabled()  # As it says; pages look at who may.
    return everybody


def scope_of(request: PersonRequest) -> AbstractContextManager[None]:
    """Whose data it is about: a client's, or anybody's."""
    # A person who has asked the provider himself may be found with any client: named here, and recorded with each act.
    return of_everybody() if request.client is None else _of(request.client)


def open_request(
    client: Client | None,
    right: Right,
    addresses: Iterable[str],
    *,
    by: Actor,
    channel: Channel,
    received_at: datetime | None = None,
    **about: str,
) -> PersonRequest:
    """A new one; `about`: name, answer_to, note. The clock begins with its receipt.

    Raises `Impossible` for no address, for one that is none of the client's, and for a receipt in the future.
    """
    keys = _keys(addresses)
    if client is not None:
        _demand_own(client, keys)
    with change(by=by) as act:
        received = received_at or act.at
        if received > act.at:
            raise Impossible("nothing is received in the future")
        row = PersonRequest.objects.create(
            client=client, right=right, addresses=keys, channel=channel, received_at=received, **about
        )
        _step(act, row, "opened")
        act.record("request.opened", row, client_id=row.client_id, after={"right": right.value, "addresses": len(keys)})
        return row


def confirm_identity(row: PersonRequest, how: str, *, by: Actor) -> None:
    """He has proven who he is: by what, and who looked (15-2). Raises `Impossible` without a word, or a second time."""
    how = how.strip()[:MAX_HOW]
    if not how:
        raise Impossible("by what he has proven it is to be written down")
    with change(by=by) as act:
        values = {"state": RequestState.PROVEN, "identity_how": how, "identity_by": by.name, "identity_at": act.at}
        _move(row, (RequestState.OPEN,), values)
        _step(act, row, "proven", how)
        act.record("request.identity-confirmed", row, client_id=row.client_id)


def note(row: PersonRequest, text: str, *, by: Actor) -> None:
    """What somebody writes down. Raises `Impossible` for nothing."""
    text = text.strip()[:500]
    if not text:
        raise Impossible("a note says something")
    with change(by=by) as act:
        _step(act, row, "noted", text)
        act.record("request.noted", row, client_id=row.client_id)


def note_search(row: PersonRequest, *, by: Actor) -> None:
    """Somebody has looked at what is held of him (15-11)."""
    with change(by=by) as act:
        act.record("request.searched", row, client_id=row.client_id)


def note_export(row: PersonRequest, *, by: Actor) -> None:
    """What is held of him was taken out, to be given to him. Raises `Impossible` before he has proven who he is."""
    if row.identity_at is None:
        raise Impossible("who has not proven who he is gets nothing")
    with change(by=by) as act:
        _step(act, row, "exported")
        act.record("request.exported", row, client_id=row.client_id)


def answer(row: PersonRequest, outcome: str, *, by: Actor) -> None:
    """It is done, and he was told. Raises `Impossible` without a word, or before he has proven who he is."""
    _close(row, (RequestState.PROVEN,), RequestState.ANSWERED, outcome, by)


def refuse(row: PersonRequest, why: str, *, by: Actor) -> None:
    """He was told why nothing is done (GDPR 12(4)). Raises `Impossible` without a reason."""
    _close(row, WAITING, RequestState.REFUSED, why, by)


def forget_old(now: datetime) -> int:
    """Requests that were closed five years ago. A job of the provider's."""
    with scopes_disabled():  # As it says.
        return PersonRequest.objects.filter(closed_at__lt=now - KEPT).delete()[0]


def _of(client: Client) -> AbstractContextManager[None]:
    its_own: AbstractContextManager[None] = scope(client=client)
    return its_own


def _close(row: PersonRequest, before: tuple[RequestState, ...], state: RequestState, outcome: str, by: Actor) -> None:
    outcome = outcome.strip()[:MAX_TEXT]
    if not outcome:
        raise Impossible("what he was answered is to be written down")
    with change(by=by) as act:
        _move(row, before, {"state": state, "outcome": outcome, "closed_at": act.at})
        _step(act, row, state.value)
        act.record(f"request.{state.value}", row, client_id=row.client_id)


def _move(row: PersonRequest, before: tuple[RequestState, ...], values: dict[str, object]) -> None:
    """Two who act at once: the second finds it where it is not any more. Raises `Impossible`."""
    if not PersonRequest.objects.filter(pk=row.pk, state__in=before).update(**values):
        raise Impossible("it is not where this could be done")
    row.refresh_from_db()


def _step(act: Change, row: PersonRequest, what: str, text: str = "") -> None:
    RequestStep.objects.create(client=row.client, request=row, at=act.at, by=act.by.name, what=what, note=text)


def _keys(addresses: Iterable[str]) -> list[str]:
    try:
        keys = list(dict.fromkeys(str(MailAddress(each.strip())).casefold() for each in addresses if each.strip()))
    except ValueError as problem:
        raise Impossible(str(problem)) from problem
    if not 1 <= len(keys) <= MAX_ADDRESSES:
        raise Impossible(f"between 1 and {MAX_ADDRESSES} addresses")
    return keys


def _demand_own(client: Client, keys: list[str]) -> None:
    """A client asks for its own people: at its domains, or signed in with it."""
    domains = set(Domain.objects.filter(client=client, proven_at__isnull=False).values_list("name", flat=True))
    members = set(Membership.objects.filter(client=client, user__email__in=keys).values_list("user__email", flat=True))
    others = [each for each in keys if each.rpartition("@")[2] not in domains and each not in members]
    if others:
        raise Impossible(f"none of the client's own: {', '.join(others)}")


def days_left(row: PersonRequest, now: datetime | None = None) -> int:
    """Whole days until the answer is due; below 0 where it is late."""
    return (row.due_at - (now or timezone.now())).days
