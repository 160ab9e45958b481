"""What holds of the bank's lines, and of people who ask about their data, at the end of a day. Read `ALL`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ecluse.control.billing.models import Advance, BankLine, Payment
from ecluse.control.mail.held import WAITING
from ecluse.control.mail.models import HeldCopy
from ecluse.control.privacy.models import PersonRequest
from ecluse.control.privacy.naming import Names
from ecluse.control.privacy.requests import RequestState, Right
from ecluse.control.privacy.searching import Trace, log_rows, traces
from ecluse.domain.address import Address
from ecluse.domain.personal_data import Erasing, Kept

if TYPE_CHECKING:
    from tests.simulate.persons import Gone
    from tests.simulate.world import World

# What is kept of who was erased ends by itself.
TERMS = {Kept.BODIES: timedelta(days=30), Kept.LOGS: timedelta(days=365)}


def each_line_of_the_bank_is_booked_once(world: World) -> Iterator[str]:
    """6-5: money that came is kept once, however often statements tell of it, and paid with to the cent, by whose it is."""
    came = [each for each in world.bank.booked if each.amount > 0]
    wanted = Counter((each.booked_on, each.label, each.amount, each.payer) for each in came)
    found, paid = Counter(), _paid_by_line()
    for row in BankLine.objects.all():
        found[row.booked_on, row.label, row.amount, row.client_id] += 1
        if paid[row.pk] != (row.amount if row.applied_at else 0) or bool(row.applied_at) == bool(row.ignored_at):
            yield f"{row}: {paid[row.pk]} was paid with it"
    for key in (found - wanted) + (wanted - found):
        yield f"{key}: kept {found[key]} times, and came {wanted[key]} times"


def _paid_by_line() -> dict[int, Decimal]:
    found: defaultdict[int, Decimal] = defaultdict(lambda: Decimal(0))
    for model in (Payment, Advance):
        for line, amount in model.objects.filter(bank_line__isnull=False).values_list("bank_line_id", "amount"):
            found[line] += amount
    return found


def what_people_ask_is_answered_and_reminded_of(world: World) -> Iterator[str]:
    """15-2: until it is answered, letters 15, 7 and 2 days before the thirtieth, on that day, and once it is late: each once."""
    rows = {row.pk: row for row in PersonRequest.objects.all()}
    if rows.keys() != world.persons.asked.keys():
        yield f"requests {rows.keys() ^ world.persons.asked.keys()} are there, or were made, alone"
        return
    for number, asked in world.persons.asked.items():
        row, is_closed = rows[number], asked.closed <= world.today
        if (row.state == RequestState.ANSWERED) != is_closed:
            yield f"{row} is {row.state}"
        if bool(row.erased_at) != (is_closed and asked.right == Right.ERASURE):
            yield f"{row} of {asked.right}: erased at {row.erased_at}"
        letters, wanted = world.told["request", str(number)], asked.reminders(world.today)
        if letters != wanted:
            yield f"{row} of {asked.day}: {letters} letters, and should be {wanted}"


def who_was_erased_is_found_nowhere(world: World) -> Iterator[str]:
    """15-1: neither in any table nor at the node; but for what is declared to be kept, and that only until its term."""
    gone = world.persons.gone
    if not gone:
        return
    names = Names(tuple(gone))
    for trace in traces(names, None):
        value = str(getattr(trace.row, trace.field.field))
        of_them = [each for each in gone if Names((each,)).are_in(value)]
        for address in of_them:
            if not _may_be_kept(trace) or _is_past_its_term(world, gone[address], trace.store.kept):
                yield f"{address} stands in {trace.store.name}.{trace.field.field} of {trace.row.pk}"
    for row in log_rows(world.node.log, names, None, world.now.timestamp())[0]:
        if _is_past_its_term(world, gone[row.recipient], Kept.LOGS):
            yield f"{row.recipient} stands in the log"
    for address, each in gone.items():
        known = world.node.policies.has_address(Address(*address.split("@")))
        if known or world.node.policies.suppression(each.client, address) is not None:
            yield f"the node knows {address}"


def _may_be_kept(trace: Trace) -> bool:
    """By what is declared; of held mail the line stays, which says that its content is gone."""
    is_line = isinstance(trace.row, HeldCopy) and trace.row.state not in WAITING
    return trace.field.erasing in {Erasing.KEPT, Erasing.LAPSES} or is_line


def _is_past_its_term(world: World, gone: Gone, kept: Kept) -> bool:
    late = timedelta(days=world.plan.whole_every + 1)  # Not every clock runs on every evening.
    return kept in TERMS and gone.at + TERMS[kept] + late < world.now


ALL = (each_line_of_the_bank_is_booked_once, what_people_ask_is_answered_and_reminded_of)
SELDOM = (who_was_erased_is_found_nowhere,)
