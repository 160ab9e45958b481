"""The accounting export that French law names: fichier des écritures comptables (LPF, article A47 A-1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import msgspec
from django_scopes import scopes_disabled

from ecluse.control.billing.booking import Posting
from ecluse.control.billing.models import BookEntry, FinancialYear
from ecluse.control.billing.registers import newest_seller, read_seller
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
_MIN_LETTERS = 3
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
    "vat_waiting": "TVA en attente d'encaissement",
    "penalties": "Pénalités de retard reçues",
    "recovery": "Indemnités de recouvrement reçues",
}


@dataclass(frozen=True, slots=True)
class Export:
    """One file."""

    name: str
    body: bytes


def export(year: FinancialYear) -> Export:
    """All entries of a financial year, in the order in which they were validated. Raises `Impossible` while nobody sells."""
    seller = newest_seller()
    if seller is None:
        raise Impossible("it is not known whose books these are")
    with scopes_disabled():  # The provider's books are over all clients.
        entries = list(BookEntry.objects.filter(year=year, number__isnull=False))
        letters = _letters(year)
    rows = [COLUMNS, *_rows(entries, letters)]
    text = "".join("\t".join(cells) + "\r\n" for cells in rows)
    return Export(f"{read_seller(seller).siren}FEC{year.last:%Y%m%d}.txt", text.encode())


@dataclass(frozen=True, slots=True)
class _Letter:
    """What marks lines of a client's account that settle each other, and since when."""

    code: str
    on: date


def _letters(year: FinancialYear) -> Mapping[int, _Letter]:
    """By invoice, of those that are settled to the cent: whenever what settled them was booked, in another year too."""
    owed: dict[int, Decimal] = {}
    since: dict[int, date] = {}
    of_year = BookEntry.objects.filter(year=year, debt__isnull=False).values("debt")
    for each in BookEntry.objects.filter(debt__in=of_year):
        invoice = each.debt_id or 0
        amounts = (posting.amount for posting in _postings(each) if posting.what == "clients")
        owed[invoice] = owed.get(invoice, Decimal(0)) + sum(amounts)
        since[invoice] = max(since.get(invoice, each.validated_on), each.validated_on)
    return {invoice: _Letter(_code(invoice), since[invoice]) for invoice, left in owed.items() if not left}


def _code(number: int) -> str:
    """`AAA`, `AAB`: of an invoice always the same."""
    letters = ""
    while number or len(letters) < _MIN_LETTERS:
        number, rest = divmod(number, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _postings(entry: BookEntry) -> list[Posting]:
    return msgspec.convert(entry.postings, list[Posting], strict=False)


def _rows(entries: Iterable[BookEntry], letters: Mapping[int, _Letter]) -> Iterator[tuple[str, ...]]:
    names: dict[str, str] = {}  # Of an account one name, whatever was booked there first.
    for entry in entries:
        letter = letters.get(entry.debt_id or 0)
        for posting in _postings(entry):
            name = names.setdefault(posting.account, _LABELS[posting.what])
            yield _cells(entry, posting, name, letter if posting.what == "clients" else None)


def _cells(entry: BookEntry, posting: Posting, account_name: str, letter: _Letter | None) -> tuple[str, ...]:
    client = (f"CLI{entry.client_id:06d}", entry.client_name) if posting.is_of_client else ("", "")
    cells = (
        entry.journal,
        _JOURNALS[entry.journal],
        str(entry.number),
        f"{entry.on:%Y%m%d}",
        posting.account,
        account_name,
        *client,
        entry.piece,
        f"{entry.piece_on:%Y%m%d}",
        entry.text,
        french(max(posting.amount, Decimal(0))),
        french(max(-posting.amount, Decimal(0))),
        letter.code if letter else "",
        f"{letter.on:%Y%m%d}" if letter else "",
        f"{entry.validated_on:%Y%m%d}",
        "",
        "",
    )
    return tuple(" ".join(each.split()) for each in cells)
