"""The accounting export that French law names: fichier des écritures comptables (LPF, article A47 A-1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django_scopes import scopes_disabled

from ecluse.control.billing.accounts import Accounts
from ecluse.control.billing.models import ADVANCE, UNTAXED, Advance, ComingLine, Invoice, LineKind, Payment, Purpose
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.registers import newest_seller, read_seller
from ecluse.control.billing.totals import Line, totals
from ecluse.control.contracts.terms import PARIS
from ecluse.domain.errors import Impossible
from ecluse.domain.money import french

COLUMNS = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)
_MONTHS = 24  # No financial year is longer.
_JOURNALS = {"VE": "Ventes", "BQ": "Banque", "OD": "Opérations diverses"}
_LABELS = {
    "clients": "Clients",
    "advances": "Clients, avances et acomptes reçus",
    "bank": "Banque",
    "cheques": "Chèques à encaisser",
    "other_means": "Autres encaissements",
    "services": "Prestations de services",
    "services_union": "Prestations de services, Union européenne",
    "services_abroad": "Prestations de services, hors Union européenne",
    "services_exempt": "Prestations de services exonérées",
    "given_back": "Rabais, remises et ristournes accordés",
    "vat": "TVA collectée",
    "vat_other": "TVA collectée, autre taux",
    "penalties": "Pénalités de retard reçues",
    "recovery": "Indemnités de recouvrement reçues",
}


@dataclass(frozen=True, slots=True)
class Export:
    """One file."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Posting:
    """One line of an entry: above 0 a debit, below 0 a credit."""

    account: str
    amount: Decimal
    is_of_client: bool = False


@dataclass(frozen=True, slots=True)
class _Writing:
    """One entry, whose lines come to nothing."""

    journal: str
    on: date
    piece: str
    piece_on: date
    text: str
    made_at: datetime
    client_number: str
    client_name: str
    postings: tuple[_Posting, ...]

    @property
    def order(self) -> tuple[date, datetime, str]:
        """By day, and then as it was entered."""
        return self.on, self.made_at, self.piece


def export(first: date, last: date, accounts: Accounts) -> Export:
    """All entries of a financial year, both days included. Raises `Impossible` for no year, and while nobody sells."""
    seller = newest_seller()
    if seller is None or not first < last or (last - first).days > _MONTHS * 31:
        raise Impossible("a financial year has a first day and a last, and it is known whose it is")
    with scopes_disabled():  # The provider's books are over all clients.
        found = [each for each in _writings(accounts) if first <= each.on <= last]
    rows = [COLUMNS, *_rows(sorted(found, key=lambda each: each.order), _names(accounts))]
    text = "".join("\t".join(cells) + "\r\n" for cells in rows)
    return Export(f"{read_seller(seller).siren}FEC{last:%Y%m%d}.txt", text.encode())


def _writings(accounts: Accounts) -> Iterator[_Writing]:
    kinds = dict(ComingLine.objects.filter(kind__in=UNTAXED).values_list("text", "kind"))
    for invoice in Invoice.objects.select_related("buyer", "corrects"):
        yield _of_invoice(invoice, accounts, kinds)
    for payment in Payment.objects.exclude(means=ADVANCE).select_related("invoice__buyer"):
        yield _of_payment(payment, accounts)
    buyers = {each.client_id: each for each in Invoice.objects.select_related("buyer").order_by("pk")}
    for kept in Advance.objects.select_related("client", "invoice"):
        newest = buyers.get(kept.client_id)
        yield _of_advance(kept, accounts, newest.buyer.plain["name"] if newest else kept.client.name)


def _of_invoice(invoice: Invoice, accounts: Accounts, kinds: dict[str, str]) -> _Writing:
    sign, lines = (1 if invoice.is_credit else -1), read_lines(invoice.lines)
    postings = [_Posting(accounts.clients, -sign * invoice.gross, is_of_client=True)]
    sold: dict[str, Decimal] = {}
    for line in lines:
        account = _account_of(line, invoice, accounts, kinds)
        sold[account] = sold.get(account, Decimal("0.00")) + sign * line.net
    postings += [_Posting(account, amount) for account, amount in sold.items()]
    postings += [_Posting(accounts.tax(each.vat.percent), sign * each.tax) for each in totals(lines).by_rate]
    what = f"Avoir {invoice.reference}" if invoice.is_credit else f"Facture {invoice.reference}"
    return _writing("VE", invoice.dated, invoice, what, invoice.made_at, postings)


def _account_of(line: Line, invoice: Invoice, accounts: Accounts, kinds: dict[str, str]) -> str:
    late = {LineKind.LATE_PENALTY: accounts.penalties, LineKind.RECOVERY: accounts.recovery}
    if invoice.purpose == Purpose.LATE_PAYMENT:
        return late[LineKind(kinds[_asked(line, invoice).text])]
    return accounts.given_back if invoice.is_credit or line.net < 0 else accounts.sold(line.vat)


def _asked(line: Line, invoice: Invoice) -> Line:
    """What a credit note takes off has words of its own: the line of its document that asked as much, or else the first."""
    if invoice.corrects is None:
        return line
    lines = read_lines(invoice.corrects.lines)
    return next((each for each in lines if each.net == line.net), lines[0])


def _of_payment(payment: Payment, accounts: Accounts) -> _Writing:
    postings = [
        _Posting(accounts.came_by(payment.means), payment.amount),
        _Posting(accounts.clients, -payment.amount, is_of_client=True),
    ]
    what = "Règlement" if payment.amount > 0 else "Règlement annulé"
    text = f"{what} {payment.invoice.reference} {payment.reference}"
    return _writing("BQ", payment.paid_on, payment.invoice, text, payment.entered_at, postings)


def _of_advance(kept: Advance, accounts: Accounts, name: str) -> _Writing:
    if kept.means == ADVANCE and kept.invoice is not None:
        what = "Avance utilisée" if kept.amount < 0 else "Trop-perçu gardé en avance"
        journal, other, text = "OD", accounts.clients, f"{what} {kept.invoice.reference}"
    else:
        journal, other, text = "BQ", accounts.came_by(kept.means), f"Avance {kept.reference}"
    postings = (
        _Posting(other, kept.amount, is_of_client=journal == "OD"),
        _Posting(accounts.advances, -kept.amount, is_of_client=True),
    )
    piece = kept.invoice.reference if kept.invoice else f"AV{kept.pk:06d}"
    return _Writing(journal, kept.on, piece, kept.on, text, kept.entered_at, _number(kept.client_id), name, postings)


def _writing(
    journal: str, on: date, invoice: Invoice, text: str, made_at: datetime, postings: Iterable[_Posting]
) -> _Writing:
    name, number = invoice.buyer.plain["name"], _number(invoice.client_id)
    kept = tuple(each for each in postings if each.amount)
    return _Writing(journal, on, invoice.reference, invoice.dated, text, made_at, number, name, kept)


def _rows(writings: Iterable[_Writing], names: dict[str, str]) -> Iterator[tuple[str, ...]]:
    """Numbered in order, without a gap; what comes to nothing at all is no entry."""
    number = 0
    for each in writings:
        number += bool(each.postings)
        for posting in each.postings:
            yield _cells(number, each, posting, names[posting.account])


def _cells(number: int, writing: _Writing, posting: _Posting, account_name: str) -> tuple[str, ...]:
    client = (writing.client_number, writing.client_name) if posting.is_of_client else ("", "")
    cells = (
        writing.journal,
        _JOURNALS[writing.journal],
        str(number),
        f"{writing.on:%Y%m%d}",
        posting.account,
        account_name,
        *client,
        writing.piece,
        f"{writing.piece_on:%Y%m%d}",
        writing.text,
        french(max(posting.amount, Decimal(0))),
        french(max(-posting.amount, Decimal(0))),
        "",
        "",
        f"{writing.made_at.astimezone(PARIS):%Y%m%d}",
        "",
        "",
    )
    return tuple(" ".join(each.split()) for each in cells)


def _names(accounts: Accounts) -> dict[str, str]:
    """Of two that are the same number, the first."""
    found: dict[str, str] = {}
    for name, label in _LABELS.items():
        found.setdefault(getattr(accounts, name), label)
    return found


def _number(client_id: int) -> str:
    return f"CLI{client_id:06d}"
