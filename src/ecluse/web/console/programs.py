"""Programs of a client: the keys by which they use the API, and the webhooks by which they are told."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import PERMISSIONS, Permission
from ecluse.control.audit.actor import Actor
from ecluse.control.programs import queries, services
from ecluse.control.tenants.queries import Client
from ecluse.control.webhooks.queries import EventKind, waiting, webhooks
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.event_words import EVENT_WORDS
from ecluse.web.console.scope_words import SCOPE_WORDS
from ecluse.web.last_day_field import LastDayField
from ecluse.web.pages import or_404


class KeyForm(forms.Form):
    """A new key."""

    name = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=100,
        help_text=gettext_lazy("Stands in the audit trail behind everything that the program does."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What the program may do"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Give it no more than it needs."),
    )
    until = LastDayField(help_text=gettext_lazy("Empty: until somebody revokes it."))

    def __init__(self, scopes: tuple[Permission, ...], *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]  # what Django takes
        self.lent = scopes
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]  # of a MultipleChoiceField
            (each.value, SCOPE_WORDS[each]) for each in scopes
        ]


@require_safe
@client_page(Permission.CHANGE_PROGRAMS)
def programs(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All keys: who made them, what they may do, when they were used; and all webhooks, and how they fare."""
    keys = key_rows(visit.client, lambda key: reverse("revoke_key", args=[visit.client.pk, key.pk]))
    hooks = [(each, [EVENT_WORDS[EventKind(one)] for one in each.events], waiting(each)) for each in webhooks()]
    return show(request, visit, "console/programs.html", {"keys": keys, "webhooks": hooks})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_PROGRAMS)
def make_key(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Make a key; it is shown once."""
    form = KeyForm(_lendable(visit), request.POST or None)
    frame = {"frame": "console/base.html", "back": reverse("programs", args=[visit.client.pk])}
    if secret := made(form, visit.client, visit.by):
        values = {"secret": secret, "name": form.cleaned_data["name"]}
        return show(request, visit, "console/key_made.html", frame | values)
    return show(request, visit, "console/key_make.html", {**frame, "form": form})


@require_POST
@client_page(Permission.CHANGE_PROGRAMS)
def revoke_key(request: HttpRequest, visit: Visit, key_id: int) -> HttpResponse:
    """It opens nothing from now on."""
    services.revoke_key(or_404(queries.find_key_of(visit.client, key_id)), by=visit.by)
    messages.success(request, _("The key has been revoked."))
    return redirect("programs", client_id=visit.client.pk)


def _lendable(visit: Visit) -> tuple[Permission, ...]:
    """What the visitor has to lend at a client; the provider's own is not for clients' keys."""
    mine = PERMISSIONS[visit.grant.role]
    return tuple(each for each in queries.SCOPES if each in mine - queries.OF_THE_PROVIDER)


def made(form: KeyForm, client: Client | None, by: Actor) -> str:
    """The secret of the new key that the form asks for, of a client or of the provider; "" where it cannot be made."""
    if not form.is_valid():
        return ""
    values = form.cleaned_data
    scopes = [Permission(each) for each in values["scopes"]]
    try:
        return services.make_key(client, values["name"], scopes, may_lend=form.lent, expires_at=values["until"], by=by)
    except services.TooManyKeys:
        form.add_error(None, _("There are too many keys already: revoke some first."))
        return ""


def key_rows(client: Client | None, revoked_at: Callable[[queries.ApiKey], str]) -> list[dict[str, object]]:
    """For the table: each key in words, whether its maker still has what he lent, and where it is revoked."""
    keys = queries.keys_of(client)
    # What a maker has lost, all his keys have.
    living = {maker for maker, key in {key.made_by_id: key for key in keys}.items() if queries.any_grant(key)}
    return [
        {"key": each, "words": _words(each), "is_alive": each.made_by_id in living, "revoke": revoked_at(each)}
        for each in keys
    ]


def _words(key: queries.ApiKey) -> list[object]:
    return [SCOPE_WORDS[Permission(each)] for each in key.scopes if each in set(SCOPE_WORDS)]
