"""What holds at the end of every day; each yields what it finds wrong. Read `ALL`."""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from django_scopes import scopes_disabled

from ecluse.control.audit.models import Entry
from ecluse.control.audit.queries import verify
from ecluse.control.audit.services import KEPT
from ecluse.control.audit.signing import audit_key
from ecluse.control.billing.invoice_days import sent_by
from ecluse.control.billing.late_claims import recomputed
from ecluse.control.billing.models import ComingLine, Invoice, InvoiceFile, InvoiceKind, LineKind, Notice, Series
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.queries import invoices_of_all
from ecluse.control.billing.totals import totals
from ecluse.control.contracts.models import Contract, Move
from ecluse.control.contracts.states import IN_FORCE, ContractState, Step
from ecluse.control.mail.models import HeldMessage
from ecluse.domain.policy import ServiceState
from ecluse.entrypoints.paths import DataPaths
from ecluse.web.act_words import ACT_WORDS
from tests.simulate import desk_invariants, money_and_people
from tests.simulate.spans import DAY, YEAR

if TYPE_CHECKING:
    from tests.simulate.books import Known
    from tests.simulate.world import World

DAY_S = 86_400.0
NUMBER = re.compile(r"[FA]\d{4}-\d{5}")
BODY_DAYS, LOG_DAYS = 30, 365
KEPT_DAYS = 90  # After its end, what a client has set up (15-6).
TRAIL_EVERY_DAYS = 61  # The whole of it is read again; the last day always.

Invariant = Callable[["World"], Iterator[str]]


def numbers_have_no_gap_and_follow_the_days(_: World) -> Iterator[str]:
    """CGI, annex II, 242 nonies A: each series from 1 on, each number dated no earlier than the one before it."""
    by_series = defaultdict(list)
    for series, number, dated in Invoice.objects.order_by("number").values_list("series", "number", "dated"):
        by_series[series].append((number, dated))
    last = dict(Series.objects.values_list("name", "last"))
    for series, rows in by_series.items():
        if [number for number, _ in rows] != list(range(1, last[series] + 1)):
            yield f"{series} has a gap, or a number twice"
        if any(after < before for (_, before), (_, after) in pairwise(rows)):
            yield f"{series} does not follow the days"
        if any(str(dated.year) != series[1:] for _, dated in rows):
            yield f"{series} has a number of another year"


def balances_reconcile_to_the_cent(world: World) -> Iterator[str]:
    """6-6: invoices, less credit notes, less payments, as the simulation has counted them itself."""
    for each in invoices_of_all(world.today):
        row = each.invoice
        wanted = row.gross - world.books.taken_off(row.reference)
        if each.left != (Decimal(0) if row.is_credit else wanted):
            yield f"{row.reference}: {each.left} is left, and should be {wanted}"


def each_period_is_invoiced_once_on_its_day(world: World) -> Iterator[str]:
    """6-3: the last day of its first month; later where it was not known before whom to invoice."""
    found = defaultdict(dict)
    periods = Invoice.objects.filter(kind=InvoiceKind.INVOICE, period_after__isnull=False)
    rows = periods.values_list("contract_id", "period_after", "dated")
    for contract, after, dated in rows:
        if after in found[contract]:
            yield f"contract {contract}: period {after} is invoiced twice"
        found[contract][after] = dated
    for known in world.books.contracts.values():
        yield from _wrongly_invoiced(world, known, found[known.contract])
    for contract in found.keys() - world.books.contracts.keys():
        yield f"contract {contract} never began and is invoiced"


def _wrongly_invoiced(world: World, known: Known, found: dict[int, object]) -> Iterator[str]:
    since = world.books.buyers.get(known.client)
    for after, dated in known.invoiced(world.today).items():
        wanted = None if since is None else max(dated, since)
        if wanted is not None and wanted <= world.today and not wanted <= found.get(after, dated - DAY) <= wanted + DAY:
            yield f"contract {known.contract}: period {after} is dated {found.get(after)}, and should be {wanted}"
    begun = {YEAR * (span.number - 1) + known.months if span.number else 0 for span in known.begun(world.local(known))}
    for after in found.keys() - begun:
        yield f"contract {known.contract}: period {after} is invoiced and has not begun"


def the_first_invoice_is_what_was_accepted(world: World) -> Iterator[str]:
    """4-5, 6-1: by the document that the client has accepted; what stands beside it is asked about elsewhere."""
    beside = desk_invariants.beside_periods()
    rows = Invoice.objects.filter(kind=InvoiceKind.INVOICE, period_after=0).values_list("pk", "contract_id", "net")
    for invoice, contract, asked in rows:
        net = asked - beside.get(invoice, Decimal(0))
        if net != world.books.contracts[contract].price:
            yield f"contract {contract}: {net} is invoiced, and {world.books.contracts[contract].price} was accepted"


def each_credit_is_what_its_lines_say(_: World) -> Iterator[str]:
    """10-1: its sums are those of the lines kept with it, and no more is given back than was asked."""
    given = defaultdict(lambda: Decimal(0))
    for row in Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE).select_related("corrects"):
        if totals(read_lines(row.lines)).gross != row.gross:
            yield f"{row.reference} is not the sum of its lines"
        given[row.corrects] += row.gross
    for invoice, gross in given.items():
        if gross > invoice.gross:
            yield f"{invoice.reference}: more is given back than was asked"


def whoever_has_a_contract_in_force_is_served_and_nobody_else(world: World) -> Iterator[str]:
    """2-5, 3-18, 6-9, 15-6: by what the node was told."""
    by_client = {known.client: known for known in world.books.contracts.values()}  # The last of each.
    for known in by_client.values():
        wanted = tuple(_told_of(world, known))
        for domain in known.domains:
            policy = world.node.policies.domain(domain)
            told = None if policy is None else (policy.state, policy.receives_inbound, policy.sends_outbound)
            if told not in wanted:
                yield f"{domain} is {told} at the node, and should be {' or '.join(map(str, wanted))}"


def _told_of(world: World, known: Known) -> Iterator[tuple[ServiceState, bool, bool] | None]:
    """What the node may know of each of the client's domains; None = nothing, as of one that is nobody's."""
    services, today = (known.bundle.has_inbound, known.bundle.has_outbound), world.local(known)
    since = known.over_since(today)
    if since is None:
        yield (ServiceState.SUSPENDED if known.is_suspended else ServiceState.ACTIVE, *services)
        return
    over_days, late_days = (today - since).days, world.plan.whole_every + 1  # Not every job works on every evening.
    if over_days < KEPT_DAYS + late_days or _had_open_offer(known, world.now - timedelta(days=late_days)):
        yield (ServiceState.ENDED, *services)
    if over_days >= KEPT_DAYS:
        yield None


def _had_open_offer(known: Known, since: datetime) -> bool:
    """Then nothing goes: the client may come back; nor before the job has looked, once it has not."""
    open_states = (ContractState.DRAFTED, ContractState.SENT, ContractState.ACCEPTED)
    is_open = Contract.objects.filter(client=known.client, state__in=open_states).exists()
    return is_open or Move.objects.filter(client=known.client, what=Step.WITHDRAW, at__gte=since).exists()


def no_contract_is_in_force_past_its_end(world: World) -> Iterator[str]:
    """3-15, 3-18: nor is one over that is not."""
    in_force = set(Contract.objects.filter(state__in=IN_FORCE).values_list("pk", flat=True))
    wanted = {known.contract for known in world.books.contracts.values() if not known.is_over(world.local(known))}
    for contract in in_force - wanted:
        yield f"contract {contract} is in force past its end"
    for contract in wanted - in_force:
        yield f"contract {contract} is over before its end"


def contracts_are_renewed_by_twelve_months(world: World) -> Iterator[str]:
    """3-5, 3-15: whatever the first term was; where its first period is not invoiced it waits."""
    rows = Contract.objects.filter(state__in=IN_FORCE).values_list("pk", "first_day", "period_after", "period_months")
    for contract, first_day, after, months in rows:
        known = world.books.contracts[contract]
        number = known.current(world.local(known)).number
        wanted = (
            (known.first_day, known.months + YEAR * (number - 1), YEAR)
            if number
            else (known.first_day, 0, known.months)
        )
        if (first_day, after, months) != wanted:
            yield f"contract {contract}: period {(first_day, after, months)}, and should be {wanted}"


def each_invoice_is_mailed_once(world: World) -> Iterator[str]:
    """6-4: within three jours ouvrables, with the file that was kept."""
    copies = Counter(letter.subject.rpartition(" ")[2] for letter in world.mail.taken if letter.has_file)
    for row in Invoice.objects.select_related("client"):
        sent = copies[row.reference]
        if sent > 1:
            yield f"{row.reference} was mailed {sent} times"
        if not sent and world.today > sent_by(row.dated) + world.grace(row):
            yield f"{row.reference} of {row.dated} was not mailed"
        if bool(sent) != bool(row.sent_at):
            yield f"{row.reference} was mailed {sent} times, and the database says {row.sent_at}"


def each_file_is_what_was_mailed(world: World) -> Iterator[str]:
    """6-4: of today's letters."""
    sums = {}
    for letter in world.mail.taken[world.mail.looked_at :]:
        for part in letter.mail.iter_attachments():
            sums[letter.subject.rpartition(" ")[2]] = hashlib.sha256(part.get_payload(decode=True)).hexdigest()
    if not sums:
        return
    for file in InvoiceFile.objects.filter(invoice__sent_at__isnull=False).select_related("invoice").defer("body"):
        if sums.get(file.invoice.reference, file.sha256) != file.sha256:
            yield f"{file.invoice.reference}: another file was mailed than is kept"


def each_notice_is_told_once(world: World) -> Iterator[str]:
    """6-9, 6-10: each rung that an unpaid invoice has climbed."""
    told = Counter(
        NUMBER.search(each.subject).group()
        for each in world.mail.taken
        if not each.has_file and NUMBER.search(each.subject)
    )
    sent = Counter(
        f"{row.invoice.reference}" for row in Notice.objects.filter(sent_at__isnull=False).select_related("invoice")
    )
    for reference in told.keys() | sent.keys():
        if told[reference] != sent[reference]:
            yield f"{reference}: {told[reference]} letters, and {sent[reference]} notices that were sent"


def each_claim_is_computed_again_from_what_stands_with_it(world: World) -> Iterator[str]:
    """6-7, 6-8: by the payments that came late, as the simulation has counted them itself; the indemnity is 40 EUR."""
    for row in ComingLine.objects.filter(kind__in=(LineKind.LATE_PENALTY, LineKind.RECOVERY)):
        if row.kind == LineKind.RECOVERY:
            is_right = row.net == Decimal(40)
        else:
            # All of what was still to pay when it was due came late.
            late = Decimal(row.calculation["spans"][0]["amount"])
            is_right = row.net == recomputed(row.calculation) and late == world.books.paid_late.get(
                NUMBER.search(row.source).group()
            )
        if not is_right:
            yield f"{row.source}: {row.net} does not follow from {row.calculation}"


def no_letter_comes_twice(world: World) -> Iterator[str]:
    """The same words to the same person, but for who is told again of something that is still so on another day."""
    seen = Counter(
        (letter.at.date(), letter.recipient, letter.words) for letter in world.mail.taken[world.mail.looked_at :]
    )
    for (_, recipient, _), count in seen.items():
        if count > 1:
            yield f"{recipient} got the same letter {count} times"


def no_body_is_older_than_thirty_days(world: World) -> Iterator[str]:
    """15-4: neither at the node nor in what is known of it; nor is one gone before."""
    told = set(HeldMessage.objects.values_list("id", flat=True))
    kept = {message.id for message in world.node.quarantine.messages()}
    for at, each in reversed(world.node.held):
        age = (time.time() - at) / DAY_S
        if age > BODY_DAYS + 1:
            break
        if age > BODY_DAYS and each in kept:
            yield f"{each} is held for {age:.1f} days"
        if age < BODY_DAYS - 1 and (each not in kept or each not in told):
            yield f"{each} is gone after {age:.1f} days"
    oldest = min((message.received_at for message in world.node.quarantine.messages()), default=time.time())
    if (time.time() - oldest) / DAY_S > BODY_DAYS + 1:
        yield "a body is older than thirty days"


def no_log_is_older_than_a_year(world: World) -> Iterator[str]:
    """15-8: nor is anything gone before."""
    floor, log = time.time() - LOG_DAYS * DAY_S, world.node.log
    old = [each for at, each in world.node.logged if floor - 3 * DAY_S < at < floor - DAY_S]
    young = [each for at, each in world.node.logged if floor + DAY_S < at < floor + 3 * DAY_S]
    for each in old:
        if log.events(each):
            yield f"message {each} is logged for more than a year"
    for each in young:
        if not log.events(each):
            yield f"message {each} is gone from the log within a year"


def the_trail_verifies(world: World) -> Iterator[str]:
    """4-7, 15-7."""
    key = audit_key(DataPaths(world.settings.data_dir).audit_key).public_key()
    for fault in verify(key):
        yield f"trail, entry {fault.number}: {fault.reason}"
    if Entry.objects.filter(at__lt=world.now - KEPT - timedelta(days=1)).exists():
        yield "the trail has entries older than a year"


def whatever_was_done_is_told_in_words(world: World) -> Iterator[str]:
    """4-5: the trail is read by people."""
    for name in set(Entry.objects.order_by().values_list("action", flat=True).distinct()) - ACT_WORDS.keys():
        yield f"{name} has no words"


def nothing_unexpected_was_seen(world: World) -> Iterator[str]:
    """What a service should have refused, or the worker has called an error."""
    yield from world.faults
    world.faults.clear()


ALL: tuple[Invariant, ...] = (
    nothing_unexpected_was_seen,
    numbers_have_no_gap_and_follow_the_days,
    balances_reconcile_to_the_cent,
    each_period_is_invoiced_once_on_its_day,
    the_first_invoice_is_what_was_accepted,
    each_credit_is_what_its_lines_say,
    whoever_has_a_contract_in_force_is_served_and_nobody_else,
    no_contract_is_in_force_past_its_end,
    contracts_are_renewed_by_twelve_months,
    each_invoice_is_mailed_once,
    each_file_is_what_was_mailed,
    each_notice_is_told_once,
    each_claim_is_computed_again_from_what_stands_with_it,
    no_letter_comes_twice,
    no_body_is_older_than_thirty_days,
    no_log_is_older_than_a_year,
    *desk_invariants.ALL,
    *money_and_people.ALL,
)
# They read everything.
SELDOM: tuple[Invariant, ...] = (
    the_trail_verifies,
    whatever_was_done_is_told_in_words,
    *desk_invariants.SELDOM,
    *money_and_people.SELDOM,
)


def faults(world: World, *, is_last: bool = False) -> list[str]:
    """What is wrong this evening."""
    is_all = is_last or world.today.toordinal() % TRAIL_EVERY_DAYS == 0
    return found_by((*ALL, *SELDOM) if is_all else ALL, world)


def found_by(asked: Iterable[Invariant], world: World) -> list[str]:
    """What these find wrong."""
    with scopes_disabled():  # The simulation looks at everything.
        found = [f"{ask.__name__}: {fault}" for ask in asked for fault in ask(world)]
    world.mail.looked_at = len(world.mail.taken)
    return found
