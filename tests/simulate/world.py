"""An installation with its clients, its worker and a node, day by day under a moved clock."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, MutableSequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from functools import partial
from itertools import count

import time_machine
from django.conf import settings
from django.test import override_settings
from django.urls import resolve
from django_scopes import scopes_disabled
from structlog.testing import capture_logs
from structlog.typing import EventDict

from ecluse.control.accounts.models import User
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.billing import dunning
from ecluse.control.billing.models import Invoice, InvoiceKind
from ecluse.control.billing.registers import set_seller
from ecluse.control.contracts import catalogue
from ecluse.control.contracts.models import RefundRequest, RefundState
from ecluse.control.contracts.price_grid import Grid
from ecluse.control.contracts.terms import PARIS
from ecluse.control.sla.models import Breach, BreachLetter, MonthClosing
from ecluse.entrypoints import invoice_jobs, worker_jobs
from ecluse.entrypoints.console_tables import Web
from ecluse.entrypoints.settings_tables import Control, Settings
from ecluse.wire.notations import DomainName
from tests.parties import SELLER
from tests.price_list import GRID
from tests.simulate.abuse import Abuse
from tests.simulate.bank import Bank
from tests.simulate.books import Books, Known
from tests.simulate.changes import Changes
from tests.simulate.character import draw
from tests.simulate.claims import Claims
from tests.simulate.company import OPERATOR, Company
from tests.simulate.letters import MailServer, Taken, event_in, mail_server
from tests.simulate.node import Node
from tests.simulate.outages import Network
from tests.simulate.persons import MAILBOX, Persons
from tests.simulate.place import Place
from tests.simulate.remedies import Remedies
from tests.simulate.spans import DAY
from tests.simulate.support import Support

FIRST_DAY = date(2023, 1, 1)  # A leap year is among those that follow, and the bank's rates are known.
NIGHT, MORNING, EVENING = time_of_day(0, 10), time_of_day(10), time_of_day(23)
AT_MIDNIGHT = ("contracts",)
# All others, too, on each day that is said to be whole.
IN_THE_EVENING = (
    *AT_MIDNIGHT,
    "invoices",
    "late payment",
    "letters",
    "changes",
    "service letters",
    "requests",
    "support mail",
    "held mail",
    "audit trail",
    "access",
)
CLOSING_DAYS = (1, 8, 15, 16, 17, 24)  # Of a month: then months are closed, fifteen days after their end, or later.
SLA_LETTERS = "months"
OUTSIDE = frozenset({"servers"})  # It looks into the DNS.
PAGE = re.compile(r"http://testserver(/\S+)")
SUPPORT = "support@provider.example"
CHEAP = "django.contrib.auth.hashers.MD5PasswordHasher"  # No password is asked for here.
DRAWN_WHOLE = 5  # So many files are drawn as they are for clients; the others would take a sixth of a second each.


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated."""

    seed: str
    clients: int
    whole_every: int = 1  # Days: on the others, jobs that have nothing to do here are left out.


class World:
    """`live` is one day; afterwards the invariants must hold."""

    def __init__(self, place: Place, clock: time_machine.Traveller, mail: MailServer, plan: Plan) -> None:
        self.plan = plan
        seed = plan.seed
        self.clock, self.mail, self.seed = clock, mail, seed
        self.settings = Settings(
            hostname=DomainName("mx.provider.example"),
            data_dir=place.folder,
            web=Web(url="http://testserver", mail_through=mail.endpoint),
            control=Control(database=place.database),
        )
        self.books = Books()
        self.first_day, self.operator = FIRST_DAY, OPERATOR
        self.tonight: list[str] = []  # Jobs that have something to do this evening.
        self.worked: frozenset[str] = frozenset()  # Jobs of this evening.
        # Page that a letter leads to, and what it is called -> letters.
        self.told: Counter[tuple[str, ...]] = Counter()
        # Client, and "suspended" or "resumed": what its people must hear.
        self.served: Counter[tuple[str, str]] = Counter()
        self.faults: list[str] = []  # What was seen on the way.
        self.right_months: set[str] = set()  # Closed ones, in all their letters.
        self.today = FIRST_DAY
        self._agenda: defaultdict[date, list[Callable[[], None]]] = defaultdict(list)
        self._said: MutableSequence[EventDict] = []
        self.delivered = 0  # Letters.
        self._last_note = 0
        self._dice = random.Random(f"{seed}/world")
        self._set(MORNING)
        self._open()
        self.companies: list[Company] = []
        self.network, self.claims, self.remedies = Network(self, seed), Claims(self, seed), Remedies(self, seed)
        self.support, self.changes, self.abuse = Support(self, seed), Changes(self, seed), Abuse(self, seed)
        self.bank, self.persons = Bank(self, seed), Persons(self, seed)
        self.node = Node(self.settings, seed, self.claims)
        self.companies += [Company(self, draw(seed, number, FIRST_DAY)) for number in range(plan.clients)]

    @property
    def now(self) -> datetime:
        """By the clock."""
        return datetime.now(UTC)

    def minute(self) -> int:
        """Since the epoch, by the clock."""
        return int(self.now.timestamp()) // 60

    @staticmethod
    def person(user: User) -> Actor:
        """Somebody of the provider's."""
        return Actor(ActorKind.PERSON, user.email, id=user.pk, ip="192.0.2.2")

    def at(self, day: date, what: Callable[[], None]) -> None:
        """At ten in the morning there; of today: as the last thing."""
        self._agenda[day].append(what)

    def expect(self, holds: bool, said: str) -> None:
        """Or else it is a fault."""
        if not holds:
            self.faults.append(said)

    @contextmanager
    def refused(self, kind: type[Exception], said: str) -> Iterator[None]:
        """What is done inside must be, with this error."""
        try:
            yield
        except kind:
            return
        self.faults.append(said)

    def live(self) -> None:
        """One day, from midnight in Paris to its evening."""
        with capture_logs() as self._said:
            self._live()

    def _live(self) -> None:
        self._set(NIGHT)
        self.mail.is_away = self._dice.random() < 0.02
        self.work(AT_MIDNIGHT)
        self._set(MORNING)
        self._act()
        self.node.live(self.companies)
        self.claims.live()
        self.support.live()
        self.changes.live()
        self.abuse.live()
        self.bank.live()
        self.persons.live()
        self._set(EVENING)
        self.mail.is_away = False
        self.network.live()
        self._work_in_the_evening()
        self.node.keep_house()

    def _work_in_the_evening(self) -> None:
        is_whole = self.today.toordinal() % self.plan.whole_every == 0
        closing = (SLA_LETTERS,) if self.today.day in CLOSING_DAYS else ()
        some = (*IN_THE_EVENING, *closing, *self.tonight)
        names = [each for each in worker_jobs.JOBS if each not in OUTSIDE and (is_whole or each in some)]
        self.tonight.clear()
        self.work(names)
        self.worked = frozenset(names)
        while SLA_LETTERS in names and self._are_breaches_untold():
            self.work((SLA_LETTERS,))  # Fifty letters at once.

    @staticmethod
    def _are_breaches_untold() -> bool:
        with scopes_disabled():  # Letters of all clients.
            return BreachLetter.objects.exists()

    def turn(self) -> None:
        """To the next day."""
        self.today += DAY

    def work(self, names: Collection[str]) -> None:
        """These jobs of the worker once, as they stand in its table."""
        for name in names:
            worker_jobs.JOBS[name].work(self.settings)
        self._look_through()
        self.deliver()
        if AT_MIDNIGHT[0] in names:
            self._note_credits()

    def local(self, known: Known) -> date:
        """The day of a contract's own time zone."""
        return self.now.astimezone(known.zone).date()

    def invoice(self, reference: str) -> Invoice:
        """Of whichever client."""
        series, _, number = reference.rpartition("-")
        with scopes_disabled():  # Numbers go through the invoices of all clients.
            return Invoice.objects.get(series=series, number=int(number))

    def grace(self, invoice: Invoice) -> timedelta:
        """What somebody has to look at first comes later: a mailbox with a slip of the pen."""
        company = self._company(invoice.client_id)
        return 2 * DAY if company.character.mistypes_mailbox else 0 * DAY

    def summary(self) -> str:
        """In numbers."""
        books = self.books
        over = sum(known.is_over(self.today) for known in books.contracts.values())
        return (
            f"{len(self.companies)} clients, {len(books.contracts)} contracts of which {over} are over, "
            f"{len(books.invoices)} invoices, {len(books.paid)} paid at least in part, {len(books.credited)} credited, "
            f"{len(self.mail.taken)} letters, {len(self.node.logged)} messages; {self._of_the_desk()}"
        )

    def _of_the_desk(self) -> str:
        said = sum(len(each) for each in self.claims.said.values())
        with scopes_disabled():  # Of all clients.
            months, broken = MonthClosing.objects.count(), Breach.objects.count()
            left = RefundRequest.objects.exclude(state=RefundState.VOID).count()
        return (
            f"{months} months closed, {said} claims, {broken} breaches, {len(self.remedies.chosen)} credits chosen, "
            f"{left} left by right, {len(self.changes.amended)} amendments, {len(self.support.asked)} requests of which "
            f"{len(self.support.billed)} were billed, {sum(self.abuse.locked.values())} locks, {len(self.abuse.busy)} busy days, "
            f"{len(self.bank.booked)} lines of the bank, {len(self.persons.asked)} requests of people, {len(self.persons.gone)} erased"
        )

    def close(self) -> None:
        """Let go of what is open."""
        self.abuse.close()
        self.node.close()

    def _set(self, hour: time_of_day) -> None:
        self.clock.move_to(datetime.combine(self.today, hour, PARIS).astimezone(UTC))

    def _open(self) -> None:
        set_seller(SELLER, by=OPERATOR)
        for year in range(4):
            self.at(FIRST_DAY.replace(year=FIRST_DAY.year + year), partial(self._publish, year))

    def _publish(self, year: int) -> None:
        """Each year it becomes a little dearer, under new terms (3-8, 17-1)."""
        factor = Decimal(100 + 3 * year) / 100
        tiers = tuple(
            type(tier)(
                tier.up_to,
                {bundle: (price * factor).quantize(Decimal("0.01")) for bundle, price in tier.prices.items()},
            )
            for tier in GRID.tiers
        )
        catalogue.publish_prices(Grid(tiers, GRID.domain, GRID.reductions, GRID.options), by=OPERATOR)
        catalogue.publish_terms(f"{FIRST_DAY.year + year}-01", "You pay, we filter.", by=OPERATOR)

    def _act(self) -> None:
        agenda = self._agenda[self.today]
        for act in agenda:  # It may grow meanwhile.
            act()
        del self._agenda[self.today]
        for notice, _ in dunning.notices_waiting(self.today):
            company = self._company(notice.client_id)
            company.act(partial(company.answer, notice))

    def _look_through(self) -> None:
        """What is called an error is one, but where the mail server was told to be so."""
        while self._said:
            line = self._said.pop()
            if line["event"] == "invoice not taken":
                self.at(self._next_morning(), partial(self._mend_mailbox, line["invoice"]))
            elif line["event"] == "refund not credited":
                self.books.by_hand.add(line["contract"])
            elif line["log_level"] in {"error", "critical"} and line["event"] != "mail not sent":
                self.faults.append(f"logged: {line}")

    def _next_morning(self) -> date:
        is_before = datetime.now(PARIS).time() < MORNING
        return self.today if is_before else self.today + DAY

    def _mend_mailbox(self, reference: str) -> None:
        invoice = self.invoice(reference)
        company = self._company(invoice.client_id)
        company.act(partial(company.mend_mailbox, invoice))

    def _company(self, client: int) -> Company:
        return next(each for each in self.companies if each.client_id == client)

    def deliver(self) -> None:
        """What has come since."""
        fresh, self.delivered = self.mail.taken[self.delivered :], len(self.mail.taken)
        by_mailbox = {company.mailbox: company for company in self.companies} if fresh else {}
        by_owner = {company.owner_mailbox: company for company in self.companies} if fresh else {}
        for letter in fresh:
            company = by_mailbox.get(letter.recipient)
            if company is not None:
                company.act(partial(company.read, letter))
            company = by_owner.get(letter.recipient)
            if company is not None:
                company.act(partial(self._read_page, company, letter))
            if letter.recipient == MAILBOX:
                self._read_of_provider(letter)

    def _read_of_provider(self, letter: Taken) -> None:
        """Who works on what people ask is reminded."""
        found = PAGE.search(letter.words)
        page = None if found is None else resolve(found.group(1))
        if page is not None and page.url_name == "person_request":
            self.told["request", str(page.kwargs["request_id"])] += 1

    def _read_page(self, company: Company, letter: Taken) -> None:
        """An owner looks where his letter leads."""
        found = PAGE.search(letter.words)
        page = None if found is None else resolve(found.group(1))
        match None if page is None else page.url_name:
            case "sla_breach":
                number = page.kwargs["breach_id"]
                self.told["breach", str(number)] += 1
                self.remedies.told(company, number)
            case "contract":
                title = letter.subject.rpartition(" ")[2]
                number = next(iter(each for name, each in page.kwargs.items() if name != "client_id"))
                self.told["change", str(number), title] += 1
                self.changes.read(company, number, title)
            case "ticket":
                self.told["ticket", str(page.kwargs["ticket_id"])] += 1
            case "dashboard":
                self.told["service", str(company.client_id), event_in(letter.subject)] += 1
            case "sending_locks":
                self.told["lock", str(company.client_id)] += 1

    def _note_credits(self) -> None:
        """What the worker has given back; whether it is right others ask."""
        with scopes_disabled():  # Of all clients.
            rows = Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE, pk__gt=self._last_note).select_related(
                "corrects"
            )
            for row in rows.order_by("pk"):
                self._last_note = row.pk
                if row.pk not in self.books.gestures:
                    self.books.credit(row.corrects.reference, row.gross)
                    self._company(row.client_id).settle(row.corrects.reference)


@contextmanager
def created(place: Place, plan: Plan) -> Iterator[World]:
    """On the first morning. Django is started, and the database there and empty."""
    with ExitStack() as stack:
        mail = stack.enter_context(mail_server())
        clock = stack.enter_context(time_machine.travel(datetime.combine(FIRST_DAY, MORNING, UTC), tick=False))
        stack.enter_context(_drawn_in_part())
        desk = replace(settings.ECLUSE_SUPPORT, address=SUPPORT)
        stack.enter_context(override_settings(ECLUSE_SUPPORT=desk, PASSWORD_HASHERS=(CHEAP,)))
        world = World(place, clock, mail, plan)
        stack.callback(world.close)
        yield world


@contextmanager
def _drawn_in_part() -> Iterator[None]:
    """The first files are what clients get, the others a line."""
    with ExitStack() as stack:
        for name in ("_drawn", "_paper"):
            whole = getattr(invoice_jobs, name)
            stack.callback(setattr, invoice_jobs, name, whole)
            setattr(invoice_jobs, name, partial(_draw, whole, count()))
        yield


def _draw(whole: Callable[[object], bytes], drawn: Iterator[int], what: object) -> bytes:
    number = next(drawn)
    return whole(what) if number < DRAWN_WHOLE else b"%%PDF of no. %d" % number
