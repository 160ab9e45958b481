"""The provider's books: the accounts that they name, their financial years, and the file that French law wants (FEC)."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, datetime
from typing import Annotated

import msgspec
from ninja import Router
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import books, fec
from ecluse.control.billing.accounts import Accounts, newest_accounts, set_accounts
from ecluse.control.billing.books import FinancialYear
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.pages import or_404

router = Router(tags=["Accounting"])

Account = Annotated[
    str,
    Field(pattern=r"^[0-9][0-9A-Za-z]{2,11}$", description="A digit, and two to eleven digits or letters."),
    AfterValidator(str.upper),
]


class AccountsOfBooks(BaseModel):
    """Numbers of accounts, by what is booked there."""

    model_config = ConfigDict(extra="forbid")
    clients: Account
    advances: Account = Field(description="Advances of clients.")
    bank: Account
    cheques: Account
    other_means: Account = Field(description="Other means of payment.")
    services: Account = Field(description="Taxed in France.")
    services_union: Account = Field(description="European Union, reverse charge.")
    services_abroad: Account
    services_exempt: Account
    given_back: Account = Field(description="Credits and credit notes.")
    vat: Account = Field(description="VAT at 20 %.")
    vat_other: Account = Field(description="VAT at other rates.")
    vat_waiting: Account = Field(description="VAT that is owed once it is paid.")
    penalties: Account = Field(description="For late payment (6-7).")
    recovery: Account = Field(description="Indemnities for recovery (6-8).")


class YearOut(BaseModel):
    """One financial year."""

    id: int
    first: date
    last: date
    entries: int = Field(description="Validated so far; numbered without a gap.")
    closed_at: datetime | None = Field(description="Nothing is booked on its days any more.")


class BooksOut(BaseModel):
    """All years, the newest first."""

    items: list[YearOut]
    waiting: int = Field(description="Documents and payments that are not booked yet.")


class EndYearIn(BaseModel):
    """Its last day is another."""

    model_config = ConfigDict(extra="forbid")
    last: date = Field(description="After its first, within 24 months, and not before what is booked in it.")


class FecOut(BaseModel):
    """The file of one year."""

    name: str = Field(examples=["732829320FEC20261231.txt"])
    content: str = Field(description="In base64: UTF-8, separated by tabs.")


@operation(router, "GET", "books/accounts", (Permission.SEE_BILLING, Permission.CHANGE_CONTRACTS), is_of_client=False)
def show_accounts(_call: Call) -> AccountsOfBooks:
    """Those in use; of France's general plan until others are entered."""
    return _accounts()


@operation(router, "PUT", "books/accounts", Permission.CHANGE_CONTRACTS, is_of_client=False)
def name_accounts(call: Call, body: AccountsOfBooks) -> AccountsOfBooks:
    """All of them, from now on: entries that were validated keep theirs."""
    set_accounts(Accounts(**dict(body)), by=call.by)
    return _accounts()


@operation(router, "GET", "books/years", (Permission.SEE_BILLING, Permission.CHANGE_CONTRACTS), is_of_client=False)
def list_financial_years(_call: Call) -> BooksOut:
    """All of them, and how much is not booked yet."""
    return BooksOut(items=[_year(each) for each in books.financial_years()], waiting=books.waiting())


@operation(
    router,
    "GET",
    "books/years/{int:financial_year_id}/export",
    (Permission.SEE_BILLING, Permission.CHANGE_CONTRACTS),
    is_of_client=False,
)
def export_financial_year(_call: Call, financial_year_id: int) -> FecOut:
    """Its entries as the fichier des écritures comptables (LPF, article A47 A-1). 409 while it is not known who invoices."""
    file = fec.export(or_404(books.find_year(financial_year_id)))
    return FecOut(name=file.name, content=b64encode(file.body).decode())


@operation(router, "POST", "books/years/{int:financial_year_id}/end", Permission.CHANGE_CONTRACTS, is_of_client=False)
def end_financial_year(call: Call, financial_year_id: int, body: EndYearIn) -> YearOut:
    """Give the newest year another last day. 409 where it is closed, or that day cannot be."""
    row = or_404(books.find_year(financial_year_id))
    books.end_year(row, body.last, by=call.by)
    return _year(or_404(books.find_year(row.pk)))


@operation(router, "POST", "books/years/{int:financial_year_id}/close", Permission.CHANGE_CONTRACTS, is_of_client=False)
def close_financial_year(call: Call, financial_year_id: int) -> YearOut:
    """Book nothing on its days any more. 409 before it is over, all is booked, and the year before it is closed."""
    row = or_404(books.find_year(financial_year_id))
    books.close_year(row, by=call.by)
    return _year(or_404(books.find_year(row.pk)))


def _accounts() -> AccountsOfBooks:
    return AccountsOfBooks(**msgspec.to_builtins(newest_accounts()))


def _year(row: FinancialYear) -> YearOut:
    return YearOut(id=row.pk, first=row.first, last=row.last, entries=row.entries, closed_at=row.closed_at)
