"""What invoices hold of people. The law keeps the books for ten years."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_LAW = "part of the accounts, which the law keeps for ten years (Code de commerce art. L123-22)"


def _kept(field: str, holds: Holds = Holds.WORDS) -> Personal:
    return Personal(field, holds, Whose.MEMBER, Erasing.KEPT, _LAW)


def _store(model: str, *fields: Personal | Impersonal) -> Store:
    return Store(f"billing.{model}", Purpose.INVOICING, Basis.OBLIGATION, Kept.BOOKS, fields)


PERSONAL_DATA = (
    _store("SellerVersion", _kept("made_by", Holds.ADDRESS), _kept("plain", Holds.PLAIN)),
    _store("BuyerVersion", _kept("made_by", Holds.ADDRESS), _kept("plain", Holds.PLAIN)),
    _store("Series", Impersonal("name", "of a series of numbers")),
    _store("Invoice", _kept("lines", Holds.PLAIN), _kept("reason")),
    _store("InvoiceFile", _kept("body", Holds.SEALED), Impersonal("sha256", "of the file")),
    _store("PlatformEvent", _kept("reason")),
    _store(
        "BankLine",
        _kept("label"),
        Impersonal("key", "a sum over the line"),
        _kept("imported_by", Holds.ADDRESS),
    ),
    _store("Payment", _kept("reference"), _kept("entered_by", Holds.ADDRESS)),
    _store("Advance", _kept("reference"), _kept("entered_by", Holds.ADDRESS)),
    _store(
        "ComingLine",
        _kept("text"),
        _kept("note"),
        Impersonal("percent", "a fraction"),
        _kept("calculation", Holds.PLAIN),
        Impersonal("source", "the number of what claims it"),
        _kept("made_by", Holds.ADDRESS),
        _kept("waived_by", Holds.ADDRESS),
        _kept("waived_why"),
    ),
    _store("KeyRate", _kept("made_by", Holds.ADDRESS)),
    _store(
        "Notice",
        _kept("approved_by", Holds.ADDRESS),
        Impersonal("letter", "the reference of a registered one"),
        _kept("declined_why"),
        _kept("copy_to", Holds.ADDRESS),
    ),
    _store("NoticePaper", _kept("body", Holds.SEALED), Impersonal("sha256", "of the file")),
    _store("FinancialYear", _kept("closed_by", Holds.ADDRESS)),
    _store(
        "BookEntry",
        Impersonal("journal", "its code"),
        Impersonal("piece", "the number of a paper"),
        _kept("text"),
        _kept("client_name"),
        Impersonal("postings", "accounts and amounts"),
    ),
    _store("AccountsVersion", _kept("made_by", Holds.ADDRESS), Impersonal("plain", "numbers of accounts")),
)
