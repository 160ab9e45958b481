"""The ladder that an unpaid invoice climbs: reminder, formal notice, suspension, termination (6-9, 6-10).

A job proposes each rung once its days have gone by. A reminder goes by itself; every other waits for a person. What was paid
in between climbs no further, and lifts the suspension. What goes to where a client wants its invoices goes besides to the address
elsewhere that it has named (`contracts/notice_address.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import structlog
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.letters import Steps, send_once
from ecluse.control.attempts.rows import for_each, key_of, ready
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.billing.advances import in_advance
from ecluse.control.billing.invoice_days import is_terminable
from ecluse.control.billing.invoices import balance, due_day
from ecluse.control.billing.late_claims import accrued
from ecluse.control.billing.models import Invoice, Notice, NoticeKind, NoticePaper
from ecluse.control.billing.queries import Standing, late_invoices, left_of, standing_of
from ecluse.control.billing.registers import newest_buyer, newest_seller, read_buyer, read_seller
from ecluse.control.contracts import life
from ecluse.control.contracts.models import Contract, Move
from ecluse.control.contracts.notice_address import notice_address
from ecluse.control.contracts.states import IN_FORCE, ContractState, Step
from ecluse.control.contracts.terms import PARIS
from ecluse.domain.errors import Impossible

__all__ = [
    "GRACE_DAYS",
    "LADDER",
    "Notice",
    "NoticeKind",
    "Told",
    "approve",
    "climb",
    "decline",
    "lift_paid",
    "tell_due",
    "tell_elsewhere",
]

log = structlog.get_logger()

GRACE_DAYS = 8  # Within which a formal notice asks for the money.
AT_ONCE = 100
_TELL, _COPY = "tell of late payment", "tell of late payment elsewhere"
_BY = Actor(ActorKind.JOB, "dunning")


@dataclass(frozen=True, slots=True)
class Rung:
    """When it is proposed: so many days after the invoice was due, and so many after the rung before it was taken."""

    kind: NoticeKind
    days_late: int
    days_after: int
    states: tuple[ContractState, ...] = ()  # Of the contract, for which it is one; () for any.


_BY_NOTICE = (NoticeKind.SUSPENSION, NoticeKind.TERMINATION)  # 6-9, 6-10: who was not warned is not cut off.
_SERVED = (ContractState.ACTIVE, ContractState.NOTICE)
LADDER = (
    Rung(NoticeKind.REMINDER, days_late=3, days_after=0),
    Rung(NoticeKind.FORMAL_NOTICE, days_late=6, days_after=3),
    Rung(NoticeKind.SUSPENSION, days_late=7, days_after=1, states=_SERVED),
    Rung(NoticeKind.TERMINATION, days_late=16, days_after=1, states=IN_FORCE),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What one client is told of one invoice."""

    kind: NoticeKind
    recipient: str
    language: str
    client_id: int
    contract: str
    reference: str
    dated: date
    due: date
    left: Decimal
    penalties: Decimal | None  # Until today; None where the key rate is not known.
    letter: str  # The reference of the registered one; "" where none went.
    pay_until: date  # Of a formal notice.
    seller: str
    iban: str


def climb(now: datetime) -> int:
    """Propose what is due, and drop what was paid; how many were proposed. A job of the provider's, over all clients."""
    _drop_paid(now)
    day = now.astimezone(PARIS).date()

    def climb_one(standing: Standing) -> bool:
        with scope(client=standing.invoice.client):
            return _is_climbed(standing, now)

    return for_each("climb the ladder", late_invoices(day), climb_one, now, name=lambda late: key_of(late.invoice))


def approve(notice: Notice, letter: str, *, by: Actor) -> None:
    """A person's yes: what it says happens, and its client is told. `letter` is the reference of a registered one, or "".

    Raises `Impossible` where it was answered, all is paid or lies there in advance, or the contract is not where that can be done.
    """
    with change(by=by) as act:
        row = _waiting(notice)
        if balance(row.invoice) <= in_advance():
            raise Impossible("it is paid, or would be out of the client's advance")
        row.approved_at, row.approved_by, row.letter, row.refused_at = act.at, str(by), letter.strip()[:100], None
        row.save(update_fields=["approved_at", "approved_by", "letter", "refused_at"])
        _do(act, row)
        _record(act, row, "approved", letter=row.letter)
    notice.refresh_from_db()


def decline(notice: Notice, why: str, *, by: Actor) -> None:
    """A person's no: that invoice climbs no further. Raises `Impossible` without a reason, and where it was answered."""
    if not why.strip():
        raise Impossible("a reason is missing")
    with change(by=by) as act:
        row = _waiting(notice)
        row.declined_at, row.declined_why = act.at, why.strip()[:300]
        row.save(update_fields=["declined_at", "declined_why"])
        _record(act, row, "declined", why=row.declined_why)
    notice.refresh_from_db()


def tell_due(now: datetime, send: Callable[[Told], None]) -> int:
    """Tell clients of what was approved, each once; how many. A job of the provider's.

    `send` raises `Unavailable`: then it is told later; `Refused`: then somebody must look at the address first.
    """
    with scopes_disabled():  # Notices of all clients.
        due = Notice.objects.filter(approved_at__isnull=False, sent_at=None, refused_at=None, dropped_at=None)
        due = due.select_related("client", "invoice__contract", "invoice__seller", "invoice__buyer")
        found = list(ready(_TELL, due, now)[:AT_ONCE])

    def tell(notice: Notice) -> bool:
        with scope(client=notice.client):
            return _is_told(notice, now, send)

    return for_each(_TELL, found, tell, now)


def tell_elsewhere(now: datetime, send: Callable[[Told], None]) -> int:
    """The same to the addresses that clients have named besides, each once, after `tell_due`; how many. `send`: as there."""
    with scopes_disabled():  # Notices of all clients.
        due = Notice.objects.exclude(copy_to="").filter(copied_at=None, copy_refused_at=None)
        due = due.select_related("client", "invoice__contract", "invoice__seller", "invoice__buyer")
        found = list(ready(_COPY, due, now)[:AT_ONCE])

    def tell(notice: Notice) -> bool:
        with scope(client=notice.client):
            return _is_copied(notice, now, send)

    return for_each(_COPY, found, tell, now)


def lift_paid(now: datetime) -> int:
    """Serve again those who were suspended for what they have paid since; how many (6-9). A job of the provider's."""
    with scopes_disabled():  # Notices of all clients.
        open_ones = Notice.objects.filter(kind=NoticeKind.SUSPENSION, approved_at__isnull=False, lifted_at=None)
        asked = list(open_ones.select_related("client", "invoice__contract"))
        left = left_of(_of(open_ones))
    found = [each for each in asked if left[each.invoice_id] <= 0]

    def lift(notice: Notice) -> bool:
        with scope(client=notice.client):
            return balance(notice.invoice) <= 0 and _is_lifted(notice, now)

    return for_each("lift a suspension", found, lift, now)


def notices_waiting(day: date) -> list[tuple[Notice, Standing]]:
    """For the provider: proposals that nobody has answered, and how their invoices stand."""
    with scopes_disabled():  # The provider's own list.
        rows = Notice.objects.filter(approved_at=None, declined_at=None, dropped_at=None)
        papers = Prefetch("papers", NoticePaper.objects.defer("body"))
        found = rows.select_related("client", "invoice").prefetch_related(papers)
        return [(each, standing_of(each.invoice, day)) for each in found]


def find_notice(pk: int) -> Notice | None:
    """Of the scope's client."""
    return Notice.objects.select_related("invoice__contract").filter(pk=pk).first()


def told_today(notice: Notice) -> Told | None:
    """What its client would be told of it now; None while it is not known when the invoice was due. In its client's scope."""
    return _told(notice, timezone.now().astimezone(PARIS).date())


def _drop_paid(now: datetime) -> None:
    """What nobody was told of yet: nothing is left to pay. It comes back when what was paid is taken back."""
    with scopes_disabled():  # A job of the provider's.
        untold = Notice.objects.filter(declined_at=None, sent_at=None, lifted_at=None)
        answered = untold.exclude(approved_at__isnull=False, refused_at__isnull=False)
        # Whose contract is over is told so, whatever was paid since.
        open_ones = answered.exclude(approved_at__isnull=False, kind=NoticeKind.TERMINATION)
        asked = list(open_ones.select_related("client"))
        left = left_of(_of(open_ones))
    for each in asked:
        is_paid = left[each.invoice_id] <= 0
        if is_paid != (each.dropped_at is not None):
            with scope(client=each.client):
                Notice.objects.filter(pk=each.pk, sent_at=None).update(dropped_at=now if is_paid else None)


def _of(notices: QuerySet[Notice]) -> QuerySet[Invoice]:
    return Invoice.objects.filter(pk__in=notices.order_by().values("invoice"))


def _is_climbed(standing: Standing, now: datetime) -> bool:
    invoice, day = standing.invoice, standing.day
    taken = {NoticeKind(each.kind): each for each in invoice.notices.all()}
    rung = next((each for each in LADDER if each.kind not in taken and _is_for(each, invoice.contract)), None)
    if rung is None or standing.due is None or day < standing.due + timedelta(days=rung.days_late):
        return False
    if not _has_rested(rung, taken, day) or standing.left <= in_advance():  # Who has paid already is not asked again.
        return False
    with change(by=_BY) as act:
        is_by_itself = rung.kind is NoticeKind.REMINDER
        values = {"client_id": invoice.client_id, "proposed_at": now, "approved_at": now if is_by_itself else None}
        row, is_new = Notice.objects.get_or_create(invoice=invoice, kind=rung.kind, defaults=values)
        if is_new:
            _record(act, row, "proposed")
    return is_new


def _is_for(rung: Rung, contract: Contract | None) -> bool:
    return not rung.states or (contract is not None and contract.state in rung.states)


def _has_rested(rung: Rung, taken: Mapping[NoticeKind, Notice], day: date) -> bool:
    """Whether all rungs before it were taken, the last of them long enough ago."""
    days = {kind: _taken_on(each) for kind, each in taken.items()}
    rested = [each for each in days.values() if each is not None]
    if len(rested) < len(days):
        return False
    if rung.kind in _BY_NOTICE:
        warned_on = days.get(NoticeKind.FORMAL_NOTICE)
        if warned_on is None or day <= warned_on + timedelta(days=GRACE_DAYS):
            return False
    return not rested or day >= max(rested) + timedelta(days=rung.days_after)


def _taken_on(notice: Notice) -> date | None:
    """When its client got to know, or a person that it cannot; None where that is to come, or never will.

    A formal notice that reached nobody has warned nobody (6-9): it is not taken.
    """
    if notice.lifted_at is not None:
        return notice.lifted_at.astimezone(PARIS).date()
    if notice.declined_at is not None or notice.dropped_at is not None:
        return None
    told = notice.sent_at or (notice.approved_at if notice.letter else None)
    if told is None and notice.kind != NoticeKind.FORMAL_NOTICE:
        told = notice.refused_at
    return None if told is None else told.astimezone(PARIS).date()


def _waiting(notice: Notice) -> Notice:
    """It, locked. Raises `Impossible` where it was answered."""
    row = Notice.objects.select_for_update(of=("self",)).select_related("invoice__contract").get(pk=notice.pk)
    if row.approved_at or row.declined_at or row.dropped_at:
        raise Impossible("it was answered already")
    return row


def _do(act: Change, notice: Notice) -> None:
    """What the contract gives the right to."""
    invoice, contract = notice.invoice, notice.invoice.contract
    if notice.kind not in _BY_NOTICE:
        return
    if contract is None:
        raise Impossible("it has no contract")
    if notice.kind == NoticeKind.SUSPENSION:
        life.suspend(contract, f"{invoice.reference} is not paid (6-9)", by=act.by, is_told=True)
        return
    due = due_day(invoice)
    if due is None or not is_terminable(due, act.at.astimezone(PARIS).date()):
        raise Impossible("fifteen days have not gone by since it was due (6-10)")
    life.terminate(contract, f"{invoice.reference} is not paid (6-10)", by=act.by, is_told=True)


def _is_told(notice: Notice, now: datetime, send: Callable[[Told], None]) -> bool:
    rows = Notice.objects.filter(pk=notice.pk)
    if balance(notice.invoice) <= 0 and notice.kind != NoticeKind.TERMINATION:
        rows.update(dropped_at=now)
        return False
    told = _told(notice, now.astimezone(PARIS).date())
    if told is None:
        return False

    copy_to = _copy_to(told)

    def note() -> None:
        with change(by=_BY) as act:
            rows.update(sent_at=now, copy_to=copy_to)
            _record(act, notice, "told")

    steps = Steps(
        is_due=rows.filter(sent_at=None, refused_at=None, dropped_at=None).exists,
        send=lambda: send(told),
        sent=note,
        refused=lambda: rows.update(refused_at=now, copy_to=copy_to, **_asked_again(notice)),
    )
    return send_once(_TELL, notice, steps, now)


def _copy_to(told: Told) -> str:
    elsewhere = notice_address()
    return "" if elsewhere.casefold() == told.recipient.casefold() else elsewhere


def _is_copied(notice: Notice, now: datetime, send: Callable[[Told], None]) -> bool:
    rows, told = Notice.objects.filter(pk=notice.pk), _told(notice, now.astimezone(PARIS).date())
    if told is None:
        return False
    copy = replace(told, recipient=notice.copy_to)

    def note() -> None:
        with change(by=_BY) as act:
            rows.update(copied_at=now)
            _record(act, notice, "told-elsewhere", to=notice.copy_to)

    def note_refusal() -> None:
        rows.update(copy_refused_at=now)
        log.error("notice not told elsewhere", client=notice.client.name, invoice=notice.invoice.reference)

    is_due = rows.filter(copied_at=None, copy_refused_at=None).exists
    return send_once(_COPY, notice, Steps(is_due, lambda: send(copy), note, note_refusal), now)


def _asked_again(notice: Notice) -> dict[str, object]:
    """A formal notice that no mail server took waits for its person once more: for another address, or a letter by post."""
    if notice.kind != NoticeKind.FORMAL_NOTICE or notice.letter:
        return {}
    return {"approved_at": None, "approved_by": ""}


def _told(notice: Notice, day: date) -> Told | None:
    invoice = notice.invoice
    due = due_day(invoice)
    seller = read_seller(newest_seller() or invoice.seller)  # Its bank account may be another now.
    if due is None:
        return None
    return Told(
        kind=NoticeKind(notice.kind),
        recipient=read_buyer(newest_buyer() or invoice.buyer).invoices_to,
        language=notice.client.language,
        client_id=notice.client_id,
        contract=invoice.contract.reference if invoice.contract else "",
        reference=invoice.reference,
        dated=invoice.dated,
        due=due,
        left=balance(invoice),
        penalties=accrued(invoice, day),
        letter=notice.letter,
        pay_until=day + timedelta(days=GRACE_DAYS),
        seller=seller.name,
        iban=seller.iban,
    )


def _is_lifted(notice: Notice, now: datetime) -> bool:
    """Whether its contract is served again: where it was suspended for this, and not by somebody else since."""
    contract = notice.invoice.contract
    with change(by=_BY) as act:
        if not Notice.objects.filter(pk=notice.pk, lifted_at=None).update(lifted_at=now):
            return False
        _record(act, notice, "lifted")
        if contract is None or contract.state != ContractState.SUSPENDED or not _is_by(notice, contract):
            return False
        life.resume(contract, by=_BY)
        return True


def _is_by(notice: Notice, contract: Contract) -> bool:
    """Whether this suspended it: whoever did so since had another reason."""
    last = Move.objects.filter(contract=contract, what=Step.SUSPEND).last()
    return last is not None and last.at == notice.approved_at


def _record(act: Change, notice: Notice, what: str, **said: str) -> None:
    after = {"kind": notice.kind, "invoice": notice.invoice.reference} | said
    act.record(f"notice.{what}", notice, client_id=notice.client_id, after=after)
