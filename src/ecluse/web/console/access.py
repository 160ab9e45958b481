"""Who may see a page: a client's pages are nothing at all to strangers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django_scopes import scope

from ecluse.control.accounts.after_end import looked_at_until
from ecluse.control.accounts.queries import Client, Grant, grant_at
from ecluse.control.accounts.roles import Permission
from ecluse.control.audit.actor import MAX_BEHALF, Actor
from ecluse.web.who import actor_of, user_of

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Visit:
    """One person at one client's page."""

    client: Client
    grant: Grant
    by: Actor

    @property
    def person(self) -> str:
        """Whose own mail is shown: the visitor's, or that of the person as whom he sees the console."""
        return self.grant.glass.acts_as if self.grant.glass and self.grant.seen_as else self.by.name

    @property
    def may(self) -> Mapping[str, bool]:
        """For templates: `visit.may.change_domains`."""
        return may_of(self.grant.permissions)


View = Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]


def client_page(permission: Permission | None) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """The page of a client: its scope is open within. 404 for strangers, 403 for those of its own who may not.

    None: for whoever is anybody there; the view itself looks at what he may.
    """

    def decorate(view: View[P]) -> Callable[..., HttpResponse]:
        @wraps(view)
        @login_required
        def page(request: HttpRequest, client_id: int, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            visit = _visit(request, client_id)
            if not visit.grant.permissions:  # The contract is over, and with it whatever he might here (16-3).
                return render(request, "sign_in/contract_over.html", status=403)
            if permission is not None and not visit.grant.allows(permission):
                if visit.grant.seen_as is not None and request.path == reverse("dashboard", args=[client_id]):
                    return redirect("own_mail", client_id=visit.client.pk)  # Where that person begins.
                raise PermissionDenied
            with scope(client=visit.client):
                return view(request, visit, *args, **kwargs)

        return page

    return decorate


def show(request: HttpRequest, visit: Visit, template: str, values: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page of this client, rendered at once: later its scope would be closed."""
    over = {"looked_at_until": looked_at_until(visit.client)}
    return render(request, template, {"visit": visit, "client": visit.client, **over, **values}, status=status)


@cache
def may_of(permissions: frozenset[Permission]) -> Mapping[str, bool]:
    """By the names that templates have for permissions. A page asks dozens of times."""
    return {each.name.lower(): each in permissions for each in Permission}


def _visit(request: HttpRequest, client_id: int) -> Visit:
    user = user_of(request)
    grant = None if user is None else grant_at(user, client_id)
    if grant is None or grant.client is None:
        raise Http404
    return Visit(grant.client, grant, _actor(request, grant))


def _actor(request: HttpRequest, grant: Grant) -> Actor:
    by, glass = actor_of(request), grant.glass
    if glass is None:
        return by
    whom = f"{glass.acts_as}, {glass.client.name}" if glass.acts_as else glass.client.name
    return replace(by, on_behalf_of=f"{whom}: {glass.reason}"[:MAX_BEHALF])
