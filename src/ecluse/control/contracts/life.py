"""A contract in force: start, notice, suspension, renewal, end (3-5, 3-14 to 3-18, 6-9, 6-10, 16-1, 16-2)."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import structlog
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.contracts.catalogue import grid_of, newest_prices
from ecluse.control.contracts.models import Approval, Contract, PriceList
from ecluse.control.contracts.moves import move, note_change
from ecluse.control.contracts.price_grid import Price
from ecluse.control.contracts.prices import price_now, served_domains
from ecluse.control.contracts.queries import contract_in_force
from ecluse.control.contracts.service_letters import BREACH, address_end, address_resumption, address_suspension
from ecluse.control.contracts.states import IN_FORCE, ContractState, OutOfTurn, Step, after
from ecluse.control.contracts.terms import RENEWED_BY, Period, end_of, is_in_time, notice_deadline
from ecluse.control.contracts.users import counted_users
from ecluse.domain.errors import Impossible
from ecluse.domain.money import cents
from ecluse.domain.policy import ServiceState

log = structlog.get_logger()

REPAIR = timedelta(days=15)  # From the sending of the letter (16-1).
_BY = Actor(ActorKind.JOB, "contracts")


class OverBeforeRenewal(Impossible):
    """A letter ended the contract with a period after which it was renewed: what to do about it a person decides."""


class BeforeContract(Impossible):
    """A letter is dated before the contract began: it cannot name a breach of it (16-1)."""


def start(contract: Contract, *, by: Actor) -> None:
    """The provider accepts the signed form, and the term begins that day (3-14). Raises `Impossible` for domains undecided."""
    with change(by=by) as act:
        approvals = set(contract.domains.values_list("approval", flat=True))
        if Approval.ASKED in approvals or Approval.GRANTED not in approvals:
            raise Impossible("each domain is approved or refused first, and one approved at least")
        if Contract.objects.filter(client_id=contract.client_id, state__in=IN_FORCE).exists():
            raise Impossible("the client has a contract in force: amend it, or end it first")
        first_day = act.at.astimezone(contract.zone).date()
        move(act, contract, Step.START, first_day=first_day, period_after=0, period_months=contract.months)


def receive_notice(contract: Contract, reference: str, received_at: datetime, *, whose: str, by: Actor) -> bool:
    """A registered letter came, or went, that ends the contract with its period; False when it was too late (3-16).

    A late one is kept in the history, with the reason. Raises `Impossible` without a reference, or for a later date;
    `OverBeforeRenewal` for one that was in time before the contract was renewed.
    """
    if not reference.strip():
        raise Impossible("a registered letter has a reference")
    with change(by=by) as act:
        after(ContractState(contract.state), Step.GIVE_NOTICE)
        period = contract.period
        if period is None or not _first_moment(period, contract.zone) <= received_at <= act.at:
            raise Impossible("a letter comes after the contract has begun, and not tomorrow")
        period = _period_of_letter(period, received_at, contract.zone)
        said = f"{whose}: {reference.strip()}, {received_at.astimezone(contract.zone):%Y-%m-%d %H:%M}"
        if not is_in_time(received_at, period, contract.zone):
            deadline = notice_deadline(period, contract.zone)
            note_change(act, contract, "notice-refused", f"{said}; the last moment was {deadline:%Y-%m-%d %H:%M}")
            return False
        move(act, contract, Step.GIVE_NOTICE, said, notice_at=received_at)
        return True


def _first_moment(period: Period, zone: ZoneInfo) -> datetime:
    return datetime.combine(period.first_day, time(), zone)


def _period_of_letter(period: Period, received_at: datetime, zone: ZoneInfo) -> Period:
    """The one that ran when it came, however late it is entered (3-16). Raises `OverBeforeRenewal`."""
    if not period.after or received_at >= end_of(period.earlier, zone):
        return period
    if is_in_time(received_at, period.earlier, zone):
        raise OverBeforeRenewal("the letter came in time, before the contract was renewed")
    return period.earlier


def suspend(contract: Contract, reason: str, *, by: Actor, is_told: bool = False) -> None:
    """No mail is served until `resume`: for what is not paid (6-9), or at once for what does harm (16-2).

    Its client is written to, with the reason, unless another letter tells it (`is_told`).
    """
    _demand(reason)
    with change(by=by) as act:
        move(act, contract, Step.SUSPEND, reason)
        if not is_told:
            address_suspension(act, contract, reason)


def suspend_at_once(reason: str, *, by: Actor) -> bool:
    """The contract in force of the scope's client, by a job, for abuse (3-9); whether that is new.

    Who has no contract, as the provider's own probes, has agreed to no 3-9.
    """
    contract = contract_in_force()
    if contract is None or contract.client.state != ServiceState.ACTIVE:
        return False
    try:
        suspend(contract, reason, by=by)
    except OutOfTurn:  # Somebody was faster.
        return False
    return True


def resume(contract: Contract, *, by: Actor) -> None:
    """Served again; where notice was given, until the period ends. Its client is written to."""
    step = Step.RESUME if contract.notice_at is None else Step.RESUME_IN_NOTICE
    with change(by=by) as act:
        move(act, contract, step)
        address_resumption(act, contract)


def declare_breach(contract: Contract, reference: str, sent_on: date, *, by: Actor) -> None:
    """A registered letter went that names a serious breach: there are fifteen days to repair it (16-1).

    Raises `Impossible` without a reference, and for a letter of tomorrow; `BeforeContract` for one from before it began.
    """
    _demand(reference)
    with change(by=by) as act:
        after(ContractState(contract.state), Step.TERMINATE)
        if sent_on > act.at.astimezone(contract.zone).date():
            raise Impossible("a letter that has not gone yet")
        if contract.first_day is None or sent_on < contract.first_day:
            raise BeforeContract(f"the contract began on {contract.first_day}: nobody could break it before")
        Contract.objects.filter(pk=contract.pk).update(breach_sent_on=sent_on)
        contract.refresh_from_db()
        note_change(act, contract, "breach-declared", f"{reference.strip()}, {sent_on}")


def repair_breach(contract: Contract, *, by: Actor) -> None:
    """It is mended: the contract goes on. Raises `Impossible` where none was declared."""
    with change(by=by) as act:
        if not Contract.objects.filter(pk=contract.pk, breach_sent_on__isnull=False).update(breach_sent_on=None):
            raise Impossible("no breach was declared")
        contract.refresh_from_db()
        note_change(act, contract, "breach-repaired")


def terminate_for_breach(contract: Contract, *, waives_period: bool = False, by: Actor) -> None:
    """See `terminate`. Raises `Impossible` before the fifteen days have gone by (16-1)."""
    with change(by=by) as act:
        sent_on = contract.breach_sent_on
        if sent_on is None or act.at.astimezone(contract.zone).date() <= sent_on + REPAIR:
            raise Impossible("a breach is declared by letter, and has fifteen days to be repaired")
        _terminate(act, contract, "serious breach (16-1)", waives_period)
        address_end(act, contract, BREACH)


def terminate(
    contract: Contract, reason: str, *, waives_period: bool = False, by: Actor, is_told: bool = False
) -> None:
    """Over at once, by a right that the contract gives: 3-8, 6-10, 10-1, or because both want it.

    Its period is owed all the same (3-17, 6-3), unless the provider waives it: then what was not invoiced yet is not.
    Its client is written to, with the reason, unless another letter tells it (`is_told`).
    """
    _demand(reason)
    with change(by=by) as act:
        _terminate(act, contract, reason, waives_period)
        if not is_told:
            address_end(act, contract, reason)


def _terminate(act: Change, contract: Contract, reason: str, waives_period: bool) -> None:  # noqa: FBT001 - two callers, above.
    note = f"{reason}; no more is asked for its period" if waives_period else reason
    move(act, contract, Step.TERMINATE, note, over_at=act.at, period_waived=waives_period)


def turn_due(now: datetime, *, unbilled: Container[int] = ()) -> int:
    """End or renew every contract whose period is over; how many. A job of the provider's (3-15, 3-18).

    Those `unbilled` end, and are served on, but are not renewed: with the period, its price would be forgotten.
    """
    with scopes_disabled():  # Contracts of all clients.
        running = list(Contract.objects.filter(state__in=IN_FORCE).select_related("client", "price_list"))
    due = [each for each in running if each.notice_at is not None or each.pk not in unbilled]
    return for_each("turn a contract", due, lambda each: _is_over(each, now) and _is_turned(each), now)


def _is_over(contract: Contract, now: datetime) -> bool:
    return contract.period is not None and end_of(contract.period, contract.zone) <= now


def _is_turned(contract: Contract) -> bool:
    """One that cannot be keeps no other from it: it stays in force, and is tried again."""
    try:
        with scope(client=contract.client):
            _turn(contract)
    except Impossible as problem:
        log.error("contract not turned", contract=contract.reference, problem=str(problem))
        return False
    return True


def _turn(contract: Contract) -> None:
    if contract.notice_at is not None:
        with change(by=_BY) as act:
            move(act, contract, Step.END, over_at=act.at)
    else:
        _renew(contract)


def _renew(contract: Contract) -> None:
    """Twelve months more, for as many addresses and domains as there are (3-5); whose users nobody knows keeps its number."""
    period = contract.period
    if period is None:  # It has never begun.
        return
    addresses, domains = counted_users() or contract.addresses, served_domains(contract)
    price, prices = _renewal_price(contract, addresses, domains)
    following = period.renewed
    with change(by=_BY) as act:
        move(
            act,
            contract,
            Step.RENEW,
            f"{following.starts_on} to {following.ends_on}: {addresses} addresses, {domains} domains",
            addresses=addresses,
            services_price=price.services,
            options_price=price.options,
            price_list=prices,
            period_after=following.after,
            period_months=following.months,
        )


def _renewal_price(contract: Contract, addresses: int, domains: int) -> tuple[Price, PriceList | None]:
    """By the list of the day, or its own where that has no price for it; one agreed upon stays for each address and month.

    Raises `Impossible` where neither list has one.
    """
    newest, own = newest_prices(), contract.price_list
    if contract.has_own_price or newest is None:
        scale = Fraction(RENEWED_BY * addresses, contract.period_months * contract.addresses)
        old = price_now(contract)
        return Price(cents(Fraction(old.services) * scale), cents(Fraction(old.options) * scale)), own
    wanted = replace(contract.wanted(domains), addresses=addresses, months=RENEWED_BY)
    try:
        return grid_of(newest).price(wanted), newest
    except Impossible:
        if own is None:
            raise
        return grid_of(own).price(wanted), own


def _demand(text: str) -> None:
    if not text.strip():
        raise Impossible("a reason, or a reference, is missing")
