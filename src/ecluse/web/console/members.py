"""People of a client: who they are, what they may do, and letting somebody in (4-3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts import queries, services
from ecluse.control.accounts.queries import Membership
from ecluse.control.accounts.roles import CLIENT_ROLES, Permission, Role, grantable
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.pages import or_404
from ecluse.web.refusal_words import REFUSALS
from ecluse.web.role_words import ROLE_WORDS


class InvitationForm(forms.Form):
    """Whom to let in, and as what."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"), widget=forms.RadioSelect)

    def __init__(self, roles: tuple[Role, ...], *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]  # what Django takes
        self.fields["role"].choices = [  # type: ignore[attr-defined]  # of a ChoiceField
            (role.value, ROLE_WORDS[role].with_duties) for role in roles
        ]


@require_safe
@client_page(Permission.SEE_MEMBERS)
def members(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All of them, and who is invited."""
    values = {
        "members": [(each, ROLE_WORDS[Role(each.role)]) for each in queries.members_of(visit.client)],
        "invitations": [(each, ROLE_WORDS[Role(each.role)]) for each in queries.open_invitations(visit.client)],
        "roles": [(role, ROLE_WORDS[role]) for role in _roles(visit)],
        "grantable": {role.value for role in grantable(visit.grant.role)},
        "demands_second_factor": queries.demands_second_factor(visit.client),
    }
    return show(request, visit, "console/members.html", values)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_MEMBERS)
def invite(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Make the link; it is shown once."""
    form = InvitationForm(_roles(visit), request.POST or None)
    if form.is_valid():
        email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
        try:
            secret = services.invite(email, role, visit.client, by=visit.by, grants=grantable(visit.grant.role))
        except (services.OwnRole, services.OutOfReach) as refusal:
            form.add_error("email", str(REFUSALS[type(refusal)]))
        else:
            values = {"email": email, "link": settings.ECLUSE_URL + reverse("join", args=[secret])}
            return show(request, visit, "console/invited.html", values)
    return show(request, visit, "console/invite.html", {"form": form})


@require_POST
@client_page(Permission.CHANGE_MEMBERS)
def withdraw(request: HttpRequest, visit: Visit, invitation_id: int) -> HttpResponse:
    """The link no longer lets anybody in."""
    invitation = or_404(queries.open_invitations(visit.client).filter(pk=invitation_id).first())
    with _told(request, _("The invitation has been withdrawn.")):
        services.withdraw(invitation, by=visit.by, grants=grantable(visit.grant.role))
    return redirect("members", client_id=visit.client.pk)


@require_POST
@client_page(Permission.CHANGE_MEMBERS)
def change_role(request: HttpRequest, visit: Visit, membership_id: int) -> HttpResponse:
    """He is something else from now on."""
    membership, wanted = _find(visit, membership_id), request.POST.get("role", "")
    if wanted not in {role.value for role in _roles(visit)}:
        raise PermissionDenied
    with _told(request, _("Saved.")):
        services.change_role(membership, Role(wanted), by=visit.by)
    return redirect("members", client_id=visit.client.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_MEMBERS)
def dismiss(request: HttpRequest, visit: Visit, membership_id: int) -> HttpResponse:
    """Ask first."""
    membership = _find(visit, membership_id)
    if request.method != "POST":
        return show(request, visit, "console/member_dismiss.html", {"membership": membership})
    with _told(request, _("This person no longer has access.")):
        services.dismiss(membership, by=visit.by)
    return redirect("members", client_id=visit.client.pk)


@require_POST
@client_page(Permission.CHANGE_MEMBERS)
def second_factor(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Whether everybody here needs one."""
    services.demand_second_factor(visit.client, demands=request.POST.get("demands") == "on", by=visit.by)
    messages.success(request, _("Saved."))
    return redirect("members", client_id=visit.client.pk)


@contextmanager
def _told(request: HttpRequest, done: str) -> Iterator[None]:
    """The next page says that it was done, or why it was not."""
    try:
        yield
    except tuple(REFUSALS) as refusal:
        messages.error(request, str(REFUSALS[type(refusal)]))
    else:
        messages.success(request, done)


def _roles(visit: Visit) -> tuple[Role, ...]:
    allowed = grantable(visit.grant.role)
    return tuple(role for role in CLIENT_ROLES if role in allowed)


def _find(visit: Visit, membership_id: int) -> Membership:
    """Somebody of this client whom the visitor's role reaches."""
    found = or_404(queries.members_of(visit.client).filter(pk=membership_id).first())
    if found.role not in grantable(visit.grant.role):
        raise PermissionDenied
    return found
