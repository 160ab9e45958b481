"""The visitor's own mail in the message log: what came for him, and why each verdict is what it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.mail import log as mail_log
from ecluse.control.mail import objections, own
from ecluse.control.policies.queries import log_days
from ecluse.domain.errors import Unavailable
from ecluse.domain.log_search import LogPage, LogSearch
from ecluse.web.backends import backends
from ecluse.web.console.log import older_query, shown_row
from ecluse.web.console.log_words import FATES
from ecluse.web.console.objections import raise_from
from ecluse.web.languages import page_language
from ecluse.web.own.access import OwnVisit, own_page, show_own
from ecluse.web.pages import or_404, typed


@never_cache
@require_safe
@own_page
def log(request: HttpRequest, mine: OwnVisit) -> HttpResponse:
    """The newest mail to him, or of the sender that was searched for."""
    search = typed(request.GET.get("q", ""), mail_log.MAX_TEXT)
    sender = LogSearch(sender=mail_log.read_box(search).party) if search else LogSearch()
    page, is_away = LogPage((), None), False
    try:
        if not search or sender.sender:
            place = mail_log.read_place(request.GET.get("after", ""))
            page = own.log_rows(backends().message_log(), mine.visit.client.name, mine.keys, sender, time.time(), place)
    except Unavailable:
        is_away = True
    values = {
        "rows": [shown_row(row) for row in page.rows],
        "older": older_query(request.GET, page.following),
        "search": search,
        "is_away": is_away,
        "days": log_days(mine.visit.client.name),
    }
    return show_own(request, mine, "own/log.html", values, status=503 if is_away else 200)


@never_cache
@require_safe
@own_page
def message(request: HttpRequest, mine: OwnVisit, message_id: str) -> HttpResponse:
    """One message, as its recipient may know it."""
    log, client = backends().message_log(), mine.visit.client.name
    try:
        story = own.story(log, client, mine.keys, message_id, page_language(), time.time())
    except Unavailable:
        away = {"rows": [], "older": "", "search": "", "is_away": True}
        return show_own(request, mine, "own/log.html", away, status=503)
    found = or_404(story)
    raised = objections.of_message(message_id, found.message.recipients)
    values = {
        "message": found.message,
        "received": datetime.fromtimestamp(found.events[0].at, UTC),
        "verdicts": [
            {
                "one": one,
                "why": why,
                "what": FATES[one.fate],
                "kind": objections.kind_of(one),
                "raised": raised.get(one.address.casefold()),
            }
            for one, why in found.verdicts
        ],
    }
    return show_own(request, mine, "own/log_message.html", values)


@require_POST
@own_page
def object_to(request: HttpRequest, mine: OwnVisit, message_id: str) -> HttpResponse:
    """This verdict on the visitor's own copy was wrong: his administrators look at it first."""
    mine.demand_himself()
    raise_from(request, mine.visit, message_id, recipients=frozenset(mine.keys))
    return redirect("own_logged_message", client_id=mine.visit.client.pk, message_id=message_id)
