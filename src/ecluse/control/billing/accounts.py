"""The accounts that the export names: those of France's general plan, unless the provider has entered others."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from decimal import Decimal

import msgspec

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.billing.models import AccountsVersion
from ecluse.control.billing.totals import STANDARD_RATE, Vat, VatCategory
from ecluse.domain.errors import Impossible

_is_account = re.compile(r"[0-9][0-9A-Z]{2,11}").fullmatch


@dataclass(frozen=True, slots=True)
class Accounts:
    """Numbers, by what is booked there."""

    clients: str = "411000"
    advances: str = "419100"
    bank: str = "512000"
    cheques: str = "511200"
    other_means: str = "580000"
    services: str = "706000"  # Taxed in France.
    services_union: str = "706100"  # Reverse charge.
    services_abroad: str = "706200"
    services_exempt: str = "706300"
    given_back: str = "709000"  # Credits, and credit notes.
    vat: str = "445710"  # At the rate of metropolitan France.
    vat_other: str = "445711"  # At any other.
    vat_waiting: str = "445800"  # Owed once it is paid.
    penalties: str = "763100"
    recovery: str = "758000"

    def sold_as(self, vat: Vat) -> str:
        """Under which name a service under that tax is booked."""
        return {
            VatCategory.STANDARD: "services",
            VatCategory.REVERSE_CHARGE: "services_union",
            VatCategory.OUTSIDE: "services_abroad",
            VatCategory.EXEMPT: "services_exempt",
        }[vat.category]

    def taxed_as(self, percent: Decimal) -> str:
        """Under which name the tax is."""
        return "vat" if percent == STANDARD_RATE else "vat_other"

    def came_as(self, means: str) -> str:
        """Under which name money is that came so."""
        return {"transfer": "bank", "cheque": "cheques"}.get(means, "other_means")


def set_accounts(accounts: Accounts, *, by: Actor) -> AccountsVersion:
    """What is booked under from now on: entries that were validated keep theirs. Raises `Impossible` for what is no number of an account."""
    plain = msgspec.to_builtins(accounts)
    if not all(_is_account(each) for each in plain.values()):
        raise Impossible("an account is a digit, and two to eleven digits or capital letters")
    before = msgspec.to_builtins(newest_accounts())
    with change(by=by) as act:
        row = AccountsVersion.objects.create(made_at=act.at, made_by=str(by), plain=plain)
        act.record("accounts.set", row, before=before, after=plain)
        return row


def newest_accounts() -> Accounts:
    """Those in use."""
    row = AccountsVersion.objects.first()
    return Accounts() if row is None else msgspec.convert(row.plain, Accounts)


NAMES = tuple(each.name for each in fields(Accounts))
