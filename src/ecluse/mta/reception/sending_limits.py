"""What an account may send: asked at MAIL, at each RCPT and at the end of DATA, before the message is ours (3-9, 3-11, 3-12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

import structlog

from ecluse.domain.account import Account
from ecluse.domain.address import Address
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Incoming
from ecluse.domain.limit_mark import Limited, LimitMark, LimitScope
from ecluse.domain.lock import Lock, LockCause, LockScope
from ecluse.domain.quota import Charge, Crowd, Grant, Sum
from ecluse.domain.reply import Reply
from ecluse.domain.sending import DAY_S, HOUR_S, LEAST_UNKNOWN, MINUTE_S, OwnLimits, Rates, SendingTerms
from ecluse.filtering.emission import Behaviour, weigh
from ecluse.mta import metrics
from ecluse.mta.reception import sending_answers
from ecluse.mta.reception.emission_watch import EmissionWatch
from ecluse.mta.reception.limit_news import LimitNews
from ecluse.mta.sent_counts import MESSAGES, RECIPIENTS, STRANGERS, UNKNOWN, count_name, counted_scopes, own_count
from ecluse.ports.locks import Locks
from ecluse.ports.quotas import Quotas

log = structlog.get_logger()

WARNED_FROM = 0.8  # Of a limit.
MAX_LINKS = 3
_NONE = OwnLimits()
_LETTERS = "letters to strangers"
_SCATTERED = "new links"  # The one crowd of domains, and of an account's own; all others are of recipients.
MAX_FULL = 10_000  # Limits that a worker remembers to be reached.


Keep: TypeAlias = Callable[[Lock], Lock]
Tell: TypeAlias = Callable[[LimitMark], None]


def _as_it_is(lock: Lock) -> Lock:
    return lock


def _to_nobody(_mark: LimitMark) -> None:
    pass


def account_of_sender(client: str, sender: Address | None, ip: str) -> Account:
    """Who sends where nobody has signed in: the envelope sender; of bounces, the server."""
    return Account(client, sender.key if sender else f"[{ip}]")


@dataclass(frozen=True, slots=True)
class _Share:
    """How much of one sum of a day may belong to another."""

    name: str  # Of the sum of unknown recipients.
    whole: str  # Of that of all recipients.
    percent: int  # 0 = as much as one likes.


@dataclass(frozen=True, slots=True)
class SendingLimits:
    """The limits of one node, asked by one worker."""

    locks: Locks
    quotas: Quotas
    terms: SendingTerms
    watch: EmissionWatch
    # Name and height of a limit -> until when it is reached, and its answer.
    full: dict[tuple[str, int], tuple[float, Reply]] = field(default_factory=dict)
    # The same of limits of unknown recipients -> until when nobody need hear again that they are nearly reached.
    told: dict[tuple[str, int], float] = field(default_factory=dict)
    news: LimitNews = field(default_factory=LimitNews)

    def at_mail(self, account: Account, ip: str, now: float, own: OwnLimits = _NONE) -> Reply | None:
        """Why this account may send nothing now; None = it may. `own` are its client's limits. Raises `Unavailable`."""
        lock = self.locks.find(account.client, account.name, ip, now)
        if lock is not None:
            return sending_answers.locked(lock)
        if not self.full:
            return None
        shares = ((one.name, one.percent) for one in self._shares(account, own))
        limits = chain(((one.name, one.most) for one in self._sums(account, own, 1, 1)), shares)
        known = (self.full[limit] for limit in limits if limit in self.full)
        return next((reply for until, reply in known if now < until), None)

    def at_recipient(self, account: Account, count: int, now: float) -> Reply | None:
        """Why the transaction ends with this recipient, the `count`th; the account is locked then. Raises `Unavailable`."""
        if count <= self.terms.most_alike:
            return None
        return self._lock_for_recipients(account, f"{count} recipients of one message", now)

    async def at_end(
        self,
        incoming: Incoming,
        evidence: Evidence,
        recipients: tuple[str, ...],
        own: OwnLimits = _NONE,
        keep: Keep = _as_it_is,
        tell: Tell = _to_nobody,
    ) -> Reply | None:
        """Why the message is not taken; None = it is, and counted. Raises `Unavailable`.

        `keep` adds evidence to a lock; `tell` hears of limits that are near or reached.
        """
        account, now = incoming.account, incoming.received_at
        if account is None:
            return None
        lock = self.locks.find(account.client, account.name, incoming.peer.ip, now)
        if lock is not None:
            return sending_answers.locked(lock)
        charge = self._charge(account, own, incoming, evidence, recipients)
        grant = await self.quotas.take(charge)
        if isinstance(grant.denied, Crowd):
            reason = f"more than {grant.denied.most} recipients of near-identical messages within 24 hours"
            return self._lock_for_recipients(account, reason, now, keep)
        if isinstance(grant.denied, Sum):
            return self._note_full(account, grant.denied, now, tell)
        counts = {one.name: count for one, count in zip(charge.sums, grant.sums, strict=True)}
        full = self._note_unknown(account, own, counts, now, tell)
        if full is not None:
            return full
        self._warn(account, charge, grant, tell)
        return await self._look_for_burst(incoming, account, evidence, _counted(account, charge, grant, counts), keep)

    # -- what is counted

    def _charge(
        self, account: Account, own: OwnLimits, incoming: Incoming, evidence: Evidence, recipients: tuple[str, ...]
    ) -> Charge:
        facts = evidence.sending
        # What nobody could read is like all else that nobody could read: not known is not "unlike all others".
        names = ("?",) if isinstance(facts, Unknown) else facts.likeness
        crowds = [Crowd(f"alike\0{account.key}\0{one}", recipients, self.terms.most_alike) for one in names]
        if not isinstance(facts, Unknown) and (facts.fresh or facts.known):
            # Counted only, where somebody weighs it: whoever sends under ever new names, or with ever new words, leads to the same place.
            crowds += [Crowd(f"alike\0{account.client}\0{one}", recipients) for one in names]
            crowds += [Crowd(f"link\0{account.client}\0{one}", recipients) for one in facts.new_links[:MAX_LINKS]]
            if facts.fresh and facts.new_links:
                crowds.append(Crowd(f"{_SCATTERED}\0{account.key}", facts.new_links[:MAX_LINKS]))
        sums = [
            *self._sums(account, own, 1, len(recipients)),
            *(Sum(one.name, DAY_S, 0) for one in self._shares(account, own)),
        ]
        if not isinstance(facts, Unknown) and facts.fresh:
            sums += _to_strangers(account, len(facts.fresh))
        return Charge(incoming.received_at, tuple(sums), tuple(crowds))

    def _sums(self, account: Account, own: OwnLimits, messages: int, recipients: int) -> Iterator[Sum]:
        """Of the account, its domain and its client; the account's days are counted without a limit, too."""
        amounts = {MESSAGES: messages, RECIPIENTS: recipients}
        for scope, name, rates in self._scopes(account, own):
            for what, window_s, most in rates.rows():
                is_whole = rates.unknown_percent and (what, window_s) == (RECIPIENTS, DAY_S)
                if most or is_whole or scope == LockScope.ACCOUNT:
                    yield Sum(count_name(scope, name, what, window_s), window_s, amounts[what], most)

    def _shares(self, account: Account, own: OwnLimits) -> Iterator[_Share]:
        """Where a limit is, and of the account in any case."""
        for scope, name, rates in self._scopes(account, own):
            if rates.unknown_percent or scope == LockScope.ACCOUNT:
                whole = count_name(scope, name, RECIPIENTS)
                yield _Share(count_name(scope, name, UNKNOWN), whole, rates.unknown_percent)

    def _scopes(self, account: Account, own: OwnLimits) -> tuple[tuple[str, str, Rates], ...]:
        limits = (self.terms.account.within(own.account), self.terms.domain, self.terms.client.within(own.client))
        return tuple((*scope, rates) for scope, rates in zip(counted_scopes(account), limits, strict=True))

    # -- what follows

    async def _look_for_burst(
        self, incoming: Incoming, account: Account, evidence: Evidence, counted: Behaviour, keep: Keep
    ) -> Reply | None:
        if not weigh(evidence, counted).points:
            return None  # Haste multiplies only: what is usual need not be read then.
        behaviour = await self.watch.compared(account, counted, incoming.received_at)
        lock = await self.watch.look(incoming, account, evidence, behaviour)
        if lock is None:
            return None
        reply = self._lock(keep(lock)) if self.terms.stops_bursts else None
        if reply is None:
            log.warning("burst of outbound mail", client=lock.client, scope=lock.scope.value, reason=lock.reason)
        await self.watch.begin_anew(lock)
        return reply

    def _lock_for_recipients(self, account: Account, reason: str, now: float, keep: Keep = _as_it_is) -> Reply:
        """At once, and until somebody unlocks (3-11)."""
        lock = Lock(new_id(), LockScope.ACCOUNT, account.client, account.name, LockCause.RECIPIENTS, now, reason=reason)
        return self._lock(keep(lock))

    def _lock(self, lock: Lock) -> Reply:
        """Of messages that were on their way together only the first locks: the rest hear of its lock."""
        counts = self.locks.add(lock, lock.since)
        if counts is lock:
            metrics.LOCKS.labels(lock.scope.value, lock.cause.value).inc()
            log.warning("account locked", lock=lock.id, client=lock.client, scope=lock.scope.value, reason=lock.reason)
        return sending_answers.locked(counts)

    def _note_full(self, account: Account, over: Sum, now: float, tell: Tell) -> Reply:
        reply = sending_answers.full(over, _what(over), now)
        if over.amount <= over.most:  # Else it is the message that is too large, however little was sent.
            # Of a message that was denied nobody says how much there was before: so much at least.
            self._tell(_mark_of_sum(account, over, over.most - over.amount + 1, now, reply), tell)
        if over.amount <= 1:
            # Another message of one recipient would fare alike: it hears so at MAIL.
            self._remember_full((over.name, over.most), over.ends_at(now), reply)
        return reply

    def _remember_full(self, limit: tuple[str, int], until: float, reply: Reply) -> None:
        if len(self.full) >= MAX_FULL:
            self.full.clear()
        self.full[limit] = (until, reply)

    def _tell(self, mark: LimitMark, tell: Tell) -> None:
        if self.news.is_new(mark):
            tell(mark)

    def _note_unknown(
        self, account: Account, own: OwnLimits, counts: dict[str, int], now: float, tell: Tell
    ) -> Reply | None:
        """Why nothing more is taken today: of whom it wrote to too many are not there. This message is counted still."""
        for one in self._shares(account, own):
            count, of = counts[one.name], counts[one.whole]
            until = (now // DAY_S + 1) * DAY_S
            is_beyond = one.percent and count >= LEAST_UNKNOWN and count * 100 > one.percent * of
            if _is_near(one, count, of):
                self._warn_of_unknown(account, one, count, until)
                if not is_beyond:
                    self._tell(_mark_of_share(account, one, (count, of), now), tell)
            if is_beyond:
                reply = sending_answers.too_many_unknown(count, of, one.percent, until)
                self._tell(_mark_of_share(account, one, (count, of), now, reply), tell)
                self._remember_full((one.name, one.percent), until, reply)
                return reply
        return None

    def _warn(self, account: Account, charge: Charge, grant: Grant, tell: Tell) -> None:
        for one, count in zip(charge.sums, grant.sums, strict=True):
            mark = WARNED_FROM * one.most
            if one.most and count - one.amount < mark <= count:
                _tell_near(account, one.name, f"{one.most} {_what(one)} in {one.window_s} s", count)
                self._tell(_mark_of_sum(account, one, count, charge.at), tell)

    def _warn_of_unknown(self, account: Account, one: _Share, count: int, until: float) -> None:
        """Once a day and worker: what servers answer is counted between messages, so that none of them passes the mark."""
        if self.told.get((one.name, one.percent)) == until:
            return
        if len(self.told) >= MAX_FULL:
            self.told.clear()
        self.told[one.name, one.percent] = until
        _tell_near(account, one.name, f"{one.percent} % of recipients unknown in {DAY_S} s", count)


def _tell_near(account: Account, name: str, limit: str, count: int) -> None:
    of = name.partition("\0")[0]
    log.warning(
        "sending limit nearly reached", client=account.client, account=account.name, of=of, limit=limit, count=count
    )


def _mark_of_sum(account: Account, one: Sum, count: int, now: float, reply: Reply | None = None) -> LimitMark:
    scope, name = _whose(account, one.name)
    answer = str(reply) if reply else ""
    what, until = Limited(_what(one)), one.ends_at(now)
    return LimitMark(account.client, scope, name, what, one.window_s, one.most, count, now, until, answer=answer)


def _mark_of_share(
    account: Account, one: _Share, counts: tuple[int, int], now: float, reply: Reply | None = None
) -> LimitMark:
    (scope, name), (count, of) = _whose(account, one.name), counts
    until, answer = (now // DAY_S + 1) * DAY_S, str(reply) if reply else ""
    return LimitMark(account.client, scope, name, Limited.UNKNOWN, DAY_S, one.percent, count, now, until, of, answer)


def _whose(account: Account, name: str) -> tuple[LimitScope, str]:
    """What is counted under that name, as people know it."""
    scope, of, *_ = name.split("\0")
    return LimitScope(scope), of.removeprefix(account.client).removeprefix("/")


def _is_near(one: _Share, count: int, of: int) -> bool:
    return one.percent > 0 and count >= WARNED_FROM * LEAST_UNKNOWN and count * 100 >= WARNED_FROM * one.percent * of


def _counted(account: Account, charge: Charge, grant: Grant, sums: dict[str, int]) -> Behaviour:
    crowds = list(zip(charge.crowds, grant.crowds, strict=True))
    scattered = sum(size for crowd, size in crowds if _is_scattered(crowd))
    others = (size - len(crowd.members) for crowd, size in crowds if not _is_scattered(crowd))
    return Behaviour(
        alike=max((0, *others)),
        scattered=scattered,
        this_minute=sums[own_count(account, MESSAGES, MINUTE_S)],
        this_hour=sums[own_count(account, MESSAGES, HOUR_S)],
        to_strangers=sums.get(own_count(account, _LETTERS, HOUR_S), 0),
        strangers=sums.get(own_count(account, STRANGERS), 0),
        recipients=sums[own_count(account, RECIPIENTS)],
        unknown=sums[own_count(account, UNKNOWN)],
    )


def _to_strangers(account: Account, people: int) -> tuple[Sum, Sum]:
    """A letter of this hour to people never written to before, and these people of this day."""
    letters = Sum(own_count(account, _LETTERS, HOUR_S), HOUR_S, 1)
    return (letters, Sum(own_count(account, STRANGERS), DAY_S, people))


def _is_scattered(crowd: Crowd) -> bool:
    return crowd.name.startswith(f"{_SCATTERED}\0")


def _what(one: Sum) -> str:
    return one.name.split("\0")[2]
