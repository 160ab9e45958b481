"""Notices on their way: signed, sent, repeated with back-off, given up. Read `tell_due`."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from django.db.models import Exists, F, OuterRef
from django_scopes import scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.keystore.services import unwrapped_secret
from ecluse.control.webhooks.models import Notice, Webhook
from ecluse.control.webhooks.services import PURPOSE, switch_off
from ecluse.control.webhooks.signing import signed_headers
from ecluse.domain.errors import EcluseError
from ecluse.domain.log_figures import HOUR_S

MINUTE_S, DAY_S = 60.0, 86_400.0
AGAIN_AFTER_S = (MINUTE_S, 5 * MINUTE_S, 30 * MINUTE_S, 2 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, DAY_S, DAY_S)
OFF_AFTER_S = 5 * DAY_S  # Of nothing but failures.
KEPT_S = 7 * DAY_S
AT_ONCE = 20  # Of one webhook in one round.
SHARE_S = 5.0  # Of one webhook in one round: who is slow is told less, and holds up nobody.
MOST_HOOKS = 40  # In one round.
WITHIN_S = 30.0  # All rounds; what is on its way then is waited for.
CLAIMED_FOR_S = 5 * MINUTE_S  # Longer than all rounds last: another worker leaves this webhook alone.
_SIDE_BY_SIDE = 8
_GONE = 410  # The receiver wants no more (Standard Webhooks).
_BY = Actor(ActorKind.JOB, "webhooks")

Post = Callable[[str, dict[str, str], bytes], int]  # URL, headers, body -> status. Raises `EcluseError`.


@dataclass(frozen=True, slots=True)
class _Share:
    """What one webhook is to be told in this round."""

    hook: Webhook
    notices: list[Notice]


@dataclass(frozen=True, slots=True)
class _Told:
    """How one notice fared."""

    notice: Notice
    status: int  # 0: nobody answered.
    trouble: str

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


def tell_due(now: float, post: Post, within_s: float = WITHIN_S) -> int:
    """Send what is due, several webhooks side by side, each its share in turn; how many notices were taken.

    Begins nothing once `within_s` are over: the worker has more to do.
    """
    ends, count = time.monotonic() + within_s, 0
    with scopes_disabled():  # A job of the provider's.
        while time.monotonic() < ends and (shares := _claimed(now)):
            with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
                told = list(pool.map(partial(_tell, now=now, post=post, ends=ends), shares))
            for each, results in zip(shares, told, strict=True):
                _note(each.hook, results, now)
            count += sum(one.is_taken for results in told for one in results)
    return count


def forget_notices(now: float) -> int:
    """Delete those of a week ago; how many. Over all clients, without scopes."""
    return Notice.objects.filter(at__lt=now - KEPT_S).delete()[0]


def _claimed(now: float) -> list[_Share]:
    """Webhooks that have something to be told and are ours to tell it; who was told longest ago comes first."""
    due = Notice.objects.filter(due_at__lte=now)
    hooks = Webhook.objects.filter(Exists(due.filter(webhook=OuterRef("pk"))), is_on=True, not_before__lte=now)
    in_turn = hooks.order_by(F("told_at").asc(nulls_first=True), "pk").select_related("client")[:MOST_HOOKS]
    mine = [each for each in in_turn if _claim(each, now)]
    return [_Share(each, list(due.filter(webhook=each).order_by("due_at", "pk")[:AT_ONCE])) for each in mine]


def _claim(hook: Webhook, now: float) -> bool:
    unclaimed = Webhook.objects.filter(pk=hook.pk, not_before=hook.not_before)
    return bool(unclaimed.update(not_before=now + CLAIMED_FOR_S))


def _tell(share: _Share, now: float, post: Post, ends: float) -> list[_Told]:
    """One by one, in the order of events, until one is not taken. In a thread: asks no database."""
    try:
        secrets = _secrets(share.hook, now)
    except EcluseError as problem:
        return [_Told(each, 0, str(problem)[:200]) for each in share.notices[:1]]
    results: list[_Told] = []
    ends = min(ends, time.monotonic() + SHARE_S)
    for notice in share.notices:
        if time.monotonic() >= ends:
            break
        results.append(_told(share.hook, secrets, notice, now, post))
        if not results[-1].is_taken:
            break
    return results


def _told(hook: Webhook, secrets: tuple[bytes, ...], notice: Notice, now: float, post: Post) -> _Told:
    body = notice.body.encode()
    signed = signed_headers(notice.event, int(now), body, secrets)
    try:
        return _Told(notice, post(hook.url, {"content-type": "application/json", **signed}, body), "")
    except EcluseError as problem:
        return _Told(notice, 0, str(problem)[:200])


def _secrets(hook: Webhook, now: float) -> tuple[bytes, ...]:
    wrapped = [hook.secret, hook.former_secret if hook.former_until > now else None]
    return tuple(unwrapped_secret(hook.client_id, bytes(each), PURPOSE) for each in wrapped if each)


def _note(hook: Webhook, results: list[_Told], now: float) -> None:
    """What came of it; a webhook that was removed meanwhile stays removed."""
    taken = [each.notice.pk for each in results if each.is_taken]
    Notice.objects.filter(pk__in=taken).update(due_at=None)
    row = Webhook.objects.filter(pk=hook.pk)
    if not results:  # Its turn had not come when the time was over.
        row.update(not_before=hook.not_before)
        return
    last = results[-1]
    row.update(last_status=last.status, last_trouble=last.trouble)
    if taken:
        row.update(told_at=now, failing_since=None, failures=0, not_before=0.0)
    if not last.is_taken:
        _put_off(hook, last, 0 if taken else hook.failures, now)
    if last.status == _GONE:
        switch_off(hook, "the receiver answered 410 Gone", by=_BY)
    elif not taken and hook.failing_since is not None and hook.failing_since <= now - OFF_AFTER_S:
        switch_off(hook, "nothing was taken for five days", by=_BY)


def _put_off(hook: Webhook, last: _Told, failures: int, now: float) -> None:
    """The notice that was not taken comes again later, or never; and so long its webhook is left alone."""
    tries = last.notice.tries
    again = now + AGAIN_AFTER_S[tries] if tries < len(AGAIN_AFTER_S) else None
    Notice.objects.filter(pk=last.notice.pk).update(tries=tries + 1, due_at=again)
    since = hook.failing_since if failures and hook.failing_since else now
    if not Notice.objects.filter(webhook=hook, due_at__isnull=False).exists():  # All were given up: it begins anew.
        Webhook.objects.filter(pk=hook.pk).update(failing_since=None, failures=0, not_before=0.0)
        return
    wait_s = AGAIN_AFTER_S[min(failures, len(AGAIN_AFTER_S) - 1)]
    Webhook.objects.filter(pk=hook.pk).update(failing_since=since, failures=failures + 1, not_before=now + wait_s)
