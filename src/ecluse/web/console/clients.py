"""Which client: the first page after sign-in, and for the provider the list of all."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from ecluse.control.accounts.queries import Grant, clients_of, grant_at
from ecluse.control.accounts.roles import Permission
from ecluse.control.tenants import services
from ecluse.web.backoffice.access import duty_of
from ecluse.web.pages import page_of, searched
from ecluse.web.who import user_of


class ClientForm(forms.Form):
    """A new client."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)


@login_required
@require_safe
def clients(request: HttpRequest) -> HttpResponse:
    """Those that the person may enter; with one only, that one at once."""
    user = user_of(request)
    if user is None:
        raise Http404
    duty = duty_of(request)
    mine = clients_of(user, None if duty is None else duty.grant)
    search = searched(request)
    if duty is None and not search and len(first := mine[:2]) == 1:
        return redirect(_first_page(grant_at(user, first[0].pk)), client_id=first[0].pk)
    if search:
        mine = mine.filter(name__icontains=search)
    values = {
        "page": page_of(request, mine),
        "search": search,
        "duty": duty,
        "base": "base.html" if duty is None else "backoffice/base.html",
    }
    return render(request, "console/clients.html", values)


def _first_page(own: Grant | None) -> str:
    if own is not None and own.allows(Permission.SEE_CLIENT):
        return "dashboard"
    # What is left to an owner long after the contract (16-3).
    return "contracts" if own is not None and own.allows(Permission.SEE_BILLING) else "own_mail"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new client, by the provider's people alone."""
    duty = duty_of(request)
    if duty is None or not duty.grant.allows(Permission.CHANGE_CLIENTS):
        raise Http404
    form = ClientForm(request.POST or None)
    if form.is_valid():
        try:
            client = services.create_client(form.cleaned_data["name"].strip(), by=duty.by)
        except services.Taken:
            form.add_error("name", _("A client of this name exists already."))
        else:
            messages.success(request, _("The client has been added. Next: a domain, and an administrator."))
            return redirect("dashboard", client_id=client.pk)
    return render(request, "console/client_add.html", {"form": form})
