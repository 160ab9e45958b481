"""Rates of wrong verdicts as pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.control.accounts.queries import Client
from ecluse.control.mail.rates import Party, Rates, Share, Window, rates_of
from ecluse.control.sla.figures import VirusWeek
from ecluse.control.sla.virus_weeks import VirusFigures, virus_figures
from ecluse.domain.errors import Unavailable
from ecluse.web.backends import backends

PARTIES: Mapping[str, str | Promise] = {
    Party.BOTH: gettext_lazy("Both parties agree"),
    Party.CLIENT: gettext_lazy("Your figure"),
    Party.PROVIDER: gettext_lazy("The provider's figure"),
}
MANY = 30  # Wrong verdicts: from so many on, the figure speaks for itself.


@dataclass(frozen=True, slots=True)
class ShareInWords:
    """One rate, for templates."""

    share: Share

    @property
    def is_few(self) -> bool:
        """Whether chance has a great part in it: then the interval stands beside."""
        return self.share.whole > 0 and self.share.wrong < MANY

    @property
    def low(self) -> float:
        """Percent."""
        return self.share.interval[0]

    @property
    def high(self) -> float:
        """Percent."""
        return self.share.interval[1]


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of wrong verdicts, of one party."""

    party: str
    last: ShareInWords
    worst: ShareInWords
    worst_week: Window
    counts: bool  # For the contract.


def rates_in_words(client: Client, days: int, now: float) -> dict[Party, Rates] | None:
    """None while the log is away."""
    try:
        return rates_of(backends().message_log(), client, days, now)
    except Unavailable:
        return None


def virus_figures_in_words(client: Client, days: int, now: float) -> Mapping[Party, VirusFigures] | None:
    """None while the log is away."""
    try:
        return virus_figures(backends().message_log(), client, days, now)
    except Unavailable:
        return None


def virus_lines(found: Mapping[Party, VirusFigures]) -> list[tuple[str, VirusWeek, VirusWeek, bool]]:
    """Of each party: the last week, the worst one, and whether it counts for the contract."""
    return [(str(PARTIES[party]), each.last, each.worst, party is Party.BOTH) for party, each in found.items()]


def tables(rates: dict[Party, Rates]) -> list[tuple[str, str, list[Line]]]:
    """A heading, what is promised, and a line for each party."""
    return [
        (_("Legitimate, wrongly blocked (false positives)"), _("below 0.01 %"), [_blocked(*each) for each in rates.items()]),
        (_("Spam, wrongly delivered (false negatives)"), _("below 0.5 %"), [_passed(*each) for each in rates.items()]),
    ]  # fmt: skip


def _blocked(party: Party, rates: Rates) -> Line:
    worst = rates.most_blocked
    return _line(party, rates.last.false_positives, worst.false_positives, worst)


def _passed(party: Party, rates: Rates) -> Line:
    worst = rates.most_passed
    return _line(party, rates.last.false_negatives, worst.false_negatives, worst)


def _line(party: Party, last: Share, worst: Share, week: Window) -> Line:
    return Line(str(PARTIES[party]), ShareInWords(last), ShareInWords(worst), week, counts=party is Party.BOTH)
