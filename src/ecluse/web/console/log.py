"""The message log: instant search, one page a message, export. Of content it knows the subject at most."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail import log as mail_log
from ecluse.control.mail import objections
from ecluse.control.policies.queries import log_days
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import MessageEvent
from ecluse.domain.incoming import Direction
from ecluse.domain.log_row import LogRow
from ecluse.domain.log_search import LogPage, LogPlace, LogSearch
from ecluse.web.backends import backends
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.log_words import ANSWERS, CATEGORIES, COLOURS, DIRECTIONS, FATES, LAPS, STAGES
from ecluse.web.console.objections import is_client_side
from ecluse.web.languages import page_language
from ecluse.web.pages import or_404
from ecluse.web.spreadsheets import as_csv

_FATES: dict[str, object] = {each.value: words for each, words in FATES.items()}
_CATEGORIES: dict[str, object] = {each.value: words for each, words in CATEGORIES.items()}
_ANY = [("", gettext_lazy("any"))]
_HEAD = (
    "time",
    "direction",
    "sender",
    "recipient",
    "ip",
    "verdict",
    "class",
    "what",
    "score",
    "code",
    "size",
    "id",
    "subject",
)


class SearchForm(forms.Form):
    """Everything may be left empty."""

    q = forms.CharField(label=gettext_lazy("Search"), max_length=mail_log.MAX_TEXT, required=False)
    what = forms.ChoiceField(
        label=gettext_lazy("What became of it"), choices=_ANY + list(FATES.items()), required=False
    )
    category = forms.ChoiceField(label=gettext_lazy("Class"), choices=_ANY + list(CATEGORIES.items()), required=False)
    answer = forms.ChoiceField(label=gettext_lazy("Answer"), choices=_ANY + list(ANSWERS.items()), required=False)
    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"), choices=_ANY + list(DIRECTIONS.items()), required=False
    )
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def search(self, *, sees_subjects: bool) -> LogSearch | None:
        """What is asked for; None where the answer is that there is nothing."""
        values = self.cleaned_data
        asked = mail_log.read_box(values["q"])
        if asked.subject and not sees_subjects:
            return None
        return replace(
            asked,
            fates=_one(values["what"]),
            categories=_one(values["category"]),
            code_class=int(values["answer"] or 0),
            direction=values["direction"],
            since=_midnight(values["since"], 0) or 0.0,
            until=_midnight(values["until"], 1) or asked.until,
        )


@require_safe
@client_page(Permission.SEE_LOG)
def log(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The newest mail, or what was searched for."""
    form = SearchForm(request.GET)
    page, is_away = LogPage((), None), False
    try:
        if form.is_valid() and (search := form.search(sees_subjects=_sees_subjects(visit))) is not None:
            place = mail_log.read_place(request.GET.get("after", ""))
            page = mail_log.rows(
                backends().message_log(), visit.client.name, search, time.time(), place, limit=mail_log.PAGE
            )
    except Unavailable:
        is_away = True
    values = {
        "form": form,
        "rows": [shown_row(row) for row in page.rows],
        "older": older_query(request.GET, page.following),
        "query": request.GET.urlencode(),
        "is_away": is_away,
        "days": log_days(visit.client.name),
        "is_searched": any(request.GET.values()),
        "sees_subjects": _sees_subjects(visit),
    }
    return show(request, visit, "console/log.html", values, status=503 if is_away else 200)


@require_safe
@client_page(Permission.SEE_LOG)
def export(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The same search as a file: CSV, or JSON with `?format=json`."""
    form = SearchForm(request.GET)
    search = form.search(sees_subjects=_sees_subjects(visit)) if form.is_valid() else None
    try:
        lines = [] if search is None else _lines(visit, search)
    except Unavailable:
        return show(request, visit, "console/log_away.html", {}, status=503)
    if request.GET.get("format") == "json":
        response = JsonResponse([dict(zip(_HEAD, line, strict=True)) for line in lines], safe=False)
        response["Content-Disposition"] = 'attachment; filename="messages.json"'
        return response
    return as_csv("messages", _HEAD, lines)


@require_safe
@client_page(Permission.SEE_LOG)
def message(request: HttpRequest, visit: Visit, message_id: str) -> HttpResponse:
    """One message from its first record to its last."""
    try:
        story = mail_log.story(backends().message_log(), visit.client.name, message_id, page_language(), time.time())
    except Unavailable:
        return show(request, visit, "console/log_away.html", {}, status=503)
    found = or_404(story)
    if request.GET.get("format") == "json":
        return JsonResponse(mail_log.as_plain(found, sees_subject=_sees_subjects(visit)))
    raised = objections.of_message(message_id, found.message.recipients)
    values = {
        "may_object": is_client_side(visit),
        "message": found.message,
        "is_sent": found.message.direction == Direction.OUTBOUND,
        "received": datetime.fromtimestamp(found.events[0].at, UTC),
        "verdicts": [
            {
                "one": one,
                "why": why,
                "what": FATES[one.fate],
                "class": _CATEGORIES.get(one.category),
                "kind": objections.kind_of(one),
                "raised": raised.get(one.address.casefold()),
            }
            for one, why in found.verdicts
        ],
        "steps": [_step(event) for event in found.events],
        "laps": [(LAPS.get(lap, lap), took) for lap, took in found.message.timings_ms.items()],
        "sees_subject": _sees_subjects(visit),
    }
    return show(request, visit, "console/log_message.html", values)


def _sees_subjects(visit: Visit) -> bool:
    """Part of the content: nothing for the help desk and the provider (14-2)."""
    return visit.grant.allows(Permission.SEE_CONTENT)


def _one(value: str) -> frozenset[str]:
    return frozenset({value} - {""})


def _midnight(day: date | None, later: int) -> float | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + later * 86_400


def older_query(query: QueryDict, place: LogPlace | None) -> str:
    """The address of the next page, as `read_place` reads it; "" where there is none."""
    if place is None:
        return ""
    query = query.copy()
    query["after"] = f"{place.id}.{place.recipient}"
    return query.urlencode()


def shown_row(row: LogRow) -> dict[str, object]:
    """For templates."""
    return {
        "row": row,
        "at": datetime.fromtimestamp(row.at, UTC),
        "what": _FATES.get(row.fate, row.fate),
        "class": _CATEGORIES.get(row.category),
        "colour": COLOURS.get(str(row.code)[:1], "secondary"),
    }


def _step(event: MessageEvent) -> dict[str, object]:
    return {
        "event": event,
        "at": datetime.fromtimestamp(event.at, UTC),
        "stage": STAGES[event.stage],
        "recipients": [(one, FATES[one.fate], COLOURS.get(one.reply[:1], "secondary")) for one in event.recipients],
    }


def _lines(visit: Visit, search: LogSearch) -> list[tuple[object, ...]]:
    """Raises `Unavailable`."""
    found = mail_log.exported(backends().message_log(), visit.client.name, search, time.time())
    return [_line(row, sees_subjects=_sees_subjects(visit)) for row in found]


def _line(row: LogRow, *, sees_subjects: bool) -> tuple[object, ...]:
    at = datetime.fromtimestamp(row.at, UTC).isoformat(timespec="seconds")
    return (
        at, row.direction, row.sender, row.recipient, row.ip, row.disposition, row.category, row.fate, row.score, row.code,
        row.size, row.id, row.subject if sees_subjects else "",
    )  # fmt: skip
