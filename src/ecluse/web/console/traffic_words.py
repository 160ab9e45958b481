"""Traffic as the dashboard shows it: figures, sentences and charts."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ecluse.control.accounts.queries import Client
from ecluse.control.mail import held
from ecluse.control.mail.traffic import Share, Traffic, traffic_of
from ecluse.domain.errors import Unavailable
from ecluse.web.backends import backends
from ecluse.web.charts import Series, StackedBars

_DAY_S = 86_400.0
SHARES = {
    Share.DELIVERED: gettext_lazy("Delivered"),
    Share.NEWSLETTERS: gettext_lazy("Newsletters"),
    Share.HELD: gettext_lazy("Kept aside"),
    Share.DEFERRED: gettext_lazy("Put off"),
    Share.UNDELIVERED: gettext_lazy("Not taken by your server"),
    Share.REFUSED: gettext_lazy("Refused"),
}


@dataclass(frozen=True, slots=True)
class TrafficInWords:
    """For the template; `released` is None where that is not known."""

    traffic: Traffic
    released: int | None

    @property
    def stopped(self) -> float:
        """Percent of what came that was refused, kept aside or put off."""
        return _percent(self.traffic.of(Share.REFUSED, Share.HELD, Share.DEFERRED), self.traffic.total)

    @property
    def newsletters(self) -> int:
        """How many were delivered as such."""
        return self.traffic.of(Share.NEWSLETTERS)

    @property
    def taken_at_once(self) -> float:
        """Percent of what was accepted that the client's server took while the sender waited."""
        accepted = self.traffic.of(Share.DELIVERED, Share.NEWSLETTERS, Share.UNDELIVERED)
        return _percent(accepted - sum(self.traffic.waited), accepted)

    @property
    def released_share(self) -> float:
        """Percent of all verdicts: what the contract calls false positives (1-9)."""
        return _percent(self.released or 0, self.traffic.total)

    @property
    def received(self) -> StackedBars:
        """By what became of it; what never happened has no colour."""
        shown = [share for share in Share if sum(self.traffic.received[share])]
        series = [Series(f"chart-{share}", str(SHARES[share]), self.traffic.received[share]) for share in shown]
        return StackedBars(self.traffic.days, tuple(series))

    @property
    def sent(self) -> StackedBars | None:
        """None where nothing was sent."""
        if not sum(self.traffic.sent):
            return None
        return StackedBars(self.traffic.days, (Series("chart-sent", _("Mail sent"), self.traffic.sent),))

    @property
    def waited(self) -> StackedBars | None:
        """None where nothing had to wait."""
        if not sum(self.traffic.waited):
            return None
        return StackedBars(self.traffic.days, (Series("chart-deferred", _("Had to wait"), self.traffic.waited),))

    @property
    def waited_words(self) -> str:
        """What the last chart says."""
        days = sum(1 for count in self.traffic.waited if count)
        said = ngettext(
            "On %(days)d day your mail server did not take all mail at once. We kept it and brought it later.",
            "On %(days)d days your mail server did not take all mail at once. We kept it and brought it later.",
            days,
        )
        return said % {"days": days}


def traffic_in_words(client: Client, days: int, now: float) -> TrafficInWords | None:
    """Of the last so many days; None while the log is away: the rest of the page is there all the same."""
    try:
        traffic = traffic_of(backends().message_log(), client.name, days, now)
    except Unavailable:
        return None
    return TrafficInWords(traffic, released_of(days, now))


def released_of(days: int, now: float) -> int | None:
    """How many of the last so many days that were refused or held as spam were released; None where that is not known."""
    if days > held.KEPT_DAYS:
        return None
    return held.copies(held.Search(category="Q", since=now - days * _DAY_S, states=held.RELEASED)).count()


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 0.0
