"""What the filter has learned of the client's people, and how it is taken back: one lesson, or all of one person, way or time."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.learning import lessons
from ecluse.control.learning.lessons import Lesson, Taught
from ecluse.domain.act import Channel, Standing
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.pages import or_404, page_of

CHANNELS = {
    Channel.ADMINISTRATOR: gettext_lazy("an administrator, signed in"),
    Channel.RECIPIENT: gettext_lazy("a recipient, signed in"),
    Channel.RELEASE: gettext_lazy("a release by its recipient"),
    Channel.SENDER_RELEASE: gettext_lazy("a release by its sender"),
    Channel.REPORT: gettext_lazy("mail to a feedback address, or a program"),
    Channel.FOLDER: gettext_lazy("a folder of your mail server"),
    Channel.OPERATOR: gettext_lazy("the provider"),
}
STANDINGS = {
    Standing.LEARNED: gettext_lazy("learned"),
    Standing.WAITING: gettext_lazy("waits for a second person who says the same"),
    Standing.SHADOW: gettext_lazy("kept to test the filter"),
    Standing.IGNORED: gettext_lazy("not counted"),
}
_PERSON = "person:"


class LessonsForm(forms.Form):
    """Which lessons."""

    channel = forms.ChoiceField(
        label=gettext_lazy("Said by way of"), required=False, choices=[("", "—"), *CHANNELS.items()]
    )
    voter = forms.CharField(
        label=gettext_lazy("Person"), required=False, max_length=330, help_text=gettext_lazy("As the list shows it.")
    )
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    newest = forms.IntegerField(required=False, min_value=0, max_value=2**62, widget=forms.HiddenInput())

    def wanted(self) -> Taught:
        """What was asked for; days as the page has them."""
        values = self.cleaned_data
        since, until = values["since"], values["until"]
        return Taught(
            voter=values["voter"],
            channel=values["channel"],
            since=since and _began(since),
            until=until and _began(until + timedelta(days=1)),
        )


@never_cache
@require_safe
@client_page(Permission.CHANGE_SETTINGS)
def list_lessons(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The newest first; without content."""
    form = LessonsForm(request.GET or {})
    wanted = form.wanted() if form.is_valid() else Taught()
    rows, now = lessons.lessons(wanted), time.time()
    page = page_of(request, rows)
    asked = {name: request.GET[name] for name in ("channel", "voter", "since", "until") if request.GET.get(name)}
    newest = max((row.pk for row in page), default=0) if page.number == 1 else 0
    shown = {
        "form": form,
        "page": page,
        "rows": [_shown(row, now) for row in page],
        "asked": asked,
        "query": urlencode(asked),
        "newest": newest,
        "many": 0 if wanted.is_everything or not form.is_valid() else lessons.still_learned(rows, now).count(),
    }
    return show(request, visit, "console/lessons.html", shown)


@require_POST
@client_page(Permission.CHANGE_SETTINGS)
def take_back(request: HttpRequest, visit: Visit, lesson_id: int) -> HttpResponse:
    """One of them."""
    _tell(request, lessons.take_back(visit.client, or_404(lessons.find_lesson(lesson_id)), by=visit.by))
    return redirect("lessons", client_id=visit.client.pk)


@require_POST
@client_page(Permission.CHANGE_SETTINGS)
def take_back_all(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All that was looked for; never all there is."""
    form = LessonsForm(request.POST)
    if not form.is_valid() or form.wanted().is_everything:
        messages.error(request, _("Say first whose lessons, by which way or of which time."))
        return redirect("lessons", client_id=visit.client.pk)
    newest = form.cleaned_data["newest"] or None
    _tell(request, lessons.take_back_all(visit.client, form.wanted(), newest=newest, by=visit.by))
    return redirect("lessons", client_id=visit.client.pk)


def _tell(request: HttpRequest, count: int) -> None:
    if not count:
        messages.warning(request, _("It was taken back before."))
        return
    said = ngettext(
        "%(count)d lesson is taken back: the filter forgets it within seconds.",
        "%(count)d lessons are taken back: the filter forgets them within seconds.",
        count,
    )
    messages.success(request, said % {"count": count})


def _shown(row: Lesson, now: float) -> dict[str, Any]:
    return {
        "row": row,
        "channel": CHANNELS[Channel(row.channel)],
        "standing": STANDINGS[Standing(row.standing)],
        "voter": row.voter.removeprefix(_PERSON),
        "by": row.taken_back_by.removeprefix(_PERSON),
        "is_under_way": lessons.is_under_way(row, now),
    }


def _began(day: Any) -> float:
    return timezone.make_aware(datetime(day.year, day.month, day.day)).timestamp()  # noqa: DTZ001 - made aware at once.
