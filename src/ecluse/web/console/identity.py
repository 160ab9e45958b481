"""Signing in with the client's own identity provider: setting it up. Owners alone may."""

from __future__ import annotations

from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ecluse.control.accounts.identity import IdentityProvider, provider_of, remove_provider, set_provider
from ecluse.control.accounts.roles import Permission
from ecluse.domain.errors import Impossible
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.pages import or_404


class IdentityForm(forms.Form):
    """The provider, and how it knows us."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    issuer = forms.CharField(
        label=gettext_lazy("Address of the provider"),
        max_length=300,
        help_text=gettext_lazy("Its issuer: https://…, without “.well-known”."),
    )
    application = forms.CharField(label=gettext_lazy("Client ID there"), max_length=200)
    secret = forms.CharField(
        label=gettext_lazy("Client secret there"),
        max_length=400,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "Leave it empty to keep the one that is stored; at another address it is asked for again."
        ),
    )

    def clean_issuer(self) -> str:
        """A URL with https and a host, and nothing that hides in one."""
        issuer = str(self.cleaned_data["issuer"]).strip().rstrip("/")
        try:
            parts = urlsplit(issuer)
            is_sound = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        except ValueError:
            is_sound = False
        if not is_sound or "/.well-known" in issuer or "?" in issuer or "#" in issuer:
            raise forms.ValidationError(_("An address that begins with https:// is needed."))
        return issuer


@never_cache
@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_SIGN_IN)
def identity(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What it is, and another one."""
    known = provider_of(visit.client)
    form = IdentityForm(request.POST or None, initial=_initial(known))
    if form.is_valid():
        try:
            set_provider(visit.client, **form.cleaned_data, by=visit.by)
        except Impossible:
            form.add_error("secret", _("A secret is needed, and a master key of this installation to keep it by."))
        else:
            messages.success(request, _("Saved."))
            return redirect("identity_provider", client_id=visit.client.pk)
    values = {"form": form, "provider": known, "addresses": _addresses(known)}
    return show(request, visit, "console/identity.html", values)


@require_POST
@client_page(Permission.CHANGE_SIGN_IN)
def remove(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Nobody signs in there any more."""
    remove_provider(or_404(provider_of(visit.client)), by=visit.by)
    messages.success(request, _("Nobody signs in there any more."))
    return redirect("identity_provider", client_id=visit.client.pk)


def _initial(known: IdentityProvider | None) -> dict[str, str]:
    return {} if known is None else {name: getattr(known, name) for name in ("name", "issuer", "application")}


def _addresses(known: IdentityProvider | None) -> dict[str, str]:
    """Where people begin, and where the provider must send them back to."""
    if known is None:
        return {}
    return {
        "begin": settings.ECLUSE_URL + reverse("openid_connect_login", args=[known.slug]),
        "back": settings.ECLUSE_URL + reverse("openid_connect_callback", args=[known.slug]),
    }
