"""How a client's mail fares, in words: what servers object to, and what to change."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ecluse.control.abuse.complainers import complaints_since
from ecluse.control.abuse.locks import locks_of_client
from ecluse.control.accounts.queries import Client
from ecluse.control.mail.deliveries import Deliveries, Destination, Outcome, deliveries_of
from ecluse.control.operation.nodes import sending_addresses
from ecluse.control.signing.life import KeyState
from ecluse.control.signing.reported import Reported, Reporter, Source, TlsTrouble, reported
from ecluse.control.signing.services import living_keys
from ecluse.control.signing.watch import Watched, watched
from ecluse.control.suppression.queries import suppressed
from ecluse.control.tenants.queries import Domain, proven_domains
from ecluse.domain.answer_class import AnswerClass
from ecluse.domain.errors import Unavailable
from ecluse.web.backends import backends
from ecluse.web.charts import Series, StackedBars
from ecluse.web.console.reported_words import advice_of, kind_words, reason_of, whose
from ecluse.wire.dkim.publishing import Standing

MOST_DOMAINS = 20
_DAY_S = 86_400.0
_MANY_UNKNOWN = 2.0  # Percent of all recipients; large providers begin to mind at about that.
_COLOURS = {Outcome.TAKEN: "delivered", Outcome.WAITING: "deferred", Outcome.LOST: "undelivered"}
OUTCOMES = {
    Outcome.TAKEN: gettext_lazy("Delivered"),
    Outcome.WAITING: gettext_lazy("Put off, or on its way"),
    Outcome.LOST: gettext_lazy("Not delivered"),
}
REASONS: Mapping[AnswerClass, str | Promise] = MappingProxyType(
    {
        AnswerClass.UNKNOWN: gettext_lazy("recipient unknown"),
        AnswerClass.NO_DOMAIN: gettext_lazy("domain takes no mail"),
        AnswerClass.FULL: gettext_lazy("mailbox full"),
        AnswerClass.UNPROVEN: gettext_lazy("sender not proven (SPF, DKIM, DMARC)"),
        AnswerClass.LISTED: gettext_lazy("our address has a bad name there"),
        AnswerClass.TOO_FAST: gettext_lazy("too much at once"),
        AnswerClass.TOO_LARGE: gettext_lazy("message too large"),
        AnswerClass.UNWANTED: gettext_lazy("taken for spam, or against a rule"),
        AnswerClass.AWAY: gettext_lazy("no answer"),
        AnswerClass.OTHER: gettext_lazy("something else"),
    }
)
_ADVICE: Mapping[AnswerClass, str | Promise] = MappingProxyType(
    {
        AnswerClass.UNPROVEN: gettext_lazy(
            "Servers do not find your mail proven. Put the records below into the DNS, and let no other service send in your name without them."
        ),
        AnswerClass.LISTED: gettext_lazy(
            "Servers hold something against the address that we send from. We watch the large lists; tell us if it lasts."
        ),
        AnswerClass.TOO_FAST: gettext_lazy(
            "Some servers find it too much at once: send large mailings over several hours."
        ),
        AnswerClass.UNWANTED: gettext_lazy(
            "Some servers take your mail for spam. Write to those who asked for it, and let them end it with one click (List-Unsubscribe)."
        ),
    }
)


@dataclass(frozen=True, slots=True)
class DomainState:
    """What the DNS has of one sending domain, as it was found last."""

    domain: Domain
    signs: bool
    records: tuple[Watched, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The purposes whose record is not there, or another one."""
        bad = (Standing.MISSING, Standing.OTHER)
        return tuple(
            each.proposal.purpose.value.upper() for each in self.records if each.found and each.found.standing in bad
        )


@dataclass(frozen=True, slots=True)
class Deliverability:
    """All that the page and the API show."""

    deliveries: Deliveries | None  # None: the log does not answer.
    domains: tuple[DomainState, ...]
    complaints: int
    suppressed: int
    locked: int
    reported: Reported

    @property
    def sources(self) -> list[tuple[Source, str]]:
        """Who sent in the client's name, by the reports of others."""
        return [(each, whose(each)) for each in self.reported.sources]

    @property
    def troubles(self) -> list[tuple[TlsTrouble, str]]:
        """Why sessions to the client's domains failed."""
        return [(each, reason_of(each)) for each in self.reported.troubles]

    @property
    def reporters(self) -> list[tuple[Reporter, str]]:
        """Who reports."""
        return [(each, kind_words(each.kind)) for each in self.reported.reporters]

    @property
    def chart(self) -> StackedBars | None:
        """By day; None where nothing was sent."""
        found = self.deliveries
        if found is None or not any(map(sum, found.by_day.values())):
            return None
        series = (Series(f"chart-{_COLOURS[each]}", str(OUTCOMES[each]), found.by_day[each]) for each in Outcome)
        return StackedBars(found.days, tuple(series))

    @property
    def rows(self) -> list[tuple[Destination, list[float], str]]:
        """Destinations with their shares, and what was objected to, most often first."""
        destinations = self.deliveries.destinations if self.deliveries else ()
        return [(each, [each.percent(one) for one in Outcome], _reasons(each)) for each in destinations]

    @property
    def advice(self) -> list[str]:
        """What to change, the most urgent first."""
        own = [*self._of_locks(), *self._of_domains(), *self._of_answers(), *self._of_complaints()]
        return [*own, *advice_of(self.reported)]

    def _of_locks(self) -> Iterator[str]:
        if self.locked:
            said = ngettext(
                "%(count)d sender is locked: see Locked senders.",
                "%(count)d senders are locked: see Locked senders.",
                self.locked,
            )
            yield said % {"count": self.locked}

    def _of_domains(self) -> Iterator[str]:
        for each in self.domains:
            names = {"domain": each.domain.name, "records": ", ".join(each.missing)}
            if not each.signs:
                yield (
                    _("Mail of %(domain)s is not signed: make keys on its page Sending, and put them into the DNS.")
                    % names
                )
            if each.missing:
                yield (
                    _("Records of %(domain)s that are not as they should be: %(records)s. Its page Sending has them.")
                    % names
                )

    def _of_answers(self) -> Iterator[str]:
        whole = self.deliveries.whole if self.deliveries else Destination("")
        if whole.total and 100.0 * whole.reasons[AnswerClass.UNKNOWN] / whole.total >= _MANY_UNKNOWN:
            yield _(
                "Many recipients are not there. Take them out of your lists: Suppressed recipients has who they are."
            )
        yield from (str(said) for reason, said in _ADVICE.items() if whole.reasons[reason])

    def _of_complaints(self) -> Iterator[str]:
        if self.complaints:
            said = ngettext(
                "%(count)d complaint about your mail came in these days. Who complains gets no more of it.",
                "%(count)d complaints about your mail came in these days. Who complains gets no more of it.",
                self.complaints,
            )
            yield said % {"count": self.complaints}


def deliverability_of(client: Client, days: int) -> Deliverability:
    """Of the last so many days. In the client's scope."""
    now = time.time()
    try:
        deliveries = deliveries_of(backends().message_log(), client.name, days, now)
    except Unavailable:
        deliveries = None
    return Deliverability(
        deliveries,
        tuple(map(_state, proven_domains()[:MOST_DOMAINS])),
        complaints_since(now - days * _DAY_S),
        suppressed().count(),
        len(locks_of_client(now=now)),
        reported(now - days * _DAY_S, sending_addresses()),
    )


def _state(domain: Domain) -> DomainState:
    signs = any(key.state == KeyState.ACTIVE for key in living_keys(domain))
    return DomainState(domain, signs, tuple(watched(domain)))


def _reasons(destination: Destination) -> str:
    return ", ".join(f"{REASONS[reason]} ({count})" for reason, count in destination.reasons.most_common(3))
