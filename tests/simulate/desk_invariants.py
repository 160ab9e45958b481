"""What holds at the end of every day of the SLA, refunds, amendments, support and abuse; read with `invariants.py`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from ecluse.control.abuse.models import BusyDay, Case, CaseKind, CaseNote, ToldLock
from ecluse.control.billing.models import ComingLine, Invoice, InvoiceKind, LineKind
from ecluse.control.contracts.models import (
    Amendment,
    ChangeNotice,
    RefundRequest,
    RefundState,
    ServiceLetter,
    ToldChange,
)
from ecluse.control.sla import closing
from ecluse.control.sla.models import Breach, MonthClosing, Remedy, ServerPair
from ecluse.control.support.models import Charge, Ticket
from tests.simulate.months import CLAIMS_AFTER, month_of
from tests.simulate.outages import MINUTE_S, month_minutes, months
from tests.simulate.spans import DAY, last_of_month, months_left
from tests.simulate.support import PRICE

if TYPE_CHECKING:
    from tests.simulate.books import Known
    from tests.simulate.world import World


def each_month_is_closed_once_its_claims_are_settled(world: World) -> Iterator[str]:
    """9-2: fifteen days after its end, or when the last claim is settled; from the month on in which it was given servers."""
    if "months" not in world.worked:
        return
    found = defaultdict(set)
    for client, month in MonthClosing.objects.values_list("client_id", "month"):
        found[client].add(month)
    since = dict(ServerPair.objects.values_list("client_id", "since"))
    for known in world.books.contracts.values():
        if known.client in since and not world.claims.are_open(known.client):
            given = datetime.fromtimestamp(since[known.client], known.zone).date()
            for month in _ripe(world, known, max(known.first_day, given)):
                if month not in found[known.client]:
                    yield f"{month:%Y-%m} of contract {known.contract} is not closed"


def _ripe(world: World, known: Known, first_day: date) -> Iterator[date]:
    over = min(filter(None, (known.leaves, known.over)), default=None)
    for month in months(first_day):
        until = datetime.fromtimestamp(month_minutes(month, known.zone).stop * MINUTE_S, known.zone) + CLAIMS_AFTER
        if until > world.now or (over is not None and month >= over):
            return
        yield month


def each_closed_month_is_what_happened(world: World) -> Iterator[str]:
    """9-3 to 9-8, 10-3, 12-1: of those that were closed today, minute by minute and window by window."""
    rows = MonthClosing.objects.filter(closed_at__gte=world.now - timedelta(hours=12))
    for row in rows.select_related("contract", "client"):
        wanted, figures = month_of(world, row), closing.figures_in(row)
        down = {name: each.down_s for name, each in figures.services.items()}
        worst = figures.parties["both"].worst
        percent = Fraction(100 * (worst.blocked + worst.passed), worst.verdicts or 1)
        told = (down, figures.down_s, percent, frozenset(figures.broken))
        should = (wanted.down_s, wanted.any_down_s, wanted.worst, wanted.broken)
        if told != should:
            yield f"{row} of client {row.client_id} is {told}, and should be {should}"


def closed_months_are_computed_again_from_what_they_keep(world: World) -> Iterator[str]:
    """9-2, 10-2, 10-4: all of them, with their seals; one that is letter by letter as it was found right is right."""
    for row in MonthClosing.objects.order_by("pk"):
        said = repr((row.client_id, row.month, row.inputs, row.figures, row.previous, row.seal))
        if said in world.right_months:
            continue
        found = [each for each in closing.faults_of(row) if each != "order"]  # It looks within the scope of a client.
        for fault in found:
            yield f"{row} of client {row.client_id}: {fault}"
        if not found:
            world.right_months.add(said)
    yield from _breaks_in_chains()


def _breaks_in_chains() -> Iterator[str]:
    last: dict[int, str] = {}
    for client, month, previous, seal in MonthClosing.objects.order_by("month").values_list(
        "client_id", "month", "previous", "seal"
    ):
        if previous != last.get(client, ""):
            yield f"{month} of client {client} does not follow the month before it"
        last[client] = seal


def each_broken_promise_opens_one_choice_and_is_told_once(world: World) -> Iterator[str]:
    """10-6, 6-11: for a month, and each owner gets one letter."""
    found = defaultdict(list)
    for row in Breach.objects.values_list("closing_id", "kind", "opened_on", "choose_until", "pk"):
        closed, kind, opened_on, until, number = row
        found[closed].append(kind)
        if not opened_on + timedelta(days=27) <= until <= opened_on + timedelta(days=31):
            yield f"the choice of breach {number} lasts from {opened_on} to {until}"
        if world.told["breach", str(number)] != 1:
            yield f"breach {number} was told {world.told['breach', str(number)]} times"
    for number, broken in MonthClosing.objects.order_by("pk").values_list("pk", "figures__broken"):
        if sorted(found[number]) != sorted(broken):
            yield f"closing {number} broke {broken}, and opened {found[number]}"


def each_sla_credit_is_computed_again_from_its_frozen_month(world: World) -> Iterator[str]:
    """10-2 to 10-4: by the seal that stands with it, to the cent; one for each choice, and on the next invoice that holds it."""
    rows = ComingLine.objects.filter(kind=LineKind.SLA_CREDIT).select_related("invoice__corrects")
    lines, beside, periods = {row.source: row for row in rows}, beside_periods(), _periods()
    credited = Breach.objects.filter(choice=Remedy.CREDIT).select_related("closing", "contract")
    for breach in credited:
        chosen = world.remedies.chosen.get(breach.pk)
        row = lines.pop(f"sla:{breach.contract.reference}:{breach.closing}:{breach.kind}", None)
        if row is None or chosen is None:
            yield f"breach {breach.pk}: chosen here {chosen}, and there {row}"
            continue
        if row.calculation["seal"] != breach.closing.seal or Fraction(row.calculation["percent"]) != chosen.percent:
            yield f"{row.source}: {row.calculation} is not {chosen.percent} % of {breach.closing.seal}"
        wanted = _credit_of(row, chosen.percent, beside)
        if wanted is not None and row.net != wanted:
            yield f"{row.source}: {row.net} is given back, and should be {wanted}"
        if row.invoice is None:
            yield from _was_passed_over(row, periods[row.client_id], beside)
    for source in lines:
        yield f"{source} was chosen by nobody"


def _credit_of(row: ComingLine, percent: Fraction, beside: Mapping[int, Decimal]) -> Decimal | None:
    """None where no invoice says yet of what."""
    if row.percent == "":
        return -_share(Decimal(row.calculation["monthly"]), percent)
    if row.invoice is None:
        return None
    invoice = row.invoice.corrects or row.invoice
    return -_share(_price(invoice, beside), percent)


def _share(base: Decimal, percent: Fraction) -> Decimal:
    exact = Fraction(base) * percent / 100
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def beside_periods() -> Mapping[int, Decimal]:
    """Invoice -> what stands there beside its period."""
    found = defaultdict(Decimal)
    for invoice, net in ComingLine.objects.filter(invoice__isnull=False).values_list("invoice_id", "net"):
        found[invoice] += net
    return found


def _price(invoice: Invoice, beside: Mapping[int, Decimal]) -> Decimal:
    """Of a period alone."""
    return invoice.net - beside.get(invoice.pk, Decimal(0))


def _periods() -> Mapping[int, list[Invoice]]:
    """Client -> invoices of its periods."""
    found = defaultdict(list)
    for row in Invoice.objects.filter(period_after__isnull=False).only(
        "series", "number", "client_id", "net", "made_at"
    ):
        found[row.client_id].append(row)
    return found


def _was_passed_over(row: ComingLine, periods: Iterable[Invoice], beside: Mapping[int, Decimal]) -> Iterator[str]:
    for invoice in [each for each in periods if each.made_at > row.made_at]:
        given = _share(_price(invoice, beside), Fraction(row.percent)) if row.net is None else -row.net
        if invoice.net >= given:
            yield f"{row.source} would have stood on {invoice.reference}, and does not"


def each_refund_is_of_the_months_not_begun(world: World) -> Iterator[str]:
    """3-8, 6-11, 10-1: of what its period and its amendments have asked, once."""
    nets, beside = _nets(), beside_periods()
    for row in RefundRequest.objects.filter(state__in=(RefundState.CREDITED, RefundState.DUE)).select_related(
        "contract"
    ):
        known = world.books.contracts[row.contract_id]
        if known.over != row.leaves_on:
            yield f"{row.contract.reference} was left on {row.leaves_on}, and is over on {known.over}"
            continue
        wanted = _refund_of(world, known, row, beside)
        given = sum((nets[each] for each in row.credit_notes), Decimal(0))
        if row.state == RefundState.CREDITED and given != wanted:
            yield f"{row.contract.reference}: {given} is given back, and should be {wanted}"
    by_hand = RefundRequest.objects.filter(state=RefundState.BY_HAND).select_related("contract")
    found = {row.contract.reference for row in by_hand}
    if found != world.books.by_hand:
        yield f"refunds by hand of {found}, and errors told of {world.books.by_hand}"


def _nets() -> Mapping[str, Decimal]:
    """By reference."""
    return {row.reference: row.net for row in Invoice.objects.only("series", "number", "net")}


def _refund_of(world: World, known: Known, row: RefundRequest, beside: Mapping[int, Decimal]) -> Decimal:
    """Month by month: what the invoice of the period asked, and what each amendment asks a month."""
    span = known.current(row.leaves_on)
    months = months_left(known.first_day, span, span.starts)
    unused = months_left(known.first_day, span, row.leaves_on + DAY)
    after = row.contract.period_after
    found = Invoice.objects.filter(contract=row.contract, kind=InvoiceKind.INVOICE, period_after=after).first()
    price = Decimal(0) if found is None else _price(found, beside)
    amended = [each for each in world.changes.amended.values() if (each.contract, each.span) == (known.contract, span)]
    return _share(price, Fraction(100 * unused, months)) + unused * sum((each.month for each in amended), Decimal(0))


def each_amendment_is_invoiced_once_for_the_months_left(world: World) -> Iterator[str]:
    """17-1, 6-3: what was accepted, times the months that had not begun; dated the last day of its month."""
    rows, nets = Amendment.objects.filter(pk__in=world.changes.amended).select_related("contract"), _nets()
    references = Counter(row.invoice for row in rows if row.invoice)
    for row in rows:
        wanted = world.changes.amended[row.pk]
        if row.months != wanted.months:
            yield f"{row.reference} is paid for {row.months} months, and should be for {wanted.months}"
        if not row.invoice:
            if wanted.months and wanted.month and _must_be_invoiced(world, row):
                yield f"{row.reference} of {row.starts_on} is not invoiced"
            continue
        net = nets[row.invoice]
        if net != wanted.month * wanted.months or references[row.invoice] > 1:
            yield f"{row.invoice}: {net} is asked for {row.reference}, and should be {wanted.month * wanted.months}"


def _must_be_invoiced(world: World, row: Amendment) -> bool:
    since = world.books.buyers.get(world.books.contracts[row.contract_id].client)
    if since is None or row.contract.period_waived:
        return False
    return max(last_of_month(row.starts_on), since) + DAY < world.today


def each_change_is_told_to_each_owner_once(world: World) -> Iterator[str]:
    """3-8: of all contracts that were in force when it was published."""
    titles = dict(ChangeNotice.objects.values_list("pk", "title"))
    rows = set(ToldChange.objects.values_list("contract_id", "notice_id"))
    if rows != world.changes.told:
        yield f"changes were told for {rows ^ world.changes.told} there or here alone"
    wanted = Counter({("change", str(contract), titles[notice]): 1 for contract, notice in rows})
    yield from _letters(world, "change", wanted)


def what_happens_to_a_service_is_told_once(world: World) -> Iterator[str]:
    """3-9, 3-18, 16-2: that it is suspended, over or there again, at once; that it ends, weeks and days before."""
    wanted: Counter[tuple[str, ...]] = Counter({("service", *key): count for key, count in world.served.items()})
    coming = ServiceLetter.objects.filter(event__in=("ends", "ends-soon")).values_list("client_id", "event")
    wanted.update(("service", str(client), event) for client, event in coming)
    yield from _letters(world, "service", wanted)
    rows = set(ServiceLetter.objects.values_list("contract_id", "event", "ends_on"))
    for known in world.books.contracts.values():
        if known.leaves is None or known.over is not None:
            continue
        for event, days in (("ends", 28), ("ends-soon", 5)):
            is_due = world.local(known) >= known.leaves - days * DAY
            if is_due != ((known.contract, event, known.leaves) in rows):
                yield f"{event} of contract {known.contract}, over on {known.leaves}: should be told is {is_due}"


def requests_beyond_the_quota_are_asked_about_and_billed_once(world: World) -> Iterator[str]:
    """5-2, 5-3: by the users at subscription and the month of the client's own calendar; 40 EUR where an agent said so."""
    rows = {row.pk: row for row in Ticket.objects.all()}
    for number, is_asked in world.support.asked.items():
        if (rows[number].charge != Charge.NONE) != is_asked:
            yield f"ticket {number} is {rows[number].charge}, and should be asked about: {is_asked}"
    lines = Counter()
    for row in ComingLine.objects.filter(kind=LineKind.SUPPORT):
        lines[row.source] += 1
        if row.net != PRICE:
            yield f"{row.source} costs {row.net}"
    wanted = Counter(f"support:{rows[number].reference}" for number in world.support.billed)
    if lines != wanted:
        yield f"requests were billed by {lines - wanted} more and {wanted - lines} fewer lines"


def each_answer_is_mailed_once(world: World) -> Iterator[str]:
    """5-1."""
    wanted = Counter({("ticket", str(number)): count for number, count in world.support.answers.items()})
    yield from _letters(world, "ticket", wanted)


def who_sends_too_much_on_a_day_is_a_case_once(world: World) -> Iterator[str]:
    """3-9: more than 500 messages of one address, and only then."""
    notes = Counter(
        (client, text.partition(":")[0])
        for client, text in CaseNote.objects.filter(case__kind=CaseKind.VOLUME).values_list("case__client_id", "text")
    )
    wanted = Counter({key: 1 for key, count in world.abuse.busy.items() if count > 500})
    for case in world.abuse.forgotten(CaseKind.VOLUME, _cases()):
        wanted.subtract((case.client, day) for day in case.notes)
    if notes != wanted:
        yield f"cases were noted for {notes - wanted} more and {wanted - notes} fewer"
    days = {(client, day.isoformat()) for client, day in BusyDay.objects.values_list("client_id", "day")}
    fresh = {key for key, count in world.abuse.busy.items() if count >= 400 and _is_of_these_days(world, key[1])}
    if not fresh <= days:
        yield f"busy days are not seen: {fresh - days}"


def _is_of_these_days(world: World, day: str) -> bool:
    return datetime.fromisoformat(day).date() > world.today - timedelta(days=80)


def each_lock_is_told_once_and_in_force_as_long_as_it_is(world: World) -> Iterator[str]:
    """3-11, 3-12: the client is told, a case is opened, and who unlocks it reaches the node."""
    yield from _letters(world, "lock", Counter({("lock", str(client)): n for client, n in world.abuse.locked.items()}))
    now = world.now.timestamp()
    told = {row.lock_id for row in ToldLock.objects.filter(lifted_at=0) if not row.until or row.until > now}
    known = {each.id for each in world.abuse.locks.all() if each.is_in_force(now)}
    wanted = {each for each, until in world.abuse.in_force.items() if not until or until > now}
    if not told == known == wanted:
        yield f"locked by what was told {told}, at the node {known}, and should be {wanted}"
    noted = Counter(CaseNote.objects.filter(case__kind=CaseKind.EMISSION).values_list("case__client_id", flat=True))
    kept = Counter(world.abuse.locked)
    for case in world.abuse.forgotten(CaseKind.EMISSION, _cases()):
        kept[case.client] -= len(case.notes)
    if noted != kept:
        yield f"locks are noted in cases of {noted}, and should be of {kept}"


def _cases() -> set[int]:
    return set(Case.objects.values_list("pk", flat=True))


def _letters(world: World, kind: str, wanted: Counter[tuple[str, ...]]) -> Iterator[str]:
    found = Counter({key: count for key, count in world.told.items() if key[0] == kind})
    for key in (found - wanted) + (wanted - found):
        yield f"{' '.join(key)}: {found[key]} letters, and should be {wanted[key]}"


ALL = (
    each_month_is_closed_once_its_claims_are_settled,
    each_closed_month_is_what_happened,
    each_broken_promise_opens_one_choice_and_is_told_once,
    each_sla_credit_is_computed_again_from_its_frozen_month,
    each_refund_is_of_the_months_not_begun,
    each_amendment_is_invoiced_once_for_the_months_left,
    each_change_is_told_to_each_owner_once,
    what_happens_to_a_service_is_told_once,
    requests_beyond_the_quota_are_asked_about_and_billed_once,
    each_answer_is_mailed_once,
    who_sends_too_much_on_a_day_is_a_case_once,
    each_lock_is_told_once_and_in_force_as_long_as_it_is,
)
SELDOM = (closed_months_are_computed_again_from_what_they_keep,)
