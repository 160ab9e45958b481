"""Keys of the API that are the provider's own: with one, a program of his does what his people do here, at every client."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import PERMISSIONS, Permission
from ecluse.control.programs import queries, services
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.console.programs import KeyForm, key_rows, made
from ecluse.web.pages import or_404


@require_safe
@provider_page(Permission.CHANGE_PROGRAMS)
def list_keys(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Who made them, what they may do, when they were used."""
    rows = key_rows(None, lambda key: reverse("revoke_provider_key", args=[key.pk]))
    return show(request, duty, "backoffice/keys.html", {"keys": rows})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.CHANGE_PROGRAMS)
def make_key(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Make a key; it is shown once."""
    mine = PERMISSIONS[duty.grant.role]
    form = KeyForm(tuple(each for each in queries.SCOPES if each in mine), request.POST or None)
    frame = {"frame": "backoffice/base.html", "back": reverse("provider_keys")}
    if secret := made(form, None, duty.by):
        values = {"secret": secret, "name": form.cleaned_data["name"]}
        return show(request, duty, "console/key_made.html", frame | values)
    return show(request, duty, "console/key_make.html", {**frame, "form": form, "is_of_provider": True})


@require_POST
@provider_page(Permission.CHANGE_PROGRAMS)
def revoke_key(request: HttpRequest, duty: Duty, key_id: int) -> HttpResponse:
    """It opens nothing from now on."""
    services.revoke_key(or_404(queries.find_key_of(None, key_id)), by=duty.by)
    messages.success(request, _("The key has been revoked."))
    return redirect("provider_keys")
