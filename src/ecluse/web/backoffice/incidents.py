"""The register of security incidents: what, whom it affected, and whether the authority is to be told."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import incidents
from ecluse.control.privacy.incidents import Authority, Incident
from ecluse.control.tenants.queries import client_named
from ecluse.domain.errors import Impossible
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.backoffice.register_forms import IncidentForm, MomentForm
from ecluse.web.backoffice.steps import take_step
from ecluse.web.pages import or_404, page_of, typed
from ecluse.web.privacy_words import AUTHORITIES, NATURES


@never_cache
@require_safe
@provider_page(Permission.HANDLE_INCIDENTS)
def list_incidents(request: HttpRequest, duty: Duty) -> HttpResponse:
    """The newest first."""
    page = page_of(request, incidents.incidents())
    return show(request, duty, "backoffice/incidents.html", {"page": page, "rows": [_shown(each) for each in page]})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.HANDLE_INCIDENTS)
def add(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Write one down."""
    form = IncidentForm(request.POST or None)
    if form.is_valid():
        row = incidents.open_incident(form.told(), by=duty.by)
        messages.success(request, _("Written down. Name the clients whose data are affected: they are told at once."))
        return redirect("incident", incident_id=row.pk)
    return show(request, duty, "backoffice/incident_form.html", {"form": form, "is_new": True})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.HANDLE_INCIDENTS)
def correct(request: HttpRequest, duty: Duty, incident_id: int) -> HttpResponse:
    """What is known by now."""
    row = or_404(incidents.find_incident(incident_id))
    form = IncidentForm(request.POST or None, initial=IncidentForm.shown(row))
    if form.is_valid():
        incidents.correct(row, form.told(), by=duty.by)
        messages.success(request, _("Saved."))
        return redirect("incident", incident_id=row.pk)
    return show(request, duty, "backoffice/incident_form.html", {"form": form, "row": row})


@never_cache
@require_safe
@provider_page(Permission.HANDLE_INCIDENTS)
def incident(request: HttpRequest, duty: Duty, incident_id: int) -> HttpResponse:
    """All that is known of one."""
    row = or_404(incidents.find_incident(incident_id))
    values = _shown(row) | {"affected": incidents.affected_by(row), "authorities": AUTHORITIES.items()}
    return show(request, duty, "backoffice/incident.html", values | {"moment": MomentForm()})


@require_POST
@provider_page(Permission.HANDLE_INCIDENTS)
def act(request: HttpRequest, duty: Duty, incident_id: int) -> HttpResponse:
    """Name a client, decide about the authority, note that it was told, close."""
    row = or_404(incidents.find_incident(incident_id))
    take_step(request, row, duty, _STEPS, _("This cannot be done: something is missing, or it was done before."))
    return redirect("incident", incident_id=row.pk)


def _affect(request: HttpRequest, row: Incident, duty: Duty) -> None:
    client = client_named(request.POST.get("client", "").strip())
    if client is None:
        raise Impossible("no such client")
    text = typed(request.POST.get("text", ""), incidents.MAX_CONSEQUENCE)
    incidents.affect(row, client, text, by=duty.by)


def _decide(request: HttpRequest, row: Incident, duty: Duty) -> None:
    wanted = request.POST.get("authority", "")
    if wanted not in {Authority.NEEDED, Authority.NOT_NEEDED}:
        raise Impossible("yes or no")
    incidents.decide(row, Authority(wanted), typed(request.POST.get("text", ""), incidents.MAX_WHY), by=duty.by)


def _note_authority(request: HttpRequest, row: Incident, duty: Duty) -> None:
    form = MomentForm(request.POST)
    if not form.is_valid():
        raise Impossible("when")
    incidents.note_authority(row, typed(request.POST.get("reference", ""), 100), form.cleaned_data["at"], by=duty.by)


def _close(_request: HttpRequest, row: Incident, duty: Duty) -> None:
    incidents.close(row, by=duty.by)


_STEPS = {"affect": _affect, "decide": _decide, "authority": _note_authority, "close": _close}


def _shown(row: Incident) -> dict[str, Any]:
    return {
        "row": row,
        "nature": NATURES[row.nature],
        "authority": AUTHORITIES[row.authority],
        "hours_left": incidents.hours_left(row) if row.awaits_authority else None,
    }
