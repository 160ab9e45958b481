"""Mail to support that no ticket is known for: an agent says whose request it is, or that it is none (5-1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.support import arrivals
from ecluse.control.support.arrivals import SupportMail
from ecluse.control.support.queries import Ticket, ticket_named
from ecluse.control.tenants.queries import client_named
from ecluse.domain.errors import Impossible
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.pages import or_404, page_of, typed

_MAX_NAME, _MAX_REFERENCE = 200, 20


@never_cache
@require_safe
@provider_page(Permission.ANSWER_TICKETS)
def list_mails(request: HttpRequest, duty: Duty) -> HttpResponse:
    """The newest first."""
    page = page_of(request, arrivals.unsorted())
    return show(request, duty, "backoffice/support_mails.html", {"page": page, "rows": list(page)})


@never_cache
@require_safe
@provider_page(Permission.ANSWER_TICKETS)
def mail(request: HttpRequest, duty: Duty, mail_id: str) -> HttpResponse:
    """What one says, as text."""
    row = or_404(arrivals.find_mail(mail_id))
    values = {"mail": row, "files": row.files.defer("octets"), "guess": arrivals.guessed_client(row)}
    return show(request, duty, "backoffice/support_mail.html", values)


@require_POST
@provider_page(Permission.ANSWER_TICKETS)
def act(request: HttpRequest, duty: Duty, mail_id: str) -> HttpResponse:
    """A new ticket, a known one, or none."""
    row = or_404(arrivals.find_mail(mail_id))
    step = _STEPS.get(request.POST.get("act", ""))
    if step is None:
        raise Http404
    try:
        ticket = step(request, row, duty)
    except Impossible:
        messages.error(request, _("This cannot be done: there is no such client or ticket, or somebody was faster."))
        return redirect("support_mail", mail_id=mail_id)
    messages.success(request, _("Saved."))
    if ticket is None:
        return redirect("support_mails")
    return redirect("client_ticket", client_id=ticket.client_id, ticket_id=ticket.pk)


def _open(request: HttpRequest, row: SupportMail, duty: Duty) -> Ticket:
    client = client_named(typed(request.POST.get("client", ""), _MAX_NAME))
    if client is None:
        raise Impossible("no such client")
    return arrivals.take_as_ticket(row, client, by=duty.by)


def _add(request: HttpRequest, row: SupportMail, duty: Duty) -> Ticket:
    ticket = ticket_named(typed(request.POST.get("ticket", ""), _MAX_REFERENCE))
    if ticket is None:
        raise Impossible("no such ticket")
    arrivals.add_to_ticket(row, ticket, by=duty.by)
    return ticket


def _discard(_request: HttpRequest, row: SupportMail, duty: Duty) -> None:
    arrivals.discard(row, by=duty.by)


_STEPS: Mapping[str, Callable[[HttpRequest, SupportMail, Duty], Ticket | None]] = MappingProxyType(
    {"open": _open, "add": _add, "discard": _discard}
)
