"""Verdicts that somebody calls wrong: the client's word, the provider's answer, and what counts (9-2)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import PROVIDER_ROLES, Permission
from ecluse.control.mail import log as mail_log
from ecluse.control.mail import objections
from ecluse.control.mail.exclusions import Exclusion
from ecluse.control.mail.objections import Objection, ObjectionState
from ecluse.control.sla import received_viruses
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.web.backends import backends
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.objection_words import EXCLUSIONS, STANDINGS, STATES, is_sent, kind_in_words
from ecluse.web.languages import page_language
from ecluse.web.pages import or_404, page_of, typed
from ecluse.web.spreadsheets import as_csv

MAX_EXPORTED = 10_000
_HEAD = (
    "raised",
    "raised_by",
    "kind",
    "message",
    "recipient",
    "state",
    "standing",
    "excluded",
    "note",
    "reason",
    "answered_by",
)


@never_cache
@require_safe
@client_page(Permission.SEE_LOG)
def list_objections(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The newest first."""
    state = request.GET.get("state", "")
    page = page_of(request, objections.objections(state if state in ObjectionState.values else ""))
    now = time.time()
    shown = {
        "page": page,
        "viruses": received_viruses.said_viruses(page.object_list),
        "rows": [shown_objection(each, now) for each in page],
        "state": state,
        "states": STATES.items(),
    }
    return show(request, visit, "console/objections.html", shown | {"is_client_side": is_client_side(visit)})


@require_safe
@client_page(Permission.SEE_LOG)
def export(_request: HttpRequest, _visit: Visit) -> HttpResponse:
    """All of them, as a file that both parties can keep."""
    now = time.time()
    rows = (
        (
            each.when.isoformat(timespec="seconds"), each.raised_by, each.kind, each.message, each.recipient, each.state,
            objections.standing_of(each, now), " ".join(each.exclusions), each.note, each.reason, each.answered_by,
        )
        for each in objections.objections()[:MAX_EXPORTED]
    )  # fmt: skip
    return as_csv("objections", _HEAD, rows)


@require_POST
@client_page(Permission.REPORT_VERDICTS)
def raise_(request: HttpRequest, visit: Visit, message_id: str) -> HttpResponse:
    """The client says that the verdict on one recipient's copy was wrong."""
    if not is_client_side(visit):
        raise PermissionDenied
    raise_from(request, visit, message_id, recipients=None)
    return redirect("logged_message", client_id=visit.client.pk, message_id=message_id)


@require_POST
@client_page(Permission.SEE_LOG)
def act(request: HttpRequest, visit: Visit, objection_id: int) -> HttpResponse:
    """The next step of one of them, by the party whose it is."""
    row = or_404(objections.find_objection(objection_id))
    needed, step = _STEPS.get(request.POST.get("act", ""), (None, None))
    if needed is None or step is None or not visit.grant.allows(needed):
        raise PermissionDenied
    if needed is Permission.REPORT_VERDICTS and not is_client_side(visit):
        raise PermissionDenied
    try:
        step(row, typed(request.POST.get("reason", ""), objections.MAX_TEXT), visit)
    except Impossible:
        messages.error(request, _("This cannot be done: somebody was faster, or the reason is missing."))
    else:
        messages.success(request, _("Saved."))
    return redirect("objections", client_id=visit.client.pk)


@require_POST
@client_page(Permission.REPORT_VERDICTS)
def say_virus(request: HttpRequest, visit: Visit, objection_id: int) -> HttpResponse:
    """What was wrongly delivered carried a virus: it counts as one, too, once both parties agree (9-5)."""
    row = or_404(objections.find_objection(objection_id))
    if not is_client_side(visit):
        raise PermissionDenied
    try:
        received_viruses.say_virus(row, by=visit.by)
    except Impossible:
        messages.error(request, _("Only of what was delivered, and before it is answered."))
    else:
        messages.success(request, _("Saved."))
    return redirect("objections", client_id=visit.client.pk)


def is_client_side(visit: Visit) -> bool:
    """Whether the visitor speaks for the client: nobody is both parties."""
    return visit.grant.role not in PROVIDER_ROLES and visit.grant.allows(Permission.REPORT_VERDICTS)


def raise_from(request: HttpRequest, visit: Visit, message_id: str, *, recipients: frozenset[str] | None) -> None:
    """Raise what the form says of one of these recipients, or of any. Raises `Http404` for no message of his."""
    wanted, note = (
        request.POST.get("recipient", "").casefold(),
        typed(request.POST.get("note", ""), objections.MAX_TEXT),
    )
    log, client = backends().message_log(), visit.client
    if recipients is not None and wanted not in recipients:
        raise Http404
    try:
        story = or_404(
            mail_log.story(log, client.name, message_id, page_language(), time.time(), recipients=recipients)
        )
        if request.POST.get("virus") and recipients is None:
            received_viruses.raise_virus(story, client, wanted, by=visit.by, note=note)
        else:
            is_user = recipients is not None
            objections.raise_objection(story, client, wanted, by=visit.by, note=note, is_user=is_user)
    except Unavailable:
        messages.error(request, _("The message log does not answer at the moment. Please try again later."))
    except objections.RaisedBefore:
        messages.info(request, _("Somebody has said so before."))
    except Impossible:
        raise Http404 from None
    else:
        messages.success(request, _("Noted. Thank you."))


def shown_objection(row: Objection, now: float) -> dict[str, Any]:
    """For templates."""
    return {
        "row": row,
        "received": datetime.fromtimestamp(row.received_at, UTC),
        "kind": kind_in_words(row),
        "is_sent": is_sent(row),
        "state": STATES[ObjectionState(row.state)],
        "standing": STANDINGS[objections.standing_of(row, now)],
        "exclusions": [EXCLUSIONS[Exclusion(each)] for each in row.exclusions],
        "is_pending": objections.standing_of(row, now) is objections.Standing.PENDING,
    }


def _send_on(row: Objection, _reason: str, visit: Visit) -> None:
    objections.send_on(row, by=visit.by)


def _withdraw(row: Objection, _reason: str, visit: Visit) -> None:
    objections.withdraw(row, by=visit.by)


def _confirm(row: Objection, reason: str, visit: Visit) -> None:
    objections.answer(row, is_right=True, reason=reason, by=visit.by)


def _contest(row: Objection, reason: str, visit: Visit) -> None:
    objections.answer(row, is_right=False, reason=reason, by=visit.by)


_STEPS = {
    "send-on": (Permission.REPORT_VERDICTS, _send_on),
    "withdraw": (Permission.REPORT_VERDICTS, _withdraw),
    "confirm": (Permission.ANSWER_OBJECTIONS, _confirm),
    "contest": (Permission.ANSWER_OBJECTIONS, _contest),
}
