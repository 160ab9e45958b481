"""Which events there are to tell: looked for in the message log, the quarantine and the DNS. Read `note_events`.

Nodes write into the log and the quarantine without knowing of webhooks, and may be late: so each look goes back further
than the last one ended, and what was noted before is known by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django_scopes import scope, scopes_disabled

from ecluse.control.abuse.models import ToldLimit, ToldLock
from ecluse.control.mail.late_flags import flagged_since
from ecluse.control.mail.models import CopyState, HeldCopy
from ecluse.control.signing.life import KeyState
from ecluse.control.signing.models import SendingRecord, SigningKey
from ecluse.control.sla.models import Breach
from ecluse.control.support.models import Entry, Side
from ecluse.control.tenants import ownership
from ecluse.control.tenants.models import Domain
from ecluse.control.webhooks.models import EventKind, Notice, WatchedMx, Webhook
from ecluse.control.webhooks.services import body_of
from ecluse.domain.dns import Answer
from ecluse.domain.errors import Unavailable
from ecluse.domain.log_search import LogSearch
from ecluse.ports.message_log import MessageLog

LOG_LOOK_BACK_S = 600.0
HELD_LOOK_BACK_S = 86_400.0
MX_EVERY_S = 3_600.0
MOST_AT_ONCE = 2_000  # Of one kind for one webhook in one look, the newest first.
MOST_WAITING = 10_000  # Of one webhook: who takes nothing is told no more.
_ROWS_A_PAGE = 500


@dataclass(frozen=True, slots=True)
class Sources:
    """Where events are looked for, beside the control database."""

    message_log: MessageLog
    look_up: Callable[[str, str], Answer]
    exchanges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Event:
    name: str  # The same whenever it is found again.
    kind: EventKind
    at: float
    data: dict[str, object]


def note_events(now: float, sources: Sources) -> int:
    """A notice for each event that a webhook wants to be told of and that was not noted before; how many."""
    with scopes_disabled():  # A job of the provider's.
        hooks = list(Webhook.objects.filter(is_on=True).select_related("client"))
    count = 0
    for hook in hooks:
        with scope(client=hook.client):
            count += _note(hook, now, sources)
    return count


def watch_mx(now: float, sources: Sources) -> None:
    """Look at the MX records of domains whose clients want to be told, once an hour each."""
    with scopes_disabled():  # A job of the provider's.
        hooks = [each for each in Webhook.objects.filter(is_on=True).select_related("client") if _watches(each)]
    for client in {each.client_id: each.client for each in hooks}.values():
        with scope(client=client):
            for domain in Domain.objects.filter(proven_at__isnull=False):
                _watch(domain, now, sources)


def _note(hook: Webhook, now: float, sources: Sources) -> int:
    room = MOST_WAITING - Notice.objects.filter(webhook=hook, due_at__isnull=False).count()
    try:
        found = [event for kind in hook.events for event in _SOURCES[EventKind(kind)](hook, sources)]
    except Unavailable:
        return 0  # The next look begins where this one did.
    known = set(
        Notice.objects.filter(webhook=hook, event__in=[each.name for each in found]).values_list("event", flat=True)
    )
    fresh = sorted({each.name: each for each in found if each.name not in known}.values(), key=lambda each: each.at)
    rows = (
        Notice(client_id=hook.client_id, webhook=hook, event=each.name, body=_body(hook, each), at=now, due_at=now)
        for each in fresh[: max(room, 0)]
    )
    made = Notice.objects.bulk_create(rows, ignore_conflicts=True)
    Webhook.objects.filter(pk=hook.pk).update(looked_at=now)
    return len(made)


def _body(hook: Webhook, event: _Event) -> str:
    return body_of(event.kind, event.at, {"client_id": hook.client_id, **event.data})


def _looked_from(hook: Webhook) -> float:
    """Some of it was seen by the look before: what is told once is not told again."""
    return max(hook.tells_from, hook.looked_at - HELD_LOOK_BACK_S)


def _refused(hook: Webhook, sources: Sources) -> Iterator[_Event]:
    since = max(hook.tells_from, hook.looked_at - LOG_LOOK_BACK_S)
    search = LogSearch(client=hook.client.name, since=since, dispositions=frozenset({"refuse"}))
    place, seen = None, 0
    while seen < MOST_AT_ONCE:
        page = sources.message_log.search(search, _ROWS_A_PAGE, place)
        for row in page.rows:
            data = {"message_id": row.id, "direction": row.direction, "category": row.category}
            yield _Event(f"refused-{row.id}", EventKind.REFUSED, row.at, dict(data))
        seen, place = seen + len(page.rows), page.following
        if place is None:
            return


def _held(hook: Webhook, _sources: Sources) -> Iterator[_Event]:
    since = _looked_from(hook)
    copies = HeldCopy.objects.filter(message__received_at__gte=since).select_related("message").order_by("-pk")
    for copy in copies[:MOST_AT_ONCE]:
        yield _Event(f"held-{copy.pk}", EventKind.HELD, copy.message.received_at, _of_copy(copy))


def _released(hook: Webhook, _sources: Sources) -> Iterator[_Event]:
    since = _looked_from(hook)
    copies = HeldCopy.objects.filter(state=CopyState.RELEASED, ended_at__gte=since).order_by("-pk")
    for copy in copies[:MOST_AT_ONCE]:
        data = {**_of_copy(copy), "channel": copy.channel}
        yield _Event(f"released-{copy.pk}", EventKind.RELEASED, copy.ended_at or since, data)


def _flagged_late(hook: Webhook, _sources: Sources) -> Iterator[_Event]:
    for flag in flagged_since(_looked_from(hook))[:MOST_AT_ONCE]:
        data: dict[str, object] = {"flag_id": flag.pk, "message_id": flag.message, "cause": flag.cause}
        yield _Event(f"flagged-late-{flag.pk}", EventKind.FLAGGED_LATE, flag.flagged_at, data)


def _choice_opened(hook: Webhook, _sources: Sources) -> Iterator[_Event]:
    since = datetime.fromtimestamp(_looked_from(hook), UTC)
    opened = Breach.objects.filter(closing__closed_at__gte=since).select_related("closing").order_by("-pk")
    for each in opened[:MOST_AT_ONCE]:
        about = {"month": str(each.closing), "kind": each.kind, "choose_until": each.choose_until.isoformat()}
        at = each.closing.closed_at.timestamp()
        yield _Event(f"choice-opened-{each.pk}", EventKind.CHOICE_OPENED, at, {"breach_id": each.pk, **about})


def _ticket_answered(hook: Webhook, _sources: Sources) -> Iterator[_Event]:
    since = datetime.fromtimestamp(_looked_from(hook), UTC)
    written = Entry.objects.filter(side=Side.PROVIDER, at__gte=since).select_related("ticket").order_by("-pk")
    for each in written[:MOST_AT_ONCE]:
        data: dict[str, object] = {"ticket_id": each.ticket_id, "number": each.ticket.reference}
        yield _Event(f"answered-{each.pk}", EventKind.TICKET_ANSWERED, each.at.timestamp(), data)


def _sender_locked(hook: Webhook, _sources: Sources) -> Iterator[_Event]:
    since = _looked_from(hook)
    for lock in ToldLock.objects.filter(since__gte=since, origin="")[:MOST_AT_ONCE]:
        data: dict[str, object] = {"lock_id": lock.pk, "scope": lock.scope, "cause": lock.cause, "until": lock.until}
        yield _Event(f"locked-{lock.pk}", EventKind.SENDER_LOCKED, lock.since, data)


def _limits(hook: Webhook, *, is_reached: bool) -> Iterator[_Event]:
    """One of each limit and window, near as well as reached: the next window is another one."""
    since = _looked_from(hook)
    kind, field = (EventKind.LIMIT_REACHED, "reached_at") if is_reached else (EventKind.LIMIT_NEAR, "at")
    for each in ToldLimit.objects.filter(**{f"{field}__gte": since})[:MOST_AT_ONCE]:
        data = {"limit_id": each.pk, "scope": each.scope, "what": each.what, "window_s": each.window_s}
        found = {**data, "count": each.count, "most": each.most, "ends_at": each.ends_at}
        yield _Event(f"{kind.value}-{each.pk}-{int(each.ends_at)}", kind, getattr(each, field), found)


def _record_changed(hook: Webhook, _sources: Sources) -> Iterator[_Event]:
    """What was looked at for the first time counts, too: it was not known before."""
    since = datetime.fromtimestamp(_looked_from(hook), UTC)
    for each in SendingRecord.objects.filter(changed_at__gte=since).select_related("domain")[:MOST_AT_ONCE]:
        at, about = each.changed_at.timestamp(), {"purpose": each.purpose, "dns": each.standing}
        data: dict[str, object] = {"domain_id": each.domain_id, "domain": each.domain.name, **about}
        yield _Event(f"record-{each.pk}-{int(at)}", EventKind.RECORD_CHANGED, at, data)


def _key_lost(hook: Webhook, _sources: Sources) -> Iterator[_Event]:
    since = datetime.fromtimestamp(_looked_from(hook), UTC)
    keys = SigningKey.objects.filter(state=KeyState.ACTIVE, missing_since__gte=since).select_related("domain")
    for key in keys[:MOST_AT_ONCE]:
        at = key.missing_since.timestamp() if key.missing_since else 0.0
        data: dict[str, object] = {"domain_id": key.domain_id, "domain": key.domain.name, "record": key.record.name}
        yield _Event(f"key-lost-{key.pk}-{int(at)}", EventKind.KEY_LOST, at, data)


def _of_copy(copy: HeldCopy) -> dict[str, object]:
    return {"copy_id": copy.pk, "message_id": copy.message_id, "category": copy.category}


def _mx(hook: Webhook, *, is_ours: bool) -> Iterator[_Event]:
    kind = EventKind.MX_MENDED if is_ours else EventKind.MX_BROKEN
    # What a first look found is no change: `since` is when it was found otherwise.
    changed = WatchedMx.objects.filter(is_ours=is_ours, since__gte=_looked_from(hook))
    for each in changed.select_related("domain"):
        data: dict[str, object] = {"domain_id": each.domain_id, "domain": each.domain.name}
        yield _Event(f"{kind.value}-{each.domain_id}-{int(each.since)}", kind, each.since, data)


_SOURCES: dict[EventKind, Callable[[Webhook, Sources], Iterator[_Event]]] = {
    EventKind.REFUSED: _refused,
    EventKind.HELD: _held,
    EventKind.RELEASED: _released,
    EventKind.FLAGGED_LATE: _flagged_late,
    EventKind.SENDER_LOCKED: _sender_locked,
    EventKind.LIMIT_NEAR: lambda hook, _: _limits(hook, is_reached=False),
    EventKind.LIMIT_REACHED: lambda hook, _: _limits(hook, is_reached=True),
    EventKind.RECORD_CHANGED: _record_changed,
    EventKind.KEY_LOST: _key_lost,
    EventKind.CHOICE_OPENED: _choice_opened,
    EventKind.TICKET_ANSWERED: _ticket_answered,
    EventKind.MX_BROKEN: lambda hook, _: _mx(hook, is_ours=False),
    EventKind.MX_MENDED: lambda hook, _: _mx(hook, is_ours=True),
}


def _watches(hook: Webhook) -> bool:
    return bool({EventKind.MX_BROKEN, EventKind.MX_MENDED} & set(hook.events))


def _watch(domain: Domain, now: float, sources: Sources) -> None:
    known = WatchedMx.objects.filter(domain=domain).first()
    if known is not None and known.looked_at > now - MX_EVERY_S:
        return
    state = ownership.look_at_mx(sources.look_up(domain.name, "MX"), sources.exchanges).state
    was = None if known is None else known.is_ours
    is_ours = was if state is ownership.MxState.UNKNOWN else state is ownership.MxState.OURS
    values = {"client_id": domain.client_id, "is_ours": is_ours, "since": _since(known, is_ours, now), "looked_at": now}
    WatchedMx.objects.update_or_create(domain=domain, defaults=values)


def _since(known: WatchedMx | None, is_ours: bool | None, now: float) -> float:  # noqa: FBT001 - as it is compared
    if known is None or known.is_ours is None:
        return 0.0  # What is known for the first time is no change.
    return known.since if known.is_ours == is_ours else now
