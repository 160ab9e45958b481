"""Support: what the client asks the provider, and what it is answered (5-1); one's own, or everybody's at the client."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail import log as mail_log
from ecluse.control.mail import own
from ecluse.control.support import queries, tickets
from ecluse.control.support.files import TooMuch
from ecluse.control.support.queries import Ticket
from ecluse.control.support.quota import quota_of
from ecluse.control.support.states import Step, TicketState, steps_from
from ecluse.control.support.tickets import Channel, Request
from ecluse.control.tenants.queries import keys_of_user
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.ids import is_id
from ecluse.web.backends import backends
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.languages import page_language
from ecluse.web.pages import or_404, page_of, searched, typed
from ecluse.web.scanned import has_scanner
from ecluse.web.ticket_facts import facts_of, rows_of
from ecluse.web.ticket_file import NotTaken, file_response, files_with
from ecluse.web.ticket_words import ALL, STATES
from ecluse.web.who import user_of

_TOO_MANY = gettext_lazy("There are too many requests that are not solved yet.")


class RequestForm(forms.Form):
    """A new one."""

    subject = forms.CharField(label=gettext_lazy("What it is about"), max_length=tickets.MAX_SUBJECT)
    text = forms.CharField(
        label=gettext_lazy("What you want to know, or what does not work"),
        max_length=tickets.MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    message = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)


@never_cache
@require_safe
@client_page(Permission.ASK_SUPPORT)
def list_tickets(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What moved last first."""
    shown, search = request.GET.get("state", ""), searched(request)
    state = shown if shown in {*TicketState} else ""
    page = page_of(request, queries.tickets(state=state, search=search, requester=_whose(visit)))
    values = {
        "page": page,
        "rows": rows_of(page),
        "search": search,
        "shown": state,
        "tabs": [("", ALL), *((str(each), words) for each, words in STATES.items())],
        "quota": quota_of(visit.client, timezone.now()),
    }
    return show(request, visit, "console/tickets.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.ASK_SUPPORT)
def ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Open a ticket; `?message=` is what it is about."""
    form = RequestForm(request.POST or None, initial={"message": request.GET.get("message", "")[:64]})
    if form.is_valid():
        try:
            return redirect("ticket", client_id=visit.client.pk, ticket_id=_open(request, visit, form).pk)
        except Unavailable:
            form.add_error(None, _("The message log does not answer at the moment. Please try again later."))
        except NotTaken as why:
            form.add_error(None, str(why))
        except Impossible:
            form.add_error(None, _TOO_MANY)
    values = {"form": form, "quota": quota_of(visit.client, timezone.now()), "takes_files": has_scanner()}
    return show(request, visit, "console/ticket_ask.html", values)


@never_cache
@require_safe
@client_page(Permission.ASK_SUPPORT)
def ticket(request: HttpRequest, visit: Visit, ticket_id: int) -> HttpResponse:
    """All that was said in one."""
    row = _found(visit, ticket_id)
    steps = steps_from(TicketState(row.state))
    values = facts_of(request, row, with_notes=False) | {
        "file_url": "ticket_file",
        "may_write": Step.WRITE in steps,
        "may_reopen": Step.REOPEN in steps,
        "may_close": Step.CLOSE in steps,
    }
    return show(request, visit, "console/ticket.html", values)


@require_POST
@client_page(Permission.ASK_SUPPORT)
def write(request: HttpRequest, visit: Visit, ticket_id: int) -> HttpResponse:
    """A word more."""
    row = _found(visit, ticket_id)
    try:
        text = typed(request.POST.get("text", ""), tickets.MAX_TEXT)
        tickets.write(row, text, Channel.CONSOLE, files_with(request), by=visit.by)
    except NotTaken as why:
        messages.error(request, str(why))
    except TooMuch:
        messages.error(request, _("The request has no room for so many files: open a new one."))
    except Impossible:
        messages.error(request, _("Nothing was written, or the request is closed: open a new one."))
    else:
        messages.success(request, _("Sent."))
    return redirect("ticket", client_id=visit.client.pk, ticket_id=row.pk)


@require_POST
@client_page(Permission.ASK_SUPPORT)
def act(request: HttpRequest, visit: Visit, ticket_id: int) -> HttpResponse:
    """Whether it is solved, in the client's own eyes."""
    row = _found(visit, ticket_id)
    step = _STEPS.get(request.POST.get("act", ""))
    if step is None:
        raise Http404
    try:
        step(row, by=visit.by)
    except Impossible:
        messages.error(request, _("This cannot be done: somebody was faster."))
    else:
        messages.success(request, _("Saved."))
    return redirect("ticket", client_id=visit.client.pk, ticket_id=row.pk)


@require_safe
@client_page(Permission.ASK_SUPPORT)
def file(request: HttpRequest, visit: Visit, ticket_id: int, file_id: int) -> HttpResponse:
    """Download one."""
    found = or_404(queries.find_file(_found(visit, ticket_id), file_id))
    return file_response(request, found, redirect("ticket", client_id=visit.client.pk, ticket_id=ticket_id))


_STEPS: Mapping[str, Callable[..., None]] = MappingProxyType({"reopen": tickets.reopen, "close": tickets.close})


def _open(request: HttpRequest, visit: Visit, form: RequestForm) -> Ticket:
    wanted: dict[str, Any] = form.cleaned_data
    user = user_of(request)
    if wanted["message"]:
        _demand_message(visit, wanted["message"])
    asked = Request(
        wanted["subject"],
        wanted["text"],
        Channel.CONSOLE,
        requester=visit.by.name,
        requester_name=user.name if user else "",
        language=page_language().value,
        message=wanted["message"],
        files=files_with(request),
    )
    return tickets.open_ticket(visit.client, asked, by=visit.by)


def _demand_message(visit: Visit, message_id: str) -> None:
    """It is one that the visitor may look at. Raises `Http404`, `PermissionDenied`, `Unavailable`."""
    if not is_id(message_id):
        raise Http404
    log, name, now = backends().message_log(), visit.client.name, time.time()
    if visit.grant.allows(Permission.SEE_LOG):
        or_404(mail_log.story(log, name, message_id, page_language(), now))
    elif visit.grant.allows(Permission.OWN_MAIL):
        or_404(own.story(log, name, keys_of_user(visit.by.name), message_id, page_language(), now))
    else:
        raise PermissionDenied


def _found(visit: Visit, ticket_id: int) -> Ticket:
    return or_404(queries.find_ticket(ticket_id, requester=_whose(visit)))


def _whose(visit: Visit) -> str:
    """Whose tickets the visitor may see; "" for everybody's."""
    return "" if visit.grant.allows(Permission.FOLLOW_TICKETS) else visit.by.name
