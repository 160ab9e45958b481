"""The provider changes terms, prices or its service: all clients in force are told, and may leave where it is to their disadvantage (3-8).

Published once, never changed. Each owner of each client gets one letter; the page of the contract shows it from the first
moment. New terms hold for a contract from the effective day on (`apply_due`); new prices with its renewal. A client may leave
from the moment it is told until a month after the change took effect, or after it was told, whichever is later (6-11).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

import structlog
from django.db.models import QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.queries import User, people_in
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.letters import Steps, send_once
from ecluse.control.attempts.rows import for_each, ready
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.contracts.catalogue import newest_prices, newest_terms, prices_before, terms_before
from ecluse.control.contracts.models import ChangeLetter, ChangeNotice, Contract, PriceList, TermsOfSale, ToldChange
from ecluse.control.contracts.moves import note_change
from ecluse.control.contracts.refund_requests import Cause, Event, RefundRequest, ask_refund, is_in_time
from ecluse.control.contracts.states import IN_FORCE
from ecluse.control.contracts.terms import last_day_of_month
from ecluse.domain.errors import Impossible
from ecluse.wire.html.invisible import without_invisible

__all__ = ["ChangeNotice", "ToldChange"]

log = structlog.get_logger()

MAX_TITLE = 100
MAX_TEXT = 20_000  # Characters.
LAST_DAY = date(2999, 12, 31)  # On which one may take effect: the months after it are counted.
_TELL = "tell of a change"
AT_ONCE = 100  # Letters that one look takes up.
_BY = Actor(ActorKind.JOB, "contracts")


class NoRight(Impossible):
    """The change is not to the client's disadvantage: it gives no right to leave (3-8)."""


class SaysNothing(Impossible):
    """A text of a change is blank, or nothing of it can be seen."""

    def __init__(self, field: str) -> None:
        super().__init__("a change has a title, and says what changes in French and in English")
        self.field = field  # Of `ChangeTerms`.


@dataclass(frozen=True, slots=True)
class ChangeTerms:
    """What is to be said. At least one of terms, prices and text says what changes."""

    title: str
    text_fr: str
    text_en: str
    is_unfavourable: bool
    effective_on: date
    old_terms: TermsOfSale | None = None
    new_terms: TermsOfSale | None = None
    old_prices: PriceList | None = None
    new_prices: PriceList | None = None


@dataclass(frozen=True, slots=True)
class ChangeNews:
    """One letter."""

    recipient: str
    language: str
    contract: Contract
    notice: ChangeNotice


def with_newest(said: ChangeTerms, *, terms: bool, prices: bool) -> ChangeTerms:
    """The same, and that the newest terms of sale, or price list, take the place of the one before."""
    new_terms, new_prices = newest_terms() if terms else None, newest_prices() if prices else None
    return replace(
        said,
        old_terms=terms_before(new_terms) if new_terms else None,
        new_terms=new_terms,
        old_prices=prices_before(new_prices) if new_prices else None,
        new_prices=new_prices,
    )


def publish_change(said: ChangeTerms, *, by: Actor) -> ChangeNotice:
    """All contracts in force are told. Raises `SaysNothing` for what says nothing in one of both languages."""
    for field in ("title", "text_fr", "text_en"):
        if not without_invisible(getattr(said, field))[0].strip():
            raise SaysNothing(field)
    title = said.title.strip()[:MAX_TITLE]
    texts = [text.replace("\r\n", "\n").strip() for text in (said.text_fr, said.text_en)]
    if any(len(text) > MAX_TEXT for text in texts):
        raise Impossible(f"a text has {MAX_TEXT} characters at most")
    with change(by=by) as act:
        row = ChangeNotice.objects.create(
            made_at=act.at,
            made_by=str(by),
            title=title,
            text_fr=texts[0],
            text_en=texts[1],
            is_unfavourable=said.is_unfavourable,
            effective_on=said.effective_on,
            old_terms=said.old_terms,
            new_terms=said.new_terms,
            old_prices=said.old_prices,
            new_prices=said.new_prices,
        )
        act.record("change-notice.published", row, after={"title": title, "effective_on": str(said.effective_on)})
        _tell_all(act, row)
        return row


def send_letters(now: datetime, send: Callable[[ChangeNews], None]) -> int:
    """Write to each owner once; how many letters went. Over all clients.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    with scopes_disabled():  # A job of the provider's.
        waiting = ready(_TELL, ChangeLetter.objects.filter(sent_at=None, refused_at=None).order_by("pk"), now)
        letters = list(waiting.select_related("client", "user", "told__notice", "told__contract")[:AT_ONCE])

    def send_one(letter: ChangeLetter) -> bool:
        with scope(client=letter.client):
            return _is_sent(letter, now, send)

    return for_each(_TELL, letters, send_one, now)


def apply_due(now: datetime) -> int:
    """Contracts are under new terms from the effective day on; how many. A job of the provider's."""
    with scopes_disabled():  # Contracts of all clients.
        open_ones = ToldChange.objects.filter(applied_at=None, notice__new_terms__isnull=False)
        found = list(open_ones.filter(contract__state__in=IN_FORCE).select_related("notice", "contract__client"))

    def apply(told: ToldChange) -> bool:
        if told.notice.effective_on > now.astimezone(told.contract.zone).date():
            return False
        with scope(client=told.contract.client):
            return _is_applied(told)

    in_order = sorted(found, key=lambda told: (told.notice.effective_on, told.pk))
    return for_each("apply a change", in_order, apply, now)


def event_of(told: ToldChange) -> Event:
    """What gives the right to leave."""
    notice = told.notice
    known_on = notice.made_at.astimezone(told.contract.zone).date()
    return Event(Cause.CHANGE, f"change-notice:{notice.pk}", max(notice.effective_on, told.told_on), known_on)


def may_leave(told: ToldChange, today: date) -> bool:
    """Whether the client may leave for it on that day: it is in force, has not left, and is in time."""
    contract = told.contract
    is_open = contract.state in IN_FORCE and not contract.refund_requests.exists()
    return told.notice.is_unfavourable and is_open and is_in_time(event_of(told), today)


def leave(told: ToldChange, *, leaves_on: date, by: Actor) -> RefundRequest:
    """The client leaves for this change. Raises `NoRight`, and as `ask_refund` does."""
    if not told.notice.is_unfavourable:
        raise NoRight("this change is not to the client's disadvantage")
    return ask_refund(told.contract, event_of(told), leaves_on=leaves_on, by=by)


def notices() -> QuerySet[ChangeNotice]:
    """All of them, the newest first."""
    return ChangeNotice.objects.select_related("old_terms", "new_terms", "old_prices", "new_prices")


def find_notice(pk: int) -> ChangeNotice | None:
    """One of them."""
    return ChangeNotice.objects.select_related("old_terms", "new_terms").filter(pk=pk).first()


def told_of_all(notice: ChangeNotice) -> list[ToldChange]:
    """Whom it concerns, for the provider."""
    with scopes_disabled():  # The provider's own list.
        rows = ToldChange.objects.filter(notice=notice).select_related("contract__client")
        return list(rows.prefetch_related("letters", "contract__refund_requests").order_by("pk"))


def letters_of(told: ToldChange) -> list[ChangeLetter]:
    """Of `told_of_all`."""
    return list(told.letters.all())


def leavers(told: ToldChange) -> list[RefundRequest]:
    """Of `told_of_all`: who leaves for this change; one at most."""
    source = event_of(told).source
    return [each for each in told.contract.refund_requests.all() if each.source == source]


def last_day(told: ToldChange) -> date:
    """On which the client may ask to leave (6-11)."""
    return last_day_of_month(event_of(told).on)


def told_to(contract: Contract) -> list[ToldChange]:
    """What this client was told of, the newest first. In its scope."""
    return list(contract.changes.select_related("notice__old_terms", "notice__new_terms", "contract__client"))


def find_told(contract: Contract, pk: int) -> ToldChange | None:
    """One of those."""
    return next((each for each in told_to(contract) if each.pk == pk), None)


def _tell_all(act: Change, notice: ChangeNotice) -> None:
    with scopes_disabled():  # A change of the provider's concerns everybody.
        rows = list(Contract.objects.filter(state__in=IN_FORCE).select_related("client").order_by("pk"))
    for contract in rows:
        with scope(client=contract.client):
            today = act.at.astimezone(contract.zone).date()
            told = ToldChange.objects.create(
                client_id=contract.client_id, contract=contract, notice=notice, told_on=today
            )
            ChangeLetter.objects.bulk_create(
                ChangeLetter(client_id=contract.client_id, told=told, user=each) for each in _owners(contract)
            )
            note_change(act, contract, "change-told", notice.title)


def _owners(contract: Contract) -> list[User]:
    return list(people_in((Role.OWNER,), contract.client))


def _is_sent(letter: ChangeLetter, now: datetime, send: Callable[[ChangeNews], None]) -> bool:
    rows = ChangeLetter.objects.filter(pk=letter.pk)
    told, user = letter.told, letter.user
    news = ChangeNews(user.email, user.language or letter.client.language, told.contract, told.notice)

    def note() -> None:
        rows.update(sent_at=now)
        day = now.astimezone(told.contract.zone).date()
        ToldChange.objects.filter(pk=told.pk, told_on__lt=day).update(told_on=day)

    def note_refusal() -> None:
        rows.update(refused_at=now)
        log.error("change not told", contract=told.contract.reference)

    is_due = rows.filter(sent_at=None, refused_at=None).exists
    return send_once(_TELL, letter, Steps(is_due, lambda: send(news), note, note_refusal), now)


def _is_applied(told: ToldChange) -> bool:
    """In their order: where one that came before was put off, its terms would else replace those of a later day."""
    notice, of_contract = told.notice, ToldChange.objects.filter(contract=told.contract_id, applied_at=None)
    with change(by=_BY) as act:
        first = of_contract.filter(notice__new_terms__isnull=False).order_by("notice__effective_on", "pk").first()
        if first != told or not of_contract.filter(pk=told.pk).update(applied_at=act.at):
            return False
        Contract.objects.filter(pk=told.contract_id).update(terms=notice.new_terms)
        name = notice.new_terms.name if notice.new_terms else ""
        note_change(act, told.contract, "terms-changed", f"{name} ({notice.title})")
        return True
