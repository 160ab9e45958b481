"""Money that came: statements of the bank, and whose each line is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import bank_lines, queries
from ecluse.control.billing.bank_file import MAX_BYTES, read_bank_file
from ecluse.control.billing.bank_lines import BankLine
from ecluse.control.billing.bank_row import BadStatement
from ecluse.control.billing.invoice_days import today
from ecluse.control.billing.matching import Why, propose
from ecluse.domain.errors import Impossible
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.pages import or_404, page_of, typed

_MAX_TO = 300
_WHY: Mapping[Why, str | Promise] = MappingProxyType(
    {
        Why.NAMED: gettext_lazy("it names them"),
        Why.AMOUNT_AND_NAME: gettext_lazy("by its amount and name"),
        Why.AMOUNT: gettext_lazy("by its amount alone"),
        Why.NAME: gettext_lazy("by its name alone"),
    }
)


@never_cache
@require_safe
@provider_page(Permission.SEE_BILLING)
def list_lines(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Those that wait, each with whom it may be from."""
    page = page_of(request, bank_lines.waiting_lines())
    unpaid = queries.invoices_of_all(today(), is_open=True)
    found = [(each, propose(each, unpaid)) for each in page]
    rows = [(line, proposal, proposal and _WHY[proposal.why]) for line, proposal in found]
    return show(request, duty, "backoffice/bank_lines.html", {"page": page, "rows": rows})


@require_POST
@provider_page(Permission.CHANGE_CONTRACTS)
def upload(request: HttpRequest, duty: Duty) -> HttpResponse:
    """A statement: its lines are shown then, and pay nothing yet."""
    file = request.FILES.get("file")
    try:
        rows = read_bank_file(file.read(MAX_BYTES + 1) if file else b"")
    except BadStatement as problem:
        at = _("line %(line)d") % {"line": problem.line} if problem.line else _("the whole file")
        words = _(
            "This is no statement that can be read (%(at)s). It is CAMT.053, or CSV with columns for the date, a label, and an amount."
        )
        messages.error(request, words % {"at": at})
    else:
        done = bank_lines.keep_rows(rows, by=duty.by)
        words = _("%(new)d new lines; %(known)d were known, %(gone)d are money that went.")
        messages.success(request, words % {"new": done.new, "known": done.known, "gone": done.gone})
    return redirect("bank_lines")


@require_POST
@provider_page(Permission.CHANGE_CONTRACTS)
def act(request: HttpRequest, duty: Duty, bank_line_id: int) -> HttpResponse:
    """Whose it is, or that it is no client's."""
    row = or_404(bank_lines.find_line(bank_line_id))
    do = _ACTS.get(request.POST.get("act", ""))
    if do is None:
        raise Http404
    try:
        said = do(request, row, duty)
    except Impossible:
        messages.error(
            request,
            _("Name invoices of one client that are not paid, or one client; and a line is answered once."),
        )
    else:
        messages.success(request, said)
    return redirect("bank_lines")


def _apply(request: HttpRequest, row: BankLine, duty: Duty) -> str:
    client, invoices = bank_lines.whose(typed(request.POST.get("to", ""), _MAX_TO))
    left = bank_lines.apply_line(row, client, invoices, by=duty.by)
    return _("Entered; %(left)s EUR are kept as an advance.") % {"left": left} if left else _("Entered.")


def _ignore(_request: HttpRequest, row: BankLine, duty: Duty) -> str:
    bank_lines.ignore_line(row, by=duty.by)
    return _("Saved.")


_ACTS: Mapping[str, Callable[[HttpRequest, BankLine, Duty], str]] = MappingProxyType(
    {"apply": _apply, "ignore": _ignore}
)
