"""What people ask about their data: the register, the search, what they get, and the erasure."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import requests
from ecluse.control.privacy.correcting import correct as correct_person
from ecluse.control.privacy.correcting import correctables, is_correctable
from ecluse.control.privacy.erasing import erase as erase_person
from ecluse.control.privacy.exporting import export as export_person
from ecluse.control.privacy.exporting import search as search_person
from ecluse.control.privacy.requests import Channel, PersonRequest, RequestState, Right
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.web.backends import backends
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.pages import or_404, page_of, typed
from ecluse.web.person_forms import RequestForm, right_of
from ecluse.web.person_report import export_response, shown_part, shown_report
from ecluse.web.privacy_words import CHANNELS, CORRECTED, RIGHTS, STATES, STEPS, STORES

_WAITING = "waiting"
_SHOWN_ROWS = 20  # Of one store, on the page; the export has all.


@never_cache
@require_safe
@provider_page(Permission.HANDLE_RIGHTS)
def list_requests(request: HttpRequest, duty: Duty) -> HttpResponse:
    """What is to be done, the most urgent first; or all."""
    shown = request.GET.get("state", _WAITING)
    state = shown if shown in {_WAITING, *RequestState.values} else ""
    with requests.of_everybody():
        page = page_of(request, requests.requests(state=state))
        values = {
            "page": page,
            "rows": [_shown(each) for each in page],
            "shown": shown,
            "tabs": [
                (_WAITING, _("to be done")),
                *((each.value, STATES[each]) for each in RequestState),
                ("all", _("all")),
            ],
        }
        return show(request, duty, "backoffice/person_requests.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.HANDLE_RIGHTS)
def add(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Enter one that came."""
    form = RequestForm(request.POST or None)
    if form.is_valid():
        values = form.cleaned_data
        try:
            with requests.of_everybody():
                row = requests.open_request(
                    values["client"],
                    right_of(form),
                    values["addresses"],
                    channel=Channel(values["channel"]),
                    received_at=values["received_on"],
                    by=duty.by,
                    **form.about(),
                )
        except Impossible:
            form.add_error("addresses", _("These are not all the client's own people: leave its name empty."))
        else:
            return redirect("person_request", request_id=row.pk)
    return show(request, duty, "backoffice/person_request_add.html", {"form": form})


@never_cache
@require_safe
@provider_page(Permission.HANDLE_RIGHTS)
def request_page(request: HttpRequest, duty: Duty, request_id: int) -> HttpResponse:
    """One, with its history; with `?search=1` what is held of him."""
    row = _found(request_id)
    with requests.scope_of(row):
        values = _shown(row) | {
            "steps": [(each, STEPS.get(each.what, each.what)) for each in row.steps.all()],
            "report": shown_report(row.report),
            "may_correct": is_correctable(row),
            "may_erase": row.right == Right.ERASURE and row.state == RequestState.PROVEN and row.erased_at is None,
        }
        if request.GET.get("search"):
            values |= _searched(row, duty)
        return show(request, duty, "backoffice/person_request.html", values)


@require_POST
@provider_page(Permission.HANDLE_RIGHTS)
def act(request: HttpRequest, duty: Duty, request_id: int) -> HttpResponse:
    """Identity checked, a note, an answer, a refusal."""
    row = _found(request_id)
    step = _ACTS.get(request.POST.get("act", ""))
    if step is None:
        raise Http404
    try:
        with requests.scope_of(row):
            step(row, typed(request.POST.get("text", ""), requests.MAX_TEXT), by=duty.by)
    except Impossible:
        messages.error(request, _("This cannot be done: somebody was faster, or the text is missing."))
    else:
        messages.success(request, _("Saved."))
    return redirect("person_request", request_id=row.pk)


@require_POST
@provider_page(Permission.HANDLE_RIGHTS)
def export(request: HttpRequest, duty: Duty, request_id: int) -> HttpResponse:
    """All that is held of him, as a file to be given to him."""
    row = _found(request_id)
    try:
        with requests.scope_of(row):
            return export_response(export_person(row, backends().message_log(), timezone.now(), by=duty.by))
    except Impossible:
        messages.error(request, _("First check who he is: what is held of him goes to nobody else."))
    except Unavailable:
        messages.error(request, _("The message log does not answer at the moment. Try again later."))
    return redirect("person_request", request_id=row.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.HANDLE_RIGHTS)
def correct(request: HttpRequest, duty: Duty, request_id: int) -> HttpResponse:
    """Show what may be put right, then do it."""
    row = _found(request_id)
    if request.method != "POST":
        with requests.scope_of(row):
            found = correctables(row) if is_correctable(row) else []
            rows = [(each, STORES[each.store.name], CORRECTED[each.name]) for each in found]
            return show(request, duty, "backoffice/person_correct.html", _shown(row) | {"rows": rows})
    try:
        with requests.scope_of(row):
            correct_person(row, _changed(request), by=duty.by)
    except Impossible:
        messages.error(request, _("Nothing was corrected: something does not fit, or it is not there any more."))
    else:
        messages.success(request, _("Corrected. Tell him, and close the request."))
    return redirect("person_request", request_id=row.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.HANDLE_RIGHTS)
def erase(request: HttpRequest, duty: Duty, request_id: int) -> HttpResponse:
    """Ask before, then do it."""
    row = _found(request_id)
    if request.method != "POST":
        with requests.scope_of(row):
            return show(request, duty, "backoffice/person_erase.html", _shown(row))
    try:
        with requests.scope_of(row):
            erase_person(row, by=duty.by)
    except Impossible:
        messages.error(request, _("He is erased already, has not proven who he is, or asks for something else."))
    else:
        messages.success(request, _("Erased. What was kept, and why, stands below: tell him, and close the request."))
    return redirect("person_request", request_id=row.pk)


_ACTS = {
    "prove": requests.confirm_identity,
    "note": requests.note,
    "answer": requests.answer,
    "refuse": requests.refuse,
}


def _changed(request: HttpRequest) -> dict[str, str]:
    """What is other than the page had shown: of what somebody else has changed meanwhile nothing is put back."""
    shown = {key.removeprefix("was-"): str(was) for key, was in request.POST.items() if key.startswith("was-")}
    written = {key: str(request.POST.get(f"is-{key}", was)) for key, was in shown.items()}
    return {key: value for key, value in written.items() if value != shown[key]}


def _found(request_id: int) -> PersonRequest:
    with requests.of_everybody():
        return or_404(requests.find_request(request_id))


def _shown(row: PersonRequest) -> dict[str, Any]:
    return {
        "row": row,
        "right": RIGHTS[row.right],
        "state": STATES[row.state],
        "channel": CHANNELS[row.channel],
        "days_left": None if row.is_closed else requests.days_left(row),
    }


def _searched(row: PersonRequest, duty: Duty) -> dict[str, Any]:
    try:
        parts = search_person(row, backends().message_log(), timezone.now(), by=duty.by).parts
    except Unavailable:
        return {"is_log_away": True, "is_searched": True}
    shown = [(part, part.rows[:_SHOWN_ROWS], len(part.rows)) for part in map(shown_part, parts)]
    return {"parts": shown, "is_searched": True, "most": _SHOWN_ROWS}
