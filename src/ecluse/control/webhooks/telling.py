"""Notices on their way: signed, sent, repeated with back-off, given up. Read `tell_due`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django_scopes import scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.keystore.services import unwrapped_secret
from ecluse.control.webhooks.models import Notice, Webhook
from ecluse.control.webhooks.services import PURPOSE, switch_off
from ecluse.control.webhooks.signing import signed_headers
from ecluse.domain.errors import EcluseError

MINUTE_S, HOUR_S, DAY_S = 60.0, 3_600.0, 86_400.0
AGAIN_AFTER_S = (MINUTE_S, 5 * MINUTE_S, 30 * MINUTE_S, 2 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, DAY_S, DAY_S)
OFF_AFTER_S = 5 * DAY_S  # Of nothing but failures.
KEPT_S = 7 * DAY_S
AT_ONCE = 20  # Of one webhook in one round: a slow receiver holds up nobody else for long.
MOST = 400  # In one round.
CLAIMED_FOR_S = 10 * MINUTE_S  # Longer than a round lasts.
_SIDE_BY_SIDE = 8
_GONE = 410  # The receiver wants no more (Standard Webhooks).
_BY = Actor(ActorKind.JOB, "webhooks")

Post = Callable[[str, dict[str, str], bytes], int]  # URL, headers, body -> status. Raises `EcluseError`.


@dataclass(frozen=True, slots=True)
class _Round:
    """What one webhook is to be told now."""

    hook: Webhook
    notices: list[Notice]
    secrets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """How one notice fared."""

    notice: Notice
    status: int  # 0: nobody answered.
    trouble: str

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


def tell_due(now: float, post: Post) -> int:
    """Send what is due, several webhooks side by side; how many notices were taken."""
    with scopes_disabled():  # A job of the provider's.
        rounds = _claimed(now)
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            told = list(pool.map(lambda each: _tell(each, now, post), rounds))
        for each, results in zip(rounds, told, strict=True):
            _note(each.hook, each.notices, results, now)
    return sum(one.is_taken for results in told for one in results)


def forget_notices(now: float) -> int:
    """Delete those of a week ago; how many. Over all clients, without scopes."""
    return Notice.objects.filter(at__lt=now - KEPT_S).delete()[0]


def _claimed(now: float) -> list[_Round]:
    """What is due, by webhook, and ours to send: another worker finds it put off."""
    due: dict[int, list[Notice]] = defaultdict(list)
    for notice in Notice.objects.filter(due_at__lte=now, webhook__is_on=True).order_by("due_at", "pk")[:MOST]:
        mine = due[notice.webhook_id]
        if len(mine) < AT_ONCE and _claim(notice, now):
            mine.append(notice)
    hooks = Webhook.objects.select_related("client").in_bulk(due)
    return [_Round(hooks[pk], mine, _secrets(hooks[pk], now)) for pk, mine in due.items() if mine]


def _claim(notice: Notice, now: float) -> bool:
    mine = Notice.objects.filter(pk=notice.pk, due_at=notice.due_at)
    return bool(mine.update(due_at=now + CLAIMED_FOR_S))


def _secrets(hook: Webhook, now: float) -> tuple[bytes, ...]:
    wrapped = [hook.secret, hook.former_secret if hook.former_until > now else None]
    return tuple(unwrapped_secret(hook.client_id, bytes(each), PURPOSE) for each in wrapped if each)


def _tell(each: _Round, now: float, post: Post) -> list[_Told]:
    """One by one, in the order of events, until one is not taken. In a thread: asks no database."""
    results = []
    for notice in each.notices:
        body = notice.body.encode()
        headers = {"content-type": "application/json", **signed_headers(notice.event, int(now), body, each.secrets)}
        try:
            status, trouble = post(each.hook.url, headers, body), ""
        except EcluseError as problem:
            status, trouble = 0, str(problem)[:200]
        results.append(_Told(notice, status, trouble))
        if not results[-1].is_taken:
            break
    return results


def _note(hook: Webhook, mine: list[Notice], results: list[_Told], now: float) -> None:
    taken = [each.notice.pk for each in results if each.is_taken]
    Notice.objects.filter(pk__in=taken).update(due_at=None, is_taken=True)
    last = results[-1]
    if last.is_taken:
        hook.told_at, hook.failing_since = now, None
    else:
        hook.failing_since = hook.failing_since or now
        _put_off(mine, last, len(taken), now)
    hook.last_status, hook.last_trouble = last.status, last.trouble
    hook.save(update_fields=["told_at", "failing_since", "last_status", "last_trouble"])
    if last.status == _GONE:
        switch_off(hook, "the receiver answered 410 Gone", by=_BY)
    elif hook.failing_since is not None and hook.failing_since <= now - OFF_AFTER_S:
        switch_off(hook, "nothing was taken for five days", by=_BY)


def _put_off(mine: list[Notice], last: _Told, taken: int, now: float) -> None:
    """The one that was not taken comes again later, or never; those behind it follow it."""
    tries = last.notice.tries
    wait_s = AGAIN_AFTER_S[tries] if tries < len(AGAIN_AFTER_S) else None
    again = None if wait_s is None else now + wait_s
    Notice.objects.filter(pk=last.notice.pk).update(tries=tries + 1, due_at=again)
    behind = [each.pk for each in mine[taken + 1 :]]
    Notice.objects.filter(pk__in=behind).update(due_at=again or now)
