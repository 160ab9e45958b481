"""People of clients who ask what is held of them, or to be forgotten; and the provider, who mostly answers in time (15-1, 15-2)."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from ecluse.control.abuse import cases
from ecluse.control.accounts import services as accounts
from ecluse.control.accounts.links import digest_of
from ecluse.control.accounts.models import Invitation
from ecluse.control.accounts.roles import Role
from ecluse.control.policies.models import ListKind
from ecluse.control.policies.services import list_sender
from ecluse.control.privacy import erasing, exporting, requests
from ecluse.control.privacy.requests import Channel, PersonRequest, Right
from ecluse.control.suppression.services import suppress
from ecluse.control.tenants import queries as tenants
from ecluse.control.tenants.services import add_address
from ecluse.domain.errors import Impossible
from ecluse.domain.event import Ending, EvidenceEvent, MessageEvent, RecipientEvent, Stage
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.suppression import SuppressionCause

if TYPE_CHECKING:
    from tests.simulate.company import Company
    from tests.simulate.world import World

MAILBOX = "rights@provider.example"  # Who is reminded.
# Days, in the evening: 15, 7 and 2 days before it is due, that day, and once it is late.
REMINDED_AFTER = (15, 23, 28, 30, 31)
PEOPLE_A_DAY, PEOPLE_OF_EACH = 0.02, 0.0005  # Of the whole installation, and with each client more.
_FIRST_DAY = 20  # From then on each kind comes once, ten days after another.
_KINDS = ((Right.ERASURE, 3), (Right.ACCESS, 3), (Right.ERASURE, 35), (Right.ERASURE, 12))
_PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it was made and closed."""

    day: date
    right: Right
    closed: date  # When it will be.

    def reminders(self, today: date) -> int:
        """Letters that must have been written by this evening."""
        open_until = min(today, self.closed - timedelta(days=1))
        return sum(self.day + timedelta(days=each) <= open_until for each in REMINDED_AFTER)


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody who was erased."""

    at: datetime
    client: str


class Persons:
    """Of all clients."""

    def __init__(self, world: World, seed: str) -> None:
        self.world, self._dice = world, random.Random(f"{seed}/persons")
        self.asked: dict[int, Asked] = {}
        self.gone: dict[str, Gone] = {}  # By address.
        self.exported = 0
        self._count = 0
        secret = accounts.invite(MAILBOX, Role.OPERATOR, None, by=world.operator, grants=tuple(Role))
        accounts.accept(Invitation.objects.get(digest=digest_of(secret)), _PASSWORD, name="Op", ip="192.0.2.9")

    def live(self) -> None:
        """Somebody joins a client, and will ask."""
        day = (self.world.today - self.world.first_day).days - _FIRST_DAY
        served = [each for each in self.world.companies if each.is_served]
        if not served:
            return
        if day >= 0 and day % 10 == 0 and day // 10 < len(_KINDS):
            self._plan(self._dice.choice(served), *_KINDS[day // 10])
        elif day > 0 and self._dice.random() < PEOPLE_A_DAY + PEOPLE_OF_EACH * len(served):
            right = self._dice.choice((Right.ERASURE, Right.ERASURE, Right.ACCESS))
            self._plan(self._dice.choice(served), right, self._dice.choice((2, 5, 20, 40)))

    def _plan(self, company: Company, right: Right, days: int) -> None:
        self._count += 1
        address = f"person{self._count}@{company.character.domains[0]}"
        company.act(partial(self._leave_traces, company, address))
        company.while_in_force(self._dice.randint(1, 10), partial(self._ask, company, address, right, days))

    def _leave_traces(self, company: Company, address: str) -> None:
        """In its client's addresses and lists, in a case of the provider's, and in the log."""
        world = self.world
        domain = tenants.proven_by_name()[company.character.domains[0]]
        add_address(domain, address.partition("@")[0], by=company.owner)
        friend = f"friend{self._count}@far.example"
        list_sender(company.client, ListKind.ALLOW, friend, friend, note=f"asked for by {address}", by=company.owner)
        suppress(company.client, address, SuppressionCause.PERSON, f"{address} wants none", by=company.owner)
        case = cases.open_case(company.client, cases.CaseKind.OTHER, address, by=world.operator)
        cases.note(case, f"Called {address}: all is well.", by=world.operator)
        cases.close_case(case, f"nothing of {address}'s", by=world.operator)
        event = self.logged(company.character.name, address)
        world.node.log.append([event])
        world.node.logged.append((event.at, event.id))
        world.claims.count(company, 1)

    @staticmethod
    def logged(client: str, address: str) -> MessageEvent:
        """A letter to him."""
        one = RecipientEvent(address, Ending.RELAYED, "deliver", "", 0.0, (), "250 2.0.0 OK")
        return MessageEvent(
            id=new_id(),
            stage=Stage.OUTCOME,
            at=time.time(),
            direction=Direction.INBOUND,
            client=client,
            sender="eve@e.example",
            recipients=(one,),
            size=100,
            reply="250 2.0.0 OK",
            evidence=EvidenceEvent({}),
        )

    def _ask(self, company: Company, address: str, right: Right, days: int) -> None:
        row = requests.open_request(company.client, right, [address], channel=Channel.CONSOLE, by=company.owner)
        self.asked[row.pk] = Asked(self.world.today, right, self.world.today + timedelta(days=days))
        with self.world.refused(Impossible, f"15-2: {row} was given out to nobody knows whom"):
            requests.note_export(row, by=self.world.operator)
        company.later(1, partial(requests.confirm_identity, row, "a letter", by=self.world.operator))
        company.later(days, partial(self._handle, company, row, address))

    def _handle(self, company: Company, row: PersonRequest, address: str) -> None:
        world = self.world
        row.refresh_from_db()
        found = exporting.export(row, world.node.log, world.now, by=world.operator)
        stores = {part.store.name for part in found.parts}
        world.expect("message log" in stores, f"15-1: {row}: {sorted(stores)} alone were found")
        self.exported += 1
        if row.right == Right.ERASURE:
            erasing.erase(row, by=world.operator)
            self.gone[address] = Gone(world.now, company.character.name)
        with world.refused(Impossible, f"15-1: {row} was erased twice, or for nothing"):
            erasing.erase(row, by=world.operator)
        requests.answer(row, "He was told.", by=world.operator)
