"""One client through its years, and what its provider does with it: each act is a service function's, none a row of ours."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from django_scopes import scope

from ecluse.control.accounts import services as accounts
from ecluse.control.accounts.links import digest_of
from ecluse.control.accounts.models import Invitation
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.billing import bank_lines, copies, dunning, invoices, late_claims
from ecluse.control.billing.models import Invoice, Notice, NoticeKind
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.registers import set_buyer
from ecluse.control.billing.totals import Line
from ecluse.control.contracts import life, naming, offers
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.price_grid import Wanted
from ecluse.control.tenants import services as tenants
from ecluse.control.tenants.models import Client, Domain
from ecluse.domain.errors import Impossible
from ecluse.domain.policy import Route
from tests.parties import BUYER
from tests.simulate.books import Due, Known
from tests.simulate.character import Character, Parting, Payer, Trouble
from tests.simulate.letters import Taken
from tests.simulate.spans import DAY, NOTICE, Span

if TYPE_CHECKING:
    from tests.simulate.world import World

OPERATOR = Actor(ActorKind.PERSON, "op@provider.example", id=2, ip="192.0.2.2")
ROUTE = Route("192.0.2.30", 25)
PAYABLE = timedelta(days=30)
_PASSWORD = "correct horse battery staple"  # Everybody's here.
_LOYAL = 2
_PARTINGS = {Parting.STAY: 6, Parting.LEAVE: 3, Parting.TOO_LATE: 2}
_TROUBLES = {
    Trouble.NONE: 12,
    Trouble.BREACH_REPAIRED: 1,
    Trouble.BREACH: 1,
    Trouble.HARM: 2,
    Trouble.AGREED: 1,
}
_PAYERS = {Payer.IN_TIME: 12, Payer.LATE: 5, Payer.IN_PARTS: 3, Payer.NEVER: 1}


class Company:
    """A client, with a mind of its own that is drawn from the seed."""

    def __init__(self, world: World, character: Character) -> None:
        self.world, self.character = world, character
        self.dice = random.Random(f"{world.seed}/{character.number}/life")
        self.client: Client | None = None
        self.contract: Contract | None = None
        self.known: Known | None = None
        self.suspended_for = ""
        self.leaves_on: date | None = None  # By a right of its contract (3-8, 10-1).
        self.is_measured = False  # It was given servers.
        self._firsts: set[type[Enum]] = set()
        self._has_mended_mailbox = False
        world.at(character.joins, self._join)

    @property
    def client_id(self) -> int | None:
        """None before it came."""
        return self.client.pk if self.client else None

    @property
    def is_loyal(self) -> bool:
        """Whether it leaves by no right of its contract: one of the first is renewed, another gives notice."""
        return self.character.number < _LOYAL

    @property
    def is_served(self) -> bool:
        """Whether mail comes for it."""
        return self.known is not None and self.is_in_force and not self.known.is_suspended

    @property
    def mailbox(self) -> str:
        """Where it wants its invoices."""
        return f"invoices@{self.character.domains[0]}"

    @property
    def owner_mailbox(self) -> str:
        """Its owner's."""
        return f"owner@{self.character.domains[0]}"

    def act(self, what: Callable[[], None]) -> None:
        """In its scope."""
        with scope(client=self.client):
            what()

    def later(self, days: int, what: Callable[[], None]) -> None:
        """At ten o'clock of a day to come."""
        self.world.at(self.world.today + days * DAY, partial(self.act, what))

    # -- How it becomes a client

    def _join(self) -> None:
        character = self.character
        self.client = tenants.create_client(character.name, by=OPERATOR)
        tenants.set_language_and_zone(
            self.client, language=self.dice.choice(("fr", "en")), time_zone=character.zone.key, by=OPERATOR
        )
        self.act(self._move_in)
        self.later(self.dice.randint(0, 5), self._be_offered)
        self.later(character.buyer_known_after.days, self._become_known)

    def _move_in(self) -> None:
        self._set_up()
        secret = accounts.invite(self.owner_mailbox, Role.OWNER, self.client, by=OPERATOR, grants=tuple(Role))
        invitation = Invitation.objects.get(digest=digest_of(secret))
        self.later(1, lambda: self._sign_up(invitation))

    def _set_up(self) -> None:
        """Its domains; anew where it comes back long after its end (15-6)."""
        there = set(Domain.objects.values_list("name", flat=True))
        for name in self.character.domains:
            if name not in there:
                domain = tenants.add_domain(self.client, name, [ROUTE], by=OPERATOR)
                for number in range(self.character.users if name == self.character.domains[0] else 0):
                    tenants.add_address(domain, f"user{number}", by=OPERATOR)

    def _sign_up(self, invitation: Invitation) -> None:
        user = accounts.accept(invitation, _PASSWORD, name="Owner", ip="192.0.2.7")
        self.owner = Actor(ActorKind.PERSON, user.email, id=user.pk, ip="192.0.2.7")

    def _become_known(self) -> None:
        box = f"wrong.{self.mailbox}" if self.character.mistypes_mailbox else self.mailbox
        if self.character.mistypes_mailbox:
            self.world.mail.refuses.add(box)
        set_buyer(self.client, replace(BUYER, name=self.character.name, invoices_to=box), by=OPERATOR)
        self.world.books.buyers[self.client.pk] = self.world.today

    def mend_mailbox(self, invoice: Invoice) -> None:
        """The provider has seen that nobody takes its invoice there, asks, and sends it again."""
        if not self._has_mended_mailbox:
            self._has_mended_mailbox = True
            set_buyer(self.client, replace(BUYER, name=self.character.name, invoices_to=self.mailbox), by=OPERATOR)
        copies.send_again(invoice, by=OPERATOR)

    # -- From the offer to the first day

    def _be_offered(self) -> None:
        character = self.character
        names = (*character.domains, *character.refused_domains)
        wanted = Wanted(character.bundle, character.addresses, len(names), character.months, character.options)
        self.contract = offers.draft(self.client, wanted, names, by=OPERATOR)
        offers.send(self.contract, today=self.world.today, by=OPERATOR)
        is_lost = self.character.lets_offer_expire and self.dice.random() < 0.7
        self.later(31 if is_lost else self.dice.randint(1, 30), self._try_in_vain if is_lost else self._accept)

    def _try_in_vain(self) -> None:
        with self.world.refused(Impossible, "an offer that has expired was accepted"):
            self._say_yes()
        offers.withdraw(self.contract, "expired", by=OPERATOR)
        self.later(self.dice.randint(10, 60), self._be_offered)

    def _say_yes(self) -> None:
        seen = offers.sum_of(offers.offer_document(self.contract))
        offers.accept(self.contract, seen, today=self.world.today, staff_is_informed=True, by=self.owner)

    def _accept(self) -> None:
        self._say_yes()
        self.later(self.dice.randint(0, 6), self._begin)

    def _begin(self) -> None:
        character = self.character
        for domain in self.contract.domains.all():
            if domain.name in character.refused_domains:
                naming.refuse(domain, "Against the law.", by=OPERATOR)
            else:
                naming.grant(domain, by=OPERATOR)
        life.start(self.contract, by=OPERATOR)
        self._set_up()
        said = json.loads(self.contract.acceptances.get().document)
        self.known = Known(
            contract=self.contract.pk,
            client=self.client.pk,
            domains=character.domains,
            bundle=character.bundle,
            zone=character.zone,
            first_day=self.world.today,
            months=character.months,
            price=Decimal(said["price_services"]) + Decimal(said["price_options"]),
        )
        self.world.books.contracts[self.contract.pk] = self.known
        self.leaves_on = None
        self._plan()

    # -- In force

    @property
    def is_in_force(self) -> bool:
        """By what it knows itself."""
        return not self.known.is_over(self.world.today)

    def while_in_force(self, days: int, what: Callable[[], None]) -> None:
        """As `later`, unless the contract of today is over by then."""
        known = self.known

        def act() -> None:
            if self.known is known and self.is_in_force:
                self.contract.refresh_from_db()
                what()

        self.later(days, act)

    def _plan(self) -> None:
        """What it will do in the period that has begun."""
        span = self.known.current(self.world.today)
        days = (span.ends - self.world.today).days
        self._plan_parting(span, days - NOTICE.days)
        self.while_in_force(self.dice.randint(20, days - 60), partial(self._meet, self.draw(_TROUBLES)))
        self.world.changes.plan(self, span)
        self.while_in_force(days, self._plan)  # The first day of the next one.

    def _plan_parting(self, span: Span, to_deadline: int) -> None:
        """A letter at ten in the morning is in time up to the day before the one at whose beginning it is too late (3-16)."""
        give_notice = partial(self._give_notice, span)
        match self.draw(_PARTINGS):
            case Parting.LEAVE:
                self.while_in_force(to_deadline - self.dice.choice((1, 2, 30, 100)), give_notice)
            case Parting.TOO_LATE:
                self.while_in_force(to_deadline + self.dice.choice((0, 1, NOTICE.days - 1)), give_notice)

    def _give_notice(self, span: Span) -> None:
        is_in_time = self.world.today < span.ends - NOTICE
        reference = f"RAR {self.client.pk}-{span.number}"
        taken = life.receive_notice(self.contract, reference, self.world.now, whose="client", by=OPERATOR)
        self.world.expect(taken == is_in_time, f"3-16: {reference} of {self.world.today} for {span}: {taken}")
        if is_in_time:
            self.known.leaves = span.ends
            self.later((span.ends - self.world.today).days, self._look_back)

    def _meet(self, trouble: Trouble) -> None:
        match trouble:
            case Trouble.BREACH_REPAIRED | Trouble.BREACH:
                life.declare_breach(self.contract, f"RAR B{self.client.pk}", self.world.today, by=OPERATOR)
                self.while_in_force(15, self._try_to_end_too_soon)
                is_repaired = trouble is Trouble.BREACH_REPAIRED
                self.while_in_force(9 if is_repaired else 16, self._repair if is_repaired else self._end_for_breach)
            case Trouble.HARM:
                self.suspend("harm")
                self.while_in_force(self.dice.randint(1, 12), partial(self.resume, "harm"))
            case Trouble.AGREED:
                self._end("both want it")

    def _try_to_end_too_soon(self) -> None:
        """On the fifteenth day, or after it was repaired (16-1)."""
        with self.world.refused(Impossible, "16-1: ended within the fifteen days, or for what was repaired"):
            life.terminate_for_breach(self.contract, by=OPERATOR)

    def _repair(self) -> None:
        life.repair_breach(self.contract, by=OPERATOR)

    def _end_for_breach(self) -> None:
        life.terminate_for_breach(self.contract, by=OPERATOR)
        self._is_ended()

    def _end(self, reason: str) -> None:
        life.terminate(self.contract, reason, by=OPERATOR)
        self._is_ended()

    def _is_ended(self) -> None:
        """At once, which no letter has announced."""
        self.world.served[str(self.client_id), "ended"] += 1
        self._is_over()

    def is_over_now(self) -> None:
        """By a right of its contract, from this moment on."""
        self._is_over()

    def leave_on(self, day: date) -> None:
        """By a right of its contract (3-8): that day, unless it is over before."""
        known, self.leaves_on = self.known, day
        if day <= self.world.local(known):
            self._is_over()
            return
        known.over = day

        def end() -> None:
            if self.known is known and known.over == day:
                self._is_over()

        self.later((day - self.world.today).days, end)

    def _is_over(self) -> None:
        self.known.over, self.known.is_suspended, self.suspended_for = self.world.today, False, ""
        self._look_back()

    def _look_back(self) -> None:
        """Some come back, with what they have bought before."""
        if (
            self.character.comes_back
            and self.dice.random() < 0.6
            and not self.world.books.late(self.client.pk, self.world.today)
        ):
            self.later(self.dice.randint(5, 90), self._be_offered)

    def suspend(self, why: str) -> None:
        """At once (3-9, 16-2)."""
        if not self.known.is_suspended:
            life.suspend(self.contract, why, by=OPERATOR)
            self.known.is_suspended, self.suspended_for = True, why
            self.world.served[str(self.client_id), "suspended"] += 1

    def resume(self, why: str) -> None:
        """If that is still why."""
        if self.is_in_force and self.suspended_for == why:
            self.contract.refresh_from_db()
            life.resume(self.contract, by=OPERATOR)
            self.known.is_suspended, self.suspended_for = False, ""
            self.world.served[str(self.client_id), "resumed"] += 1

    # -- Money

    def read(self, letter: Taken) -> None:
        """A letter came to its mailbox; what is an invoice is paid, or is not."""
        reference = letter.subject.rpartition(" ")[2]
        if not letter.has_file or not reference.startswith("F"):
            return
        invoice = self._invoice(reference)
        self.world.books.invoices[reference] = Due(self.client.pk, invoice.gross, self.world.today + PAYABLE)
        habit, half = self.draw(_PAYERS), None
        match habit:
            case Payer.IN_TIME:
                days = [self.dice.randint(1, 30)]
            case Payer.LATE:
                days = [self.dice.choice((31, 35, 40, 44, 60))]
            case Payer.IN_PARTS:
                days, half = (
                    [self.dice.randint(5, 30), self.dice.randint(25, 50)],
                    Decimal(self.dice.randint(1, 99)) / 100,
                )
            case Payer.NEVER:
                days = []
        for number, after in enumerate(sorted(days)):
            part = half if half is not None and number == 0 else Decimal(1)
            self.later(after, partial(self._pay, invoice, part))
        if self.dice.random() < 0.08 or self.character.number % 5 == 0:
            self.later(self.dice.randint(1, 40), partial(self._be_credited, invoice))

    def _invoice(self, reference: str) -> Invoice:
        series, _, number = reference.rpartition("-")
        return Invoice.objects.get(series=series, number=int(number))

    def _pay(self, invoice: Invoice, part: Decimal) -> None:
        left = self.world.books.left(invoice.reference)
        amount = (left * part).quantize(Decimal("0.01"))
        if amount <= 0:
            return
        means = self.dice.choice(("cheque", "transfer", "transfer"))
        money = invoices.Received(amount, self.world.today, means, f"{self.character.name} {invoice.reference}")
        if means == bank_lines.TRANSFER and self.world.bank.is_asked():
            self.world.bank.send(invoice, amount, self.character.name)
        else:
            invoices.pay(invoice, money, by=OPERATOR)
        self.world.books.pay(invoice.reference, amount, self.world.today)
        with self.world.refused(Impossible, "6-6: more was taken than is left to pay"):
            invoices.pay(invoice, replace(money, amount=left - amount + Decimal("0.01")), by=OPERATOR)
        self.settle(invoice.reference)
        if self.world.today > self.world.books.invoices[invoice.reference].until and self.dice.random() < 0.5:
            self.later(self.dice.randint(1, 60), self._be_asked)

    def _be_credited(self, invoice: Invoice) -> None:
        """A tenth of its first line, as a gesture."""
        first = read_lines(invoice.lines)[0]
        given = (first.net / 10).quantize(Decimal("0.01"))
        if given <= 0:
            return  # Of some cents of interest.
        line = Line("Geste commercial", Decimal(1), given, first.vat)
        note = invoices.credit(invoice, [line], "gesture", dated=self.world.today, by=OPERATOR)
        self.world.books.gestures.add(note.pk)
        self.world.books.credit(invoice.reference, note.gross)
        self.settle(invoice.reference)

    def settle(self, reference: str) -> None:
        """Who was suspended for what is paid now is served again by the evening, by a job (6-9)."""
        if self.suspended_for == reference and self.world.books.left(reference) <= 0:
            self.world.served[str(self.client_id), "resumed"] += self.is_in_force
            self.known.is_suspended, self.suspended_for = False, ""

    def answer(self, notice: Notice) -> None:
        """The provider's yes or no to what the ladder proposes."""
        known, reference = self.world.books.contracts[notice.invoice.contract_id], notice.invoice.reference
        if self.world.books.left(reference) <= 0:
            return  # It was paid this morning: the job takes the proposal back.
        if known.is_over(self.world.today) or (notice.kind == NoticeKind.FORMAL_NOTICE and self.dice.random() < 0.1):
            dunning.decline(notice, "they have called", by=OPERATOR)
        elif notice.kind == NoticeKind.FORMAL_NOTICE:
            dunning.approve(notice, f"RAR {reference}", by=OPERATOR)
        elif notice.kind == NoticeKind.TERMINATION:
            dunning.approve(notice, "", by=OPERATOR)
            days = (self.world.today - self.world.books.invoices[reference].until).days
            self.world.expect(days > 15, f"6-10: ended for {reference}, {days} days after it was due")
            self._is_over()
        elif not known.is_suspended:  # Or else tomorrow.
            dunning.approve(notice, "", by=OPERATOR)
            known.is_suspended, self.suspended_for = True, reference

    def _be_asked(self) -> None:
        """For what late payment costs, on a document of its own (6-7, 6-8)."""
        if late_claims.claims():
            late_claims.ask_for_claims(by=OPERATOR)

    def draw(self, weights: dict[Enum, int]) -> Enum:
        """By chance; what each does first goes round, so that a few companies show all of it."""
        kinds = list(weights)
        if type(kinds[0]) not in self._firsts:
            self._firsts.add(type(kinds[0]))
            return kinds[self.character.number % len(kinds)]
        return self.dice.choices(kinds, list(weights.values()))[0]
