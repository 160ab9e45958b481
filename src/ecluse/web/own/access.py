"""Whose own mail a page is about: the visitor's, by his address and its aliases at this client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from ecluse.control.accounts.break_glass import lookers_at
from ecluse.control.accounts.roles import Permission
from ecluse.control.mail import own
from ecluse.control.mail.held import HeldCopy
from ecluse.control.tenants.queries import keys_of_user
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.pages import or_404

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class OwnVisit:
    """One person at his own pages."""

    visit: Visit
    keys: tuple[str, ...]  # `Address.key` of all that is his; () where none is.

    def demand_himself(self) -> None:
        """What counts as this person's own word nobody says in his place (1-9, 9-2). Raises `PermissionDenied`."""
        if self.visit.grant.glass is not None:
            raise PermissionDenied

    def copy(self, copy_id: int) -> HeldCopy:
        """One of his. Raises `Http404` for everybody else's."""
        return or_404(own.copies(self.keys).filter(pk=copy_id).first())


View = Callable[Concatenate[HttpRequest, OwnVisit, P], HttpResponse]


def own_page(view: View[P]) -> Callable[..., HttpResponse]:
    """A page of the visitor's own mail; the client's scope is open within."""

    @wraps(view)
    @client_page(Permission.OWN_MAIL)
    def page(request: HttpRequest, visit: Visit, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, OwnVisit(visit, keys_of_user(visit.person)), *args, **kwargs)

    return page


def show_own(
    request: HttpRequest, own_visit: OwnVisit, template: str, values: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page of his; who looks at it beside him is named there."""
    visit = own_visit.visit
    lookers = () if visit.grant.glass else lookers_at(visit.client, visit.person)
    return show(request, visit, template, {"keys": own_visit.keys, "lookers": lookers, **values}, status)
