"""Webhooks: where a client's programs want to be told what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.webhooks import queries, services
from ecluse.control.webhooks.queries import EventKind, Webhook
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.pages import or_404

router = Router(tags=["Webhooks"])

Url = Annotated[str, Field(max_length=500, pattern=r"^https://[!-~]+$", examples=["https://hooks.example.com/ecluse"])]
Events = Annotated[list[EventKind], Field(min_length=1, max_length=20)]


class WebhookOut(BaseModel):
    """A webhook, and how it fares."""

    id: int
    url: str
    events: list[str]
    is_on: bool
    off_because: str = Field(description='Why we switched it off; "" where we did not.')
    failing_since: datetime | None
    last_status: int = Field(description="0: nobody answered, or nothing was sent yet.")
    last_trouble: str
    told_at: datetime | None
    waiting: int = Field(description="Notices that are not taken yet.")


class WithSecret(BaseModel):
    """A webhook and its secret, which is told once."""

    webhook: WebhookOut
    secret: str = Field(description="Give it to the receiver: it verifies the header webhook-signature with it.")


class WebhookIn(BaseModel):
    """A new webhook."""

    model_config = ConfigDict(extra="forbid")
    url: Url
    events: Events


class WebhookChange(WebhookIn):
    """What it is from now on."""

    is_on: bool


@operation(router, "GET", "/webhooks", Permission.SEE_CLIENT)
def list_webhooks(call: Call, asked: Query[Asked]) -> Page[WebhookOut]:  # noqa: ARG001 - as all views
    """All webhooks."""
    return page_of(queries.webhooks(), asked, _webhook)


@operation(router, "POST", "/webhooks", Permission.CHANGE_WEBHOOKS, status=201)
def add_webhook(call: Call, body: WebhookIn) -> WithSecret:
    """A new webhook; what happens from now on is told."""
    hook, secret = services.add_webhook(call.client, body.url, body.events, by=call.by)
    return WithSecret(webhook=_webhook(hook), secret=secret)


@operation(router, "GET", "/webhooks/{int:webhook_id}", Permission.SEE_CLIENT)
def show_webhook(call: Call, webhook_id: int) -> WebhookOut:  # noqa: ARG001 - as all views
    """One webhook, and how it fares."""
    return _webhook(_find(webhook_id))


@operation(router, "PUT", "/webhooks/{int:webhook_id}", Permission.CHANGE_WEBHOOKS)
def change_webhook(call: Call, webhook_id: int, body: WebhookChange) -> WebhookOut:
    """Another address or choice of events; on or off. What happened while it was off is not told."""
    hook = _find(webhook_id)
    services.change_webhook(hook, body.url, body.events, is_on=body.is_on, by=call.by)
    return _webhook(hook)


@operation(router, "POST", "/webhooks/{int:webhook_id}/secret", Permission.CHANGE_WEBHOOKS)
def rotate_webhook_secret(call: Call, webhook_id: int) -> WithSecret:
    """A fresh secret; for a day the former one signs beside it."""
    hook = _find(webhook_id)
    secret = services.rotate_secret(hook, by=call.by)
    return WithSecret(webhook=_webhook(hook), secret=secret)


@operation(router, "POST", "/webhooks/{int:webhook_id}/test", Permission.CHANGE_WEBHOOKS, status=202)
def test_webhook(call: Call, webhook_id: int) -> WebhookOut:
    """Have it told that this is a test, within a minute."""
    hook = _find(webhook_id)
    services.send_test(hook, by=call.by)
    return _webhook(hook)


@operation(router, "DELETE", "/webhooks/{int:webhook_id}", Permission.CHANGE_WEBHOOKS, status=204)
def remove_webhook(call: Call, webhook_id: int) -> None:
    """It is told nothing from now on."""
    services.remove_webhook(_find(webhook_id), by=call.by)


def _find(webhook_id: int) -> Webhook:
    return or_404(queries.find_webhook(webhook_id))


def _webhook(row: Webhook) -> WebhookOut:
    return WebhookOut(
        id=row.pk,
        url=row.url,
        events=row.events,
        is_on=row.is_on,
        off_because=row.off_because,
        failing_since=row.failing,
        last_status=row.last_status,
        last_trouble=row.last_trouble,
        told_at=row.told,
        waiting=queries.waiting(row),
    )
