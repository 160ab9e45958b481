"""Too much mail of one address, accounts that are stolen, and what the provider's abuse desk does about it (3-9, 3-11, 3-12)."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.node_reports import ControlNodeReports
from ecluse.adapters.controldb.orders import ControlOrders
from ecluse.adapters.controldb.told_locks import ControlToldLocks
from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.control.abuse import cases, locks
from ecluse.domain.event import Ending, EvidenceEvent, MessageEvent, RecipientEvent, Stage
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.lock import FIRST_LOCK_S, Lock, LockCause, LockScope
from ecluse.domain.node_report import NodeReport
from ecluse.domain.purge import Purged, PurgeRun
from ecluse.entrypoints.lock_jobs import LockTeller
from ecluse.entrypoints.locked_mail import unlocking
from ecluse.entrypoints.paths import DataPaths

if TYPE_CHECKING:
    from tests.simulate.company import Company
    from tests.simulate.world import World

NODE = "mx1.gateway.example"
TROUBLE_A_DAY = 0.03  # Of the whole installation.
CASES_KEPT = timedelta(days=365)  # Once they are closed.
_FIRST_DAY = 70  # Then each kind comes once, a day after another.
_OF_NODES = (
    Purged.OUTAGE_MAIL,
    Purged.WAITING_MAIL,
    Purged.HELD_MAIL,
    Purged.JOURNAL,
    Purged.MESSAGE_LOG,
)
_MESSAGES = (399, 400, 500, 501)


@dataclass(frozen=True, slots=True)
class Closed:
    """A case that was closed, which moves no more."""

    at: datetime
    client: int
    kind: str
    notes: tuple[str, ...]  # What each begins with.


class Abuse:
    """Of all clients, and what one node knows of locks."""

    def __init__(self, world: World, seed: str) -> None:
        self.world, self._dice = world, random.Random(f"{seed}/abuse")
        paths = DataPaths(world.settings.data_dir)
        self._database, self.locks = Database(world.settings.control.database), LmdbLocks(paths.locks)
        self._teller = LockTeller(ControlToldLocks(self._database, NODE), self.locks)
        self._orders = ControlOrders(self._database, NODE)
        self.busy: dict[tuple[int, str], int] = {}  # Client and day -> messages of one address.
        self.locked: Counter[int] = Counter()  # Client -> locks that people must have been told of.
        self.closed: dict[int, Closed] = {}  # By the number of the case.
        self.in_force: dict[str, float] = {}  # Lock -> until when; 0: until somebody lifts it.

    def close(self) -> None:
        """Let go of all files."""
        self._database.close()

    def forget(self, lock_id: str) -> None:
        """At the node."""
        for each in self.locks.all():
            if each.id == lock_id:
                self.locks.forget(each)

    def live(self) -> None:
        """Something happens, seldom; what was ordered is done."""
        self._report()
        day = (self.world.today - self.world.first_day).days - _FIRST_DAY
        if 0 <= day < len(_MESSAGES):
            self._send_much(_MESSAGES[day])
        elif day in {4, 5} or self._dice.random() < TROUBLE_A_DAY:
            self._lock(is_burst=day % 2 == 0)
        elif self._dice.random() < TROUBLE_A_DAY / 3:
            self._send_much(self._dice.choice(_MESSAGES))
        self._obey()

    def _served(self) -> list[Company]:
        return [each for each in self.world.companies if each.is_served and each.known.bundle.has_outbound]

    def forgotten(self, kind: str, kept: Collection[int]) -> list[Closed]:
        """Cases that must be gone a year after they were closed (15-7), or may be: then `kept` says which are there."""
        found, late = [], timedelta(days=self.world.plan.whole_every + 1)  # The job runs on whole days.
        for number, each in self.closed.items():
            over = self.world.now - each.at - CASES_KEPT
            if each.kind == kind and over > timedelta(0) and (over > late or number not in kept):
                found.append(each)
        return found

    # -- 3-9

    def _send_much(self, messages: int) -> None:
        companies = self._served()
        if not companies:
            return
        company = self._dice.choice(companies)
        events = [self._sent(company) for _ in range(messages)]
        self.world.node.log.append(events)
        self.world.claims.count_sent(company, messages)
        self.world.work(("busy days",))  # In the evening it may be long since another day there.
        day = self.world.now.astimezone(company.character.zone).date()
        key = (company.client_id, day.isoformat())
        self.busy[key] = max(messages, self.busy.get(key, 0))
        if messages > 500:
            company.while_in_force(1, partial(self._act_on, company))

    def _sent(self, company: Company) -> MessageEvent:
        return MessageEvent(
            id=new_id(),
            stage=Stage.OUTCOME,
            at=time.time(),
            direction=Direction.OUTBOUND,
            client=company.character.name,
            sender=f"user{self.world.today.toordinal()}@{company.character.domains[0]}",
            recipients=(RecipientEvent("x@y.example", Ending.RELAYED, "deliver", "", 0.0, (), "250 2.0.0 OK"),),
            size=1_000,
            reply="250 2.0.0 OK",
            evidence=EvidenceEvent({}),
        )

    def _act_on(self, company: Company) -> None:
        """One click, some days, and back again."""
        company.suspend("abuse")
        days = self._dice.randint(1, 5)
        company.while_in_force(days, partial(company.resume, "abuse"))
        for case in cases.cases(state=cases.CaseState.OPEN).filter(client=company.client):
            company.later(days, partial(self._close_case, case))

    def _close_case(self, case: cases.Case) -> None:
        case.refresh_from_db()
        if case.state == cases.CaseState.OPEN:
            cases.close_case(case, "They have stopped.", by=self.world.operator)
            notes = tuple(text.partition(":")[0] for text in case.notes.values_list("text", flat=True))
            self.closed[case.pk] = Closed(self.world.now, case.client_id, case.kind, notes)

    # -- 3-11, 3-12

    def _lock(self, *, is_burst: bool) -> None:
        companies = self._served()
        if not companies:
            return
        company, lock_id = self._dice.choice(companies), new_id()[:32]
        until = time.time() + FIRST_LOCK_S if is_burst else 0.0
        cause = LockCause.BURST if is_burst else LockCause.RECIPIENTS
        account = f"user{self.world.today.toordinal()}@{company.character.domains[0]}"
        lock = Lock(
            lock_id, LockScope.ACCOUNT, company.character.name, account, cause, time.time(), until, reason="11 of 12"
        )
        self.locks.put(lock)
        self._teller.look()
        self.in_force[lock_id], self.locked[company.client_id] = until, self.locked[company.client_id] + 1
        self.world.work(("locks",))
        self.world.tonight.append("locks")  # The mail server may be away until then.
        if not is_burst:
            company.later(self._dice.randint(1, 6), partial(self._unlock, lock_id))

    def _report(self) -> None:
        """Who reports is told of locks; and has purged just now."""
        now = time.time()
        purges = tuple(PurgeRun(each, now, 0.0, 0) for each in _OF_NODES)
        ControlNodeReports(self._database, NODE).tell(NodeReport("1", now, now, purges=purges))

    def _unlock(self, lock_id: str) -> None:
        found = next(each.lock for each in locks.locks_of_client() if each.lock.lock_id == lock_id)
        locks.unlock(found, was_us=False, deletes_mail=False, by=self.world.operator)
        self._obey()
        del self.in_force[lock_id]

    def _obey(self) -> None:
        now = time.time()
        for order in self._orders.waiting(now):
            answer = asyncio.run(unlocking(self.locks, SimpleNamespace(), order, False))
            self._orders.answer(order.id, answer, now)
        self._teller.look()
        self.in_force = {key: until for key, until in self.in_force.items() if not until or until > now}
