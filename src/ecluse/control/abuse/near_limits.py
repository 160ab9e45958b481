"""Limits of outbound mail that are near or reached: seen by the client and by the provider for a week (3-9)."""

from __future__ import annotations

import time

from django_scopes import scopes_disabled

from ecluse.control.abuse.models import ToldLimit

__all__ = ["ToldLimit"]

MOST = 200
KEPT_S = 7 * 86_400.0  # After the window that they were told of.


def near_limits(*, now: float | None = None) -> list[ToldLimit]:
    """Of the open scope: first those whose window is not over, then the newest ones."""
    since = (time.time() if now is None else now) - KEPT_S
    return list(ToldLimit.objects.filter(ends_at__gt=since).select_related("client")[:MOST])


def near_limits_everywhere() -> list[ToldLimit]:
    """The same of all clients."""
    with scopes_disabled():  # The provider's own view.
        return near_limits()


def forget_limits(now: float) -> None:
    """Delete what nobody is shown any more. A job of the provider's."""
    with scopes_disabled():  # Of all clients.
        ToldLimit.objects.filter(ends_at__lte=now - KEPT_S).delete()
