"""What availability is measured by, as the provider runs it: vantage points, servers, and what no probe says (9-7, 12-1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import PERMISSIONS, Permission
from ecluse.control.sla import breaches, downtimes, probes, servers, status
from ecluse.control.sla.astray import mail_astray
from ecluse.control.sla.spans import Span
from ecluse.domain.errors import Impossible
from ecluse.domain.incoming import Direction
from ecluse.web.backoffice.access import Duty, client_page_of_provider, provider_page, show
from ecluse.web.console.access import Visit
from ecluse.web.pages import or_404, typed
from ecluse.web.sla_words import KINDS, SERVICES, services_in_words, stretches

_MOST_ENTRIES = 100
_MAX_NAME = 253
_ASTRAY_DAYS = 7


class _SpanForm(forms.Form):
    """From a moment until another, both UTC."""

    start = forms.DateTimeField(
        label=gettext_lazy("From (UTC)"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    end = forms.DateTimeField(
        label=gettext_lazy("Until (UTC)"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def span(self) -> Span:
        """What was written."""
        moments: list[datetime] = [self.cleaned_data[name] for name in ("start", "end")]
        start, end = (int(each.astimezone(UTC).timestamp()) for each in moments)
        return Span(start, end)


class OutageForm(_SpanForm):
    """A server was down, and no probe saw it."""

    server = forms.ChoiceField(label=gettext_lazy("Server"))
    service = forms.ChoiceField(label=gettext_lazy("Service"), choices=list(SERVICES.items()))
    field_order = ("server", "service", "start", "end", "reason")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]  # what Django takes
        self.fields["server"].choices = [(each, each) for each in servers.all_names()]  # type: ignore[attr-defined]  # a ChoiceField


class ForceMajeureForm(_SpanForm):
    """Time that does not count."""

    document = forms.CharField(
        label=gettext_lazy("What proves it"),
        max_length=downtimes.MAX_DOCUMENT,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Clients may ask for it: the decree, the carrier's letter, what was done about it."),
    )


@never_cache
@require_safe
@provider_page(Permission.SEE_NODES)
def availability(request: HttpRequest, duty: Duty) -> HttpResponse:
    """All of it."""
    now = timezone.now()
    found = tuple(
        status.ServiceNow(
            service, tuple(status.server_now(name, service, int(now.timestamp())) for name in servers.all_names())
        )
        for service in Direction
    )
    until = int(now.timestamp())
    astray = mail_astray(Span(until - _ASTRAY_DAYS * status.DAY_S, until))
    waiting = breaches.open_everywhere(now.date()) if duty.grant.allows(Permission.SEE_BILLING) else []
    values = {
        "points": probes.points(),
        "most_points": probes.MOST_POINTS,
        "services": services_in_words(found) if found[0].servers else [],
        "astray": [{"server": each.server, "when": stretches(each.spans), "reason": each.reason} for each in astray],
        "astray_days": _ASTRAY_DAYS,
        "outages": _shown(downtimes.outages()[:_MOST_ENTRIES]),
        "force_majeure": _shown(downtimes.all_force_majeure()[:_MOST_ENTRIES]),
        "waiting": [(each, KINDS[each.kind]) for each in waiting],
    }
    return show(request, duty, "backoffice/availability.html", values)


@never_cache
@require_POST
@provider_page(Permission.RUN_NODES)
def add_point(request: HttpRequest, duty: Duty) -> HttpResponse:
    """One more vantage point; its key is shown once."""
    name = typed(request.POST.get("name", ""), 100)
    try:
        secret = probes.add_point(name, may_lend=PERMISSIONS[duty.grant.role], by=duty.by)
    except Impossible:
        messages.error(request, _("There are three vantage points at most, each with a name of its own."))
        return redirect("availability")
    values = {"frame": "backoffice/base.html", "back": reverse("availability"), "secret": secret, "name": name}
    return show(request, duty, "console/key_made.html", values)


@require_POST
@provider_page(Permission.RUN_NODES)
def give_up_point(request: HttpRequest, duty: Duty, point_id: int) -> HttpResponse:
    """What it has said stands; its key opens nothing any more."""
    probes.give_up(or_404(probes.find_point(point_id)), by=duty.by)
    messages.success(request, _("The vantage point has been given up."))
    return redirect("availability")


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.CHANGE_CONTRACTS)
def add_outage(request: HttpRequest, duty: Duty) -> HttpResponse:
    """For what no probe saw."""
    form = OutageForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            downtimes.enter_outage(data["server"], Direction(data["service"]), form.span(), data["reason"], by=duty.by)
        except Impossible:
            form.add_error("end", _BAD_SPAN)
        else:
            return _saved(request)
    return show(request, duty, "backoffice/outage_add.html", {"form": form, "title": _("Enter an outage")})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.CHANGE_CONTRACTS)
def add_force_majeure(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Time in which obligations were suspended."""
    form = ForceMajeureForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            downtimes.enter_force_majeure(form.span(), data["reason"], data["document"], by=duty.by)
        except Impossible:
            form.add_error("end", _BAD_SPAN)
        else:
            return _saved(request)
    return show(request, duty, "backoffice/outage_add.html", {"form": form, "title": _("Enter force majeure")})


@require_POST
@provider_page(Permission.CHANGE_CONTRACTS)
def withdraw(request: HttpRequest, duty: Duty, entry: str, outage_id: int) -> HttpResponse:
    """It was a mistake; months that are closed keep what they were computed of."""
    row = downtimes.find_entry(entry, outage_id)
    if row is None:
        raise Http404
    try:
        downtimes.withdraw(row, by=duty.by)
    except Impossible:
        messages.error(request, _("It was taken back already."))
        return redirect("availability")
    return _saved(request)


@require_POST
@client_page_of_provider(Permission.RUN_NODES)
def assign(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Other servers for a client, from now on (9-6)."""
    first, second = (typed(request.POST.get(name, ""), _MAX_NAME) for name in ("first", "second"))
    try:
        servers.assign(visit.client, first, second, by=visit.by)
    except Impossible:
        messages.error(request, _("A client has two servers, and they are not the same."))
    else:
        messages.success(request, _("Saved. It counts from now on; the client's MX records must name both."))
    return redirect("sla", client_id=visit.client.pk)


def _saved(request: HttpRequest) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("availability")


def _shown(rows: Iterable[downtimes.Entry]) -> list[dict[str, object]]:
    return [{"row": each, "when": stretches([Span(each.start, each.end)])[0]} for each in rows]


_BAD_SPAN = gettext_lazy("It ends after its beginning, and is over.")
