"""The statement of a client's account, for both sides."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing.account import Account, account, received_under
from ecluse.control.contracts.queries import contracts
from ecluse.web.account_words import ENTRIES
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.spreadsheets import as_csv

_HEAD = ("date", "entry", "reference", "amount", "balance")


@never_cache
@require_safe
@client_page(Permission.SEE_BILLING)
def statement(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What was invoiced, what came, what is owed after each; and what the next invoice takes."""
    found = account()
    received = [(each, received_under(each)) for each in contracts() if each.first_day is not None]
    values = {
        "account": found,
        "entries": [(each, ENTRIES[each.what]) for each in reversed(found.entries)],
        "received": received,
    }
    return show(request, visit, "console/account.html", values)


@require_safe
@client_page(Permission.SEE_BILLING)
def export(_request: HttpRequest, _visit: Visit) -> HttpResponse:
    """The same for spreadsheets, the oldest first."""
    return as_csv("account", _HEAD, _rows(account()))


def _rows(found: Account) -> Iterator[tuple[object, ...]]:
    for each in found.entries:
        yield each.on, each.what.value, each.reference, each.amount, each.balance
