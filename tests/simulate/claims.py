"""Wrong verdicts between two parties: the client says so, or one of its users, and the provider confirms, contests or is silent (9-2)."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ecluse.control.mail import objections
from ecluse.control.mail.log import story
from ecluse.control.sla import received_viruses
from ecluse.domain.errors import Impossible
from ecluse.domain.event import Ending, EvidenceEvent, MessageEvent, RecipientEvent, Stage
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.language import Language

if TYPE_CHECKING:
    from tests.simulate.company import Company
    from tests.simulate.world import World

HOUR_S, DAY_S = 3_600, 86_400.0
ANSWER_S = 15 * DAY_S  # 9-2.
WINDOW_H = 168
CLAIMS_A_DAY, CLAIMS_OF_EACH = 0.1, 0.003  # Of the whole installation, and with each client more.
_COPIES = (1, 19, 199, 200, 201, 999, 1_000, 1_001)
# What was found at receipt, and whether it takes the verdict out of the count (1-2, 1-11).
_BLOCKED = {"GTUBE": 6, "CLIENT_BLOCK: eve": 1, "CORRUPTED: 192.0.2.9": 1, "LIST_FORWARD": 1}
_PASSED = {"": 6, "CLIENT_ALLOW: eve": 1, "ARC_OVERRIDE": 1}
_COUNTS = {"GTUBE", ""}


@dataclass(slots=True)
class Said:
    """One claim, as the simulation has lived it."""

    client: int
    hour: int  # In which the message came.
    is_blocked: bool
    is_excluded: bool
    opened_at: float | None = None  # Since then the provider is asked.
    answer: bool | None = None  # None: there is none.
    is_withdrawn: bool = False
    virus_at: float | None = None  # When the client said so.

    def is_settled(self, now: float) -> bool:
        """Whether nothing more can become of it."""
        return self.is_withdrawn or self.answer is not None or self._is_left(now)

    def is_agreed(self, now: float) -> bool:
        """By both, or by the silence of one (9-2)."""
        return not self.is_withdrawn and (self.answer is True or (self.answer is None and self._is_left(now)))

    def _is_left(self, now: float) -> bool:
        return self.opened_at is not None and now - self.opened_at >= ANSWER_S


class Claims:
    """Of all clients."""

    def __init__(self, world: World, seed: str) -> None:
        self.world, self._dice = world, random.Random(f"{seed}/claims")
        self.verdicts: defaultdict[str, Counter[int]] = defaultdict(Counter)  # Client's name -> hour -> number.
        self.sent: defaultdict[str, Counter[int]] = defaultdict(Counter)  # The same of mail that went out.
        self.said: defaultdict[int, list[Said]] = defaultdict(list)

    def live(self) -> None:
        """Mail comes of which somebody will say that it was judged wrongly."""
        asked = [each for each in self.world.companies if each.is_served and each.known.bundle.has_inbound]
        if not asked or self._dice.random() >= CLAIMS_A_DAY + CLAIMS_OF_EACH * len(asked):
            return
        company = self._dice.choice(asked)
        is_blocked = self._dice.random() < 0.5
        table = _BLOCKED if is_blocked else _PASSED
        finding = self._dice.choices(list(table), list(table.values()))[0]
        event = self._mail(company, self._dice.choice(_COPIES), finding, is_blocked=is_blocked)
        said = Said(company.client_id, int(time.time() // HOUR_S), is_blocked, finding not in _COUNTS)
        company.later(self._dice.choice((0, 1, 5, 20, 40)), partial(self._raise, company, event, said))

    def count(self, company: Company, copies: int) -> None:
        """So many verdicts were given now."""
        self.verdicts[company.character.name][int(time.time() // HOUR_S)] += copies

    def count_sent(self, company: Company, copies: int) -> None:
        """So many went out now."""
        self.sent[company.character.name][int(time.time() // HOUR_S)] += copies

    def _mail(self, company: Company, copies: int, finding: str, *, is_blocked: bool) -> MessageEvent:
        domain = company.character.domains[0]
        fate, disposition = (Ending.REFUSED, "refuse") if is_blocked else (Ending.RELAYED, "deliver")
        found = (finding,) if finding else ()
        recipients = tuple(
            RecipientEvent(f"user{number}@{domain}", fate, disposition, "Q" if is_blocked else "", 0.0, found, "")
            for number in range(copies)
        )
        event = MessageEvent(
            id=new_id(),
            stage=Stage.OUTCOME,
            at=time.time(),
            direction=Direction.INBOUND,
            client=company.character.name,
            sender="eve@e.example",
            recipients=recipients,
            size=1_000,
            reply="550 5.7.1 no" if is_blocked else "250 2.0.0 OK",
            evidence=EvidenceEvent({}),
        )
        self.world.node.log.append([event])
        self.world.node.logged.append((event.at, event.id))
        self.count(company, copies)
        return event

    # -- What both parties do

    def _raise(self, company: Company, event: MessageEvent, said: Said) -> None:
        recipient, log = f"user0@{company.character.domains[0]}", self.world.node.log
        told = story(log, company.client.name, event.id, Language.ENGLISH, time.time())
        is_user = self._dice.random() < 0.2
        row = objections.raise_objection(told, company.client, recipient, by=company.owner, is_user=is_user)
        self.said[said.client].append(said)
        with self.world.refused(Impossible, "9-2: the same verdict was objected to twice"):
            objections.raise_objection(told, company.client, recipient, by=company.owner)
        if not is_user:
            self._opened(company, row, said)
        elif self._dice.random() < 0.5:
            company.later(3, partial(self._send_on, company, row, said))

    def _send_on(self, company: Company, row: objections.Objection, said: Said) -> None:
        objections.send_on(row, by=company.owner)
        self._opened(company, row, said)

    def _opened(self, company: Company, row: objections.Objection, said: Said) -> None:
        said.opened_at = time.time()
        if not said.is_blocked and self._dice.random() < 0.4:
            received_viruses.say_virus(row, by=company.owner)
            said.virus_at = time.time()
        what = self._dice.choices(("confirm", "contest", "withdraw", "silence"), (5, 2, 1, 2))[0]
        if what != "silence":
            company.later(self._dice.choice((0, 3, 14)), partial(self._settle, company, row, said, what))
        company.later(15, partial(self._answer_too_late, company, row, said))

    def _settle(self, company: Company, row: objections.Objection, said: Said, what: str) -> None:
        if what == "withdraw":
            objections.withdraw(row, by=company.owner)
            said.is_withdrawn = True
        else:
            said.answer = what == "confirm"
            objections.answer(row, is_right=said.answer, reason="It is what it is.", by=self.world.operator)

    def _answer_too_late(self, company: Company, row: objections.Objection, said: Said) -> None:
        """What is settled is settled, by silence, too; where clocks went forward the fifteenth day ends an hour later."""
        if not said.is_settled(time.time()):
            company.later(1, partial(self._answer_too_late, company, row, said))
            return
        row.refresh_from_db()
        with self.world.refused(Impossible, f"9-2: {row} was answered after it was settled"):
            objections.answer(row, is_right=not said.answer, reason="After all.", by=self.world.operator)

    # -- What a month came to

    def counting(self, client: int, until: float) -> list[Said]:
        """Those that the provider was asked about until then, and that both agree upon now."""
        now = time.time()
        mine = self.said.get(client, ())
        return [each for each in mine if each.opened_at is not None and each.opened_at < until and each.is_agreed(now)]

    def are_open(self, client: int) -> bool:
        """Whether any claim of the client's is not settled."""
        return any(not each.is_settled(time.time()) for each in self.said.get(client, ()) if each.opened_at is not None)
