"""Limits of outbound mail in words: which there are, and how near each came."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.control.abuse.near_limits import ToldLimit
from ecluse.domain.limit_mark import Limited, LimitScope
from ecluse.domain.sending import DAY_S, HOUR_S, MINUTE_S

# By the names of `RateTable`.
LABELS = {
    "messages_per_minute": gettext_lazy("Messages a minute"),
    "messages_per_hour": gettext_lazy("Messages an hour"),
    "messages_per_day": gettext_lazy("Messages a day"),
    "recipients_per_minute": gettext_lazy("Recipients a minute"),
    "recipients_per_hour": gettext_lazy("Recipients an hour"),
    "recipients_per_day": gettext_lazy("Recipients a day"),
    "unknown_percent": gettext_lazy("Unknown recipients of a day, in a hundred"),
}
_WINDOWS = {MINUTE_S: "minute", HOUR_S: "hour", DAY_S: "day"}
_SCOPES = {LimitScope.DOMAIN: gettext_lazy("domain"), LimitScope.CLIENT: gettext_lazy("everybody")}


def in_words(limit: ToldLimit, now: float) -> dict[str, object]:
    """A line of a page."""
    return {
        "limit": limit,
        "scope": _SCOPES.get(LimitScope(limit.scope), ""),
        "label": _label(limit),
        "used": _used(limit),
        "is_over": limit.ends_at <= now,
    }


def _label(limit: ToldLimit) -> str | Promise:
    is_share = limit.what == Limited.UNKNOWN
    return LABELS["unknown_percent" if is_share else f"{limit.what}_per_{_WINDOWS[limit.window_s]}"]


def _used(limit: ToldLimit) -> str:
    values = {"count": limit.count, "most": limit.most, "of": limit.of}
    if limit.what == Limited.UNKNOWN:
        return _("%(count)d of %(of)d; at most %(most)d in a hundred") % values
    if limit.reached_at and limit.count < limit.most:
        return _("at least %(count)d of %(most)d") % values
    return _("%(count)d of %(most)d") % values
