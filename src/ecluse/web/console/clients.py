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

from ecluse.control.accounts.queries import Grant, clients_of, grant_at, grant_at_provider
from ecluse.control.accounts.roles import Permission
from ecluse.control.tenants import services
from ecluse.web.backoffice.access import Duty
from ecluse.web.pages import page_of, searched
from ecluse.web.who import actor_of, user_of


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
    grant = grant_at_provider(user)
    mine = clients_of(user, grant)
    search = searched(request)
    if grant is None and not search and len(first := mine[:2]) == 1:
        own = grant_at(user, first[0].pk)
        sees_client = own is not None and own.allows(Permission.SEE_CLIENT)
        return redirect("dashboard" if sees_client else "own_mail", client_id=first[0].pk)
    if search:
        mine = mine.filter(name__icontains=search)
    values = {
        "page": page_of(request, mine),
        "search": search,
        "may_add": _may_add(grant),
        "duty": None if grant is None else Duty(grant, actor_of(request)),
        "base": "base.html" if grant is None else "backoffice/base.html",
    }
    return render(request, "console/clients.html", values)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new client, by the provider's people alone."""
    user = user_of(request)
    if user is None or not _may_add(grant_at_provider(user)):
        raise Http404
    form = ClientForm(request.POST or None)
    if form.is_valid():
        try:
            client = services.create_client(form.cleaned_data["name"].strip(), by=actor_of(request))
        except services.Taken:
            form.add_error("name", _("A client of this name exists already."))
        else:
            messages.success(request, _("The client has been added. Next: a domain, and an administrator."))
            return redirect("dashboard", client_id=client.pk)
    return render(request, "console/client_add.html", {"form": form})


def _may_add(grant: Grant | None) -> bool:
    return grant is not None and grant.allows(Permission.CHANGE_CLIENTS)
