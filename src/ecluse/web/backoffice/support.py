"""The support desk: tickets of all clients, what comes by phone, and how long clients wait for an answer (5-1 to 5-3)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_scopes import scope

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail import log as mail_log
from ecluse.control.support import charging, queries, ready_answers, tickets
from ecluse.control.support.answer_times import Waits, answer_times
from ecluse.control.support.arrivals import unsorted
from ecluse.control.support.queries import Ticket
from ecluse.control.support.quota import quota_of
from ecluse.control.support.states import UNSOLVED, Step, TicketState, steps_from
from ecluse.control.support.tickets import Channel, Charge, Priority, Request
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.ids import is_id
from ecluse.web.backends import backends
from ecluse.web.backoffice.access import Duty, client_page_of_provider, provider_page
from ecluse.web.backoffice.access import show as show_provider
from ecluse.web.client_field import ClientField
from ecluse.web.console.access import Visit, show
from ecluse.web.languages import page_language
from ecluse.web.pages import or_404, page_of, searched, typed
from ecluse.web.ticket_facts import facts_of, rows_of
from ecluse.web.ticket_file import NotTaken, file_response, files_with
from ecluse.web.ticket_words import ALL, MINE, PRIORITIES, STATES, span_words
from ecluse.web.who import user_of

_TODO, _MINE, _CHARGE, _ALL = "todo", "mine", "charge", "all"


class CallForm(forms.Form):
    """What somebody said on the phone."""

    client = ClientField(help_text=gettext_lazy("By its whole name."))
    requester = forms.EmailField(
        label=gettext_lazy("E-mail address of who called"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("Answers go there. Without it he reads them in the console, or is called back."),
    )
    requester_name = forms.CharField(label=gettext_lazy("Name of who called"), max_length=200, required=False)
    subject = forms.CharField(label=gettext_lazy("What it is about"), max_length=tickets.MAX_SUBJECT)
    text = forms.CharField(
        label=gettext_lazy("What was said"), max_length=tickets.MAX_TEXT, widget=forms.Textarea(attrs={"rows": 6})
    )
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"),
        choices=list(PRIORITIES.items()),
        initial=Priority.NORMAL.value,
        coerce=int,
    )


@never_cache
@require_safe
@provider_page(Permission.ANSWER_TICKETS)
def list_tickets(request: HttpRequest, duty: Duty) -> HttpResponse:
    """What waits for us, unless others are asked for."""
    shown, search = request.GET.get("state", _TODO), searched(request)
    owner = user_of(request) if shown == _MINE else None
    state = "" if shown in {_ALL, _MINE} else shown if shown in {*TicketState, _CHARGE} else _TODO
    page = page_of(request, queries.tickets_everywhere(state=state, owner=owner, search=search))
    tabs = [(_TODO, _("our turn")), (_MINE, MINE), (_CHARGE, _("to bill?"))]
    values = {
        "page": page,
        "rows": rows_of(page),
        "search": search,
        "shown": shown,
        "tabs": [*tabs, *((str(each), words) for each, words in STATES.items()), (_ALL, ALL)],
        "unsorted": unsorted().count(),
        **_times(),
    }
    return show_provider(request, duty, "backoffice/tickets.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.ANSWER_TICKETS)
def enter(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Write down a call."""
    form = CallForm(request.POST or None)
    if form.is_valid():
        wanted = form.cleaned_data
        asked = Request(
            wanted["subject"],
            wanted["text"],
            Channel.PHONE,
            requester=wanted["requester"],
            requester_name=wanted["requester_name"],
            priority=Priority(wanted["priority"]),
        )
        try:
            with scope(client=wanted["client"]):
                row = tickets.open_ticket(wanted["client"], asked, by=duty.by)
        except Impossible:
            form.add_error(None, _("There are too many requests that are not solved yet."))
        else:
            return redirect("client_ticket", client_id=wanted["client"].pk, ticket_id=row.pk)
    return show_provider(request, duty, "backoffice/ticket_enter.html", {"form": form})


@never_cache
@require_safe
@client_page_of_provider(Permission.ANSWER_TICKETS)
def ticket(request: HttpRequest, visit: Visit, ticket_id: int) -> HttpResponse:
    """All that was said in one, and what an agent may do about it."""
    row = or_404(queries.find_ticket(ticket_id))
    steps = steps_from(TicketState(row.state))
    values = facts_of(request, row, with_notes=True) | {
        "file_url": "client_ticket_file",
        "quota": quota_of(visit.client, timezone.now()),
        "agents": queries.agents(),
        "priorities": PRIORITIES.items(),
        "steps": [each.value for each in steps],
        "may_answer": Step.ANSWER in steps,
        "is_unsolved": row.state in UNSOLVED,
        "is_asked": row.charge == Charge.ASKED,
        "may_count": row.charge != Charge.BILLED,
        **_ready(request, row),
    }
    return show(request, visit, "backoffice/ticket.html", values)


@require_safe
@client_page_of_provider(Permission.ANSWER_TICKETS)
def file(request: HttpRequest, visit: Visit, ticket_id: int, file_id: int) -> HttpResponse:
    """Download one."""
    found = or_404(queries.find_file(or_404(queries.find_ticket(ticket_id)), file_id))
    return file_response(request, found, redirect("client_ticket", client_id=visit.client.pk, ticket_id=ticket_id))


@require_POST
@client_page_of_provider(Permission.ANSWER_TICKETS)
def act(request: HttpRequest, visit: Visit, ticket_id: int) -> HttpResponse:
    """Answer, note, give to somebody, solve, bill ..."""
    row = or_404(queries.find_ticket(ticket_id))
    step = _STEPS.get(request.POST.get("act", ""))
    if step is None:
        raise Http404
    try:
        step(request, row, visit)
    except Unavailable:
        messages.error(request, _("The message log does not answer at the moment. Please try again later."))
    except NotTaken as why:
        messages.error(request, str(why))
    except Impossible:
        messages.error(request, _("This cannot be done: somebody was faster, or something is missing."))
    else:
        messages.success(request, _("Saved."))
    return redirect("client_ticket", client_id=visit.client.pk, ticket_id=row.pk)


def _ready(request: HttpRequest, row: Ticket) -> dict[str, object]:
    """What may be begun with; what was chosen stands in the field, to be changed before it is sent."""
    known = list(ready_answers.ready_answers())
    chosen = next((each for each in known if str(each.pk) == request.GET.get("ready")), None)
    begun_with = ready_answers.text_for(chosen, row) if chosen else ""
    return {"ready_answers": known, "chosen_answer": chosen, "begun_with": begun_with}


def _times() -> dict[str, object]:
    times = answer_times(timezone.now(), settings.ECLUSE_SUPPORT.hours)
    spans = {"by_the_clock": times.by_the_clock, "in_working_hours": times.in_working_hours}
    return {"times": times} | {name: _in_words(waits) for name, waits in spans.items()}


def _in_words(waits: Waits | None) -> dict[str, str]:
    return {} if waits is None else {"median": span_words(waits.median), "p95": span_words(waits.p95)}


def _answer(request: HttpRequest, row: Ticket, visit: Visit) -> None:
    tickets.answer(row, _text(request), files=files_with(request), by=visit.by)


def _answer_and_solve(request: HttpRequest, row: Ticket, visit: Visit) -> None:
    tickets.answer_and_solve(row, _text(request), files_with(request), by=visit.by)


def _note(request: HttpRequest, row: Ticket, visit: Visit) -> None:
    tickets.note(row, _text(request), by=visit.by)


def _assign(request: HttpRequest, row: Ticket, visit: Visit) -> None:
    wanted = request.POST.get("owner", "")
    user = next((each for each in queries.agents() if str(each.pk) == wanted), None)
    if wanted and user is None:
        raise Impossible("nobody who answers tickets")
    tickets.assign(row, user, by=visit.by)


def _set_priority(request: HttpRequest, row: Ticket, visit: Visit) -> None:
    wanted = request.POST.get("priority", "")
    if wanted not in {str(each.value) for each in Priority}:
        raise Impossible("no priority")
    tickets.set_priority(row, Priority(int(wanted)), by=visit.by)


def _solve(_request: HttpRequest, row: Ticket, visit: Visit) -> None:
    tickets.solve(row, by=visit.by)


def _reopen(_request: HttpRequest, row: Ticket, visit: Visit) -> None:
    tickets.reopen(row, by=visit.by)


def _close(_request: HttpRequest, row: Ticket, visit: Visit) -> None:
    tickets.close(row, by=visit.by)


def _link(request: HttpRequest, row: Ticket, visit: Visit) -> None:
    """Only what is in the client's log: an id of another client's says nothing here."""
    wanted = typed(request.POST.get("message", ""), 64)
    log = backends().message_log()
    found = is_id(wanted) and mail_log.story(log, visit.client.name, wanted, page_language(), time.time())
    if not found:
        raise Impossible("no message of this client's")
    tickets.link(row, wanted, by=visit.by)


def _bill(_request: HttpRequest, row: Ticket, visit: Visit) -> None:
    charging.decide(row, is_billed=True, by=visit.by)


def _waive(_request: HttpRequest, row: Ticket, visit: Visit) -> None:
    charging.decide(row, is_billed=False, by=visit.by)


def _count(_request: HttpRequest, row: Ticket, visit: Visit) -> None:
    charging.set_counted(row, is_counted=True, by=visit.by)


def _leave_out(_request: HttpRequest, row: Ticket, visit: Visit) -> None:
    charging.set_counted(row, is_counted=False, by=visit.by)


def _text(request: HttpRequest) -> str:
    return typed(request.POST.get("text", ""), tickets.MAX_TEXT)


_STEPS: Mapping[str, Callable[[HttpRequest, Ticket, Visit], None]] = MappingProxyType(
    {
        "answer": _answer,
        "answer-and-solve": _answer_and_solve,
        "note": _note,
        "assign": _assign,
        "priority": _set_priority,
        "solve": _solve,
        "reopen": _reopen,
        "close": _close,
        "link": _link,
        "bill": _bill,
        "waive": _waive,
        "count": _count,
        "leave-out": _leave_out,
    }
)
