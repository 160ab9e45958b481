"""Who may see the provider's pages: to everybody else they do not exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from ecluse.control.accounts.queries import Grant, grant_at_provider
from ecluse.control.accounts.roles import Permission
from ecluse.control.audit.actor import Actor
from ecluse.web.console.access import View, client_page, may_of
from ecluse.web.who import actor_of, user_of

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Duty:
    """One of the provider's people at one of the provider's pages."""

    grant: Grant
    by: Actor

    @property
    def may(self) -> Mapping[str, bool]:
        """For templates: `duty.may.run_nodes`."""
        return may_of(self.grant.permissions)


ProviderView = Callable[Concatenate[HttpRequest, Duty, P], HttpResponse]


def duty_of(request: HttpRequest) -> Duty | None:
    """What the visitor is to the provider; None for everybody else."""
    user = user_of(request)
    grant = None if user is None else grant_at_provider(user)
    return None if grant is None else Duty(grant, actor_of(request))


def provider_page(
    permission: Permission, *, to_change: Permission | None = None
) -> Callable[[ProviderView[P]], Callable[..., HttpResponse]]:
    """A page of the provider's. 404 for everybody else, 403 for those of his own who may not. No client's scope is open.

    `to_change`: what POST takes, where looking takes less.
    """

    def decorate(view: ProviderView[P]) -> Callable[..., HttpResponse]:
        @wraps(view)
        @login_required
        def page(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            duty = duty_of(request)
            if duty is None:
                raise Http404
            wanted = to_change if to_change and request.method == "POST" else permission
            if not duty.grant.allows(wanted):
                raise PermissionDenied
            return view(request, duty, *args, **kwargs)

        return page

    return decorate


def client_page_of_provider(permission: Permission) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """A page of one client that is the provider's alone: 404 for the client's own people, too."""

    def decorate(view: View[P]) -> Callable[..., HttpResponse]:
        of_client = client_page(permission)(view)

        @wraps(view)
        @login_required
        def page(request: HttpRequest, **values: Any) -> HttpResponse:
            if duty_of(request) is None:
                raise Http404
            return of_client(request, **values)

        return page

    return decorate


def show(request: HttpRequest, duty: Duty, template: str, values: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page of the provider's."""
    return render(request, template, {"duty": duty, **values}, status=status)
