"""What may be done to webhooks; each function is one change, recorded."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Collection
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.keystore.services import wrapped_secret
from ecluse.control.tenants.models import Client
from ecluse.control.webhooks.models import EventKind, Notice, Webhook
from ecluse.control.webhooks.signing import shown
from ecluse.domain.errors import Impossible
from ecluse.domain.ids import new_id
from ecluse.domain.policy import ServiceState
from ecluse.domain.public_address import is_public_address
from ecluse.wire.notations import DomainName

MOST_WEBHOOKS = 10  # Of one client.
FORMER_SECRET_LIVES_S = 86_400.0
PURPOSE = "secret of a webhook"  # What it is bound to under the master key.
_SECRET_OCTETS = 32
_BY = Actor(ActorKind.JOB, "webhooks")


class TooManyWebhooks(Impossible):
    """One must be removed first."""


class BadAddress(Impossible):
    """Not an https address of a server in the Internet."""


def add_webhook(client: Client, url: str, events: Collection[str], *, by: Actor) -> tuple[Webhook, str]:
    """A new one, and its secret, which is told once. Raises `BadAddress`, `TooManyWebhooks`."""
    _demand_address(url)
    secret, now = secrets.token_bytes(_SECRET_OCTETS), time.time()
    with change(by=by) as act:
        if Webhook.objects.count() >= MOST_WEBHOOKS:
            raise TooManyWebhooks(f"more than {MOST_WEBHOOKS} webhooks")
        hook = Webhook.objects.create(
            client=client,
            url=url,
            events=_known(events),
            secret=wrapped_secret(client.pk, secret, PURPOSE),
            tells_from=now,
            looked_at=now,
        )
        act.record("webhook.added", hook, client_id=client.pk, after=_described(hook))
    return hook, shown(secret)


def change_webhook(hook: Webhook, url: str, events: Collection[str], *, is_on: bool, by: Actor) -> None:
    """Another address or choice of events; on or off. What happened while it was off is not told. Raises `BadAddress`."""
    _demand_address(url)
    with change(by=by) as act:
        before = _described(hook)
        changed = ["url", "events", "is_on"]  # The worker may be telling it something meanwhile.
        if is_on and not hook.is_on:
            changed += ["looked_at", "tells_from"]
            hook.looked_at = hook.tells_from = time.time()
            Notice.objects.filter(webhook=hook, due_at__isnull=False).update(due_at=None)
        if is_on and (url != hook.url or not hook.is_on):
            changed += ["off_because", "failing_since", "failures", "not_before"]
            hook.off_because, hook.failing_since, hook.failures, hook.not_before = "", None, 0, 0.0
        hook.url, hook.events, hook.is_on = url, _known(events), is_on
        hook.save(update_fields=changed)
        act.record("webhook.changed", hook, client_id=hook.client_id, before=before, after=_described(hook))


def rotate_secret(hook: Webhook, *, by: Actor) -> str:
    """A fresh secret, told once; for a day the former one signs beside it."""
    secret = secrets.token_bytes(_SECRET_OCTETS)
    with change(by=by) as act:
        hook.former_secret, hook.former_until = hook.secret, time.time() + FORMER_SECRET_LIVES_S
        hook.secret = wrapped_secret(hook.client_id, secret, PURPOSE)
        hook.save(update_fields=["secret", "former_secret", "former_until"])
        act.record("webhook.secret-rotated", hook, client_id=hook.client_id, after={"url": hook.url})
    return shown(secret)


def send_test(hook: Webhook, *, by: Actor) -> None:
    """Have it told that this is a test, once more each time."""
    with change(by=by) as act:
        name, now = f"test-{new_id()}", time.time()
        body = body_of(EventKind.TEST, now, {"client_id": hook.client_id})
        Notice.objects.create(client_id=hook.client_id, webhook=hook, event=name, body=body, at=now, due_at=now)
        act.record("webhook.tested", hook, client_id=hook.client_id, after={"url": hook.url})


def remove_webhook(hook: Webhook, *, by: Actor) -> None:
    """It is told nothing from now on."""
    with change(by=by) as act:
        act.record("webhook.removed", hook, client_id=hook.client_id, before=_described(hook))
        hook.delete()


def switch_off(hook: Webhook, because: str, *, by: Actor) -> None:
    """For whoever never answers; the page says why."""
    with change(by=by) as act:
        if Webhook.objects.filter(pk=hook.pk, is_on=True).update(is_on=False, off_because=because):
            after = {"url": hook.url, "because": because}
            act.record("webhook.switched-off", hook, client_id=hook.client_id, after=after)


def switch_off_ended() -> int:
    """All of clients whose service is over (16-3), a job of the provider's; how many. They switch them on again who run it."""
    with scopes_disabled():  # Of all clients.
        found = list(Webhook.objects.filter(is_on=True, client__state=ServiceState.ENDED).select_related("client"))
    for each in found:
        with scope(client=each.client):
            switch_off(each, "the contract is over (16-3)", by=_BY)
    return len(found)


def body_of(kind: EventKind, at: float, data: dict[str, object]) -> str:
    """What a receiver reads. Of people it says nothing: who may know more asks the API by the ids."""
    when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": kind.value, "timestamp": when, "data": data}, separators=(",", ":"))


def _demand_address(url: str) -> None:
    """What a name leads to may change at any time: that is looked at with each connection."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
        host = parts.hostname or ""
    except ValueError:
        raise BadAddress("expected an address such as https://hooks.example.com/ecluse") from None
    is_plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= 500 and "\\" not in url
    if parts.scheme != "https" or parts.username is not None or parts.fragment or not is_plain or not port:
        raise BadAddress("expected an address such as https://hooks.example.com/ecluse")
    if not _may_be_public(host):
        raise BadAddress("this host cannot be reached from the Internet")


def _may_be_public(host: str) -> bool:
    try:
        return is_public_address(host)
    except ValueError:
        pass
    try:
        return "." in DomainName(host) and not host.rpartition(".")[2].isdecimal()
    except ValueError:
        return False


def _known(events: Collection[str]) -> list[str]:
    known = sorted(set(events) & (set(EventKind.values) - {EventKind.TEST.value}))
    if not known:
        raise Impossible("a webhook wants to be told at least one kind of event")
    return known


def _described(hook: Webhook) -> dict[str, object]:
    return {"url": hook.url, "events": hook.events, "is_on": hook.is_on}
