"""The effect of other wishes, in people's languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext_lazy

from ecluse.control.mail.effect import Effect, Moved, Treatment
from ecluse.filtering import rejudging

TREATMENTS = {
    Treatment.DELIVER: gettext_lazy("delivered"),
    Treatment.TAG: gettext_lazy("delivered with a mark"),
    Treatment.HOLD: gettext_lazy("kept aside"),
    Treatment.DEFER: gettext_lazy("put off"),
    Treatment.REFUSE: gettext_lazy("refused"),
}
COLOURS = {
    Treatment.DELIVER: "success",
    Treatment.TAG: "success",
    Treatment.HOLD: "secondary",
    Treatment.DEFER: "warning",
    Treatment.REFUSE: "danger",
}
UNKNOWN = {
    rejudging.NO_EVIDENCE: gettext_lazy("nothing was kept of why it was judged so"),
    rejudging.NO_POLICY: gettext_lazy("its domain is no longer yours"),
    rejudging.NOT_PUBLISHED: gettext_lazy("its domain is no longer yours"),
    rejudging.OTHER_RELEASE: gettext_lazy("judged by another release of the filter"),
    rejudging.MORE_SUFFIXES: gettext_lazy("the names of attachments are not kept, so new file types cannot be tried"),
    rejudging.GREYLISTING: gettext_lazy("whether its sender would have come again cannot be known (greylisting)"),
    rejudging.SEALERS: gettext_lazy(
        "what forwarders vouched for is not kept, so other trusted forwarders cannot be tried"
    ),
    rejudging.PROTECTED_NAMES: gettext_lazy("the domains in the text are not kept, so new partners cannot be tried"),
}


@dataclass(frozen=True, slots=True)
class EffectInWords:
    """For the template."""

    effect: Effect

    @property
    def since(self) -> datetime:
        """The oldest that was looked at."""
        return datetime.fromtimestamp(self.effect.since, UTC)

    @property
    def moves(self) -> Iterator[dict[str, object]]:
        """The most frequent first."""
        for (was, would_be), count in self.effect.moves.most_common():
            yield {**_words(was, would_be), "count": count}

    @property
    def named(self) -> Iterator[dict[str, object]]:
        """The newest first."""
        for each in self.effect.named:
            yield {**_words(each.was, each.would_be), "moved": each, "at": _at(each)}

    @property
    def unknown(self) -> Iterator[tuple[object, int]]:
        """Why it is unknown of how many."""
        for reason, count in self.effect.unknown.most_common():
            yield UNKNOWN[reason], count


def _words(was: Treatment, would_be: Treatment) -> dict[str, object]:
    return {"was": TREATMENTS[was], "would_be": TREATMENTS[would_be], "colour": COLOURS[would_be]}


def _at(moved: Moved) -> datetime:
    return datetime.fromtimestamp(moved.row.at, UTC)
