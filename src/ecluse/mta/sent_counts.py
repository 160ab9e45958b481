"""Under which names outbound mail is counted, and how many of its recipients were not there (3-9 to 3-12)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import structlog

from ecluse.domain.account import Account
from ecluse.domain.errors import Unavailable
from ecluse.domain.lock import LockScope
from ecluse.domain.quota import Charge, Sum
from ecluse.domain.sending import DAY_S
from ecluse.ports.quotas import Quotas

log = structlog.get_logger()

MESSAGES, RECIPIENTS, UNKNOWN, STRANGERS = "messages", "recipients", "unknown", "strangers"


def counted_scopes(account: Account) -> tuple[tuple[str, str], ...]:
    """What the mail of one account is counted under, and its name there: unique on the installation."""
    domain = account.name.rpartition("@")[2]
    return (
        (LockScope.ACCOUNT.value, account.key),
        ("domain", f"{account.client}/{domain}"),
        (LockScope.CLIENT.value, account.client),
    )


def count_name(scope: str, name: str, what: str, window_s: int = DAY_S) -> str:
    """Of one sum."""
    return f"{scope}\0{name}\0{what}\0{window_s}"


def own_count(account: Account, what: str, window_s: int = DAY_S) -> str:
    """Of one sum of the account's."""
    return count_name(LockScope.ACCOUNT.value, account.key, what, window_s)


@dataclass(frozen=True, slots=True)
class UnknownCounts:
    """Told of what servers answer, at once or by a bounce."""

    quotas: Quotas

    async def note(self, account: Account, recipients: Collection[str], sent_at: float) -> None:
        """Count these `Address.key`s under the day on which they were written to, each once a day.

        A program that writes to the same dead address all day has one unknown recipient. Never fails: without the count mail
        goes on.
        """
        try:
            seen = tuple(Sum(own_count(account, f"{UNKNOWN}\0{one}"), DAY_S, 1) for one in recipients)
            times = (await self.quotas.take(Charge(sent_at, seen))).sums
            if count := times.count(1):
                await self._add(account, count, sent_at)
        except Unavailable as problem:
            log.error("unknown recipients not counted", client=account.client, problem=str(problem))

    async def _add(self, account: Account, count: int, sent_at: float) -> None:
        scopes = counted_scopes(account)
        sums = tuple(Sum(count_name(scope, name, UNKNOWN), DAY_S, count) for scope, name in scopes)
        await self.quotas.take(Charge(sent_at, sums))
