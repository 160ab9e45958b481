"""Connectors of a client: by what its outbound mail comes in."""

from __future__ import annotations

from typing import Any

import msgspec
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.sending import queries, services
from ecluse.domain.connector import TOKEN_HEADER, AccountSource
from ecluse.domain.errors import Impossible
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.pages import or_404
from ecluse.wire.connector_terms import BadConnector, ConnectorTerms, Sha256
from ecluse.wire.notations import Network

_PROOFS = (
    ("login", gettext_lazy("A login and a secret that we make (SMTP AUTH inside TLS)")),
    ("certificate", gettext_lazy("The TLS certificate of the client's server")),
    ("network", gettext_lazy("Its own addresses: nobody else sends from them")),
    ("microsoft365", gettext_lazy("Microsoft 365: its addresses, and a token in each message")),
    ("google", gettext_lazy("Google Workspace: its addresses, and a token in each message")),
    ("token", gettext_lazy("Another shared service: the addresses below, and a token in each message")),
)
_ACCOUNTS = (
    (AccountSource.ENVELOPE.value, gettext_lazy("The sender of the envelope")),
    (AccountSource.LOGIN.value, gettext_lazy("The login")),
    (AccountSource.HEADER.value, gettext_lazy("The user whom the server names in the field below")),
)


class _SettingsForm(forms.Form):
    """What a connector may have, and may change."""

    certificate = forms.CharField(
        label=gettext_lazy("SHA-256 of the certificate"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("For a certificate: as “openssl x509 -noout -fingerprint -sha256” prints it."),
    )
    networks = forms.CharField(
        label=gettext_lazy("Networks"),
        max_length=4_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line, such as 192.0.2.0/24. With a login or certificate: from where it counts."),
    )
    account = forms.ChoiceField(
        label=gettext_lazy("Whom limits and locks are about"), choices=_ACCOUNTS, initial=AccountSource.ENVELOPE.value
    )
    account_header = forms.CharField(
        label=gettext_lazy("Field that names the user"),
        max_length=76,
        required=False,
        help_text=gettext_lazy("Such as X-Authenticated-User. It is taken out before the message goes on."),
    )
    listed_senders = forms.BooleanField(
        label=gettext_lazy("Only addresses that stand in the list of addresses may send"), required=False
    )
    forwards = forms.BooleanField(
        label=gettext_lazy("The server forwards mail of your users to addresses outside"),
        required=False,
        help_text=gettext_lazy(
            "Then what came in here for you may go on with its sender and author. It has to be unchanged."
        ),
    )

    def settings(self) -> dict[str, Any]:
        """In the words of `ConnectorTerms`."""
        values = self.cleaned_data
        return {
            "account": AccountSource(values["account"]),
            "account_header": values["account_header"].strip() or None,
            "listed_senders": values["listed_senders"],
            "forwards": values["forwards"],
        }


class ConnectorForm(_SettingsForm):
    """A new connector."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    proof = forms.ChoiceField(label=gettext_lazy("How the server proves whose it is"), choices=_PROOFS)
    login = forms.CharField(
        label=gettext_lazy("Login"),
        max_length=320,
        required=False,
        help_text=gettext_lazy("For a login: a name in a domain of yours, such as server@example.com."),
    )
    field_order = ("name", "proof", "login")

    def terms(self) -> ConnectorTerms:
        """What is meant. Raises `BadConnector`."""
        values = self.cleaned_data
        proof = values["proof"]
        services_of = {"service": proof} if proof in {"microsoft365", "google"} else {}
        return ConnectorTerms(
            name=values["name"].strip(),
            networks=_networks(values["networks"]) if not services_of else (),
            shared=proof == "token",
            certificate=_certificate(values["certificate"]) if proof == "certificate" else None,
            login=values["login"].strip() if proof == "login" else None,
            **self.settings(),
            **services_of,
        )

    def needs_token(self) -> bool:
        """Whether each message shall carry the secret."""
        return self.cleaned_data["proof"] in {"token", "microsoft365", "google"}


class ChangeForm(_SettingsForm):
    """Of a connector that there is; its name, and what it proves itself by, stay: servers are set up with them."""

    def __init__(self, data: Any, terms: ConnectorTerms) -> None:
        initial = {name: getattr(terms, name) for name in ("certificate", "listed_senders", "forwards")}
        initial |= {"account": terms.account.value, "account_header": terms.account_header or ""}
        super().__init__(data, initial={**initial, "networks": "\n".join(terms.networks)}, label_suffix="")
        self._before = terms
        if not terms.certificate:
            del self.fields["certificate"]
        if terms.service:
            del self.fields["networks"]  # They are the service's.

    def terms(self) -> ConnectorTerms:
        """What it is from now on. Raises `BadConnector`."""
        values, found = self.cleaned_data, self.settings()
        if "certificate" in values:
            found["certificate"] = _certificate(values["certificate"])
        if "networks" in values:
            found["networks"] = _networks(values["networks"])
        return msgspec.structs.replace(self._before, **found)


@require_safe
@client_page(Permission.CHANGE_SENDING)
def connectors(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All of them."""
    return show(request, visit, "console/connectors.html", {"connectors": queries.connectors()})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_SENDING)
def add(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One more; a secret of it is shown once."""
    form = ConnectorForm(request.POST or None, initial={"proof": "login"})
    if form.is_valid():
        try:
            terms = form.terms()
            secret = services.add_connector(visit.client, terms, with_token=form.needs_token(), by=visit.by)
        except BadConnector as bad:
            form.add_error(bad.key if bad.key in form.fields else "proof", _reason(bad))
        except Impossible:
            form.add_error(None, _("There are too many connectors already: remove some first."))
        else:
            return _made(request, visit, terms.name, terms.login or "", secret)
    return show(request, visit, "console/connector_add.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_SENDING)
def change(request: HttpRequest, visit: Visit, connector_id: int) -> HttpResponse:
    """Other networks, another certificate, another account; its secret stays as it is."""
    row = or_404(queries.find_connector(connector_id))
    form = ChangeForm(request.POST if request.method == "POST" else None, queries.terms_of(row))
    if form.is_valid():
        try:
            services.change_connector(row, form.terms(), by=visit.by)
        except BadConnector as bad:
            form.add_error(bad.key if bad.key in form.fields else None, _reason(bad))
        else:
            messages.success(request, _("Saved. It applies to all mail that is sent from now on."))
            return redirect("connectors", client_id=visit.client.pk)
    return show(request, visit, "console/connector_change.html", {"form": form, "row": row})


@never_cache
@require_POST
@client_page(Permission.CHANGE_SENDING)
def renew(request: HttpRequest, visit: Visit, connector_id: int) -> HttpResponse:
    """Another secret, shown once."""
    row = or_404(queries.find_connector(connector_id))
    try:
        secret = services.renew_secret(row, by=visit.by)
    except Impossible:
        messages.error(request, _("This connector has no secret."))
        return redirect("connectors", client_id=visit.client.pk)
    return _made(request, visit, row.name, row.login or "", secret)


@require_POST
@client_page(Permission.CHANGE_SENDING)
def remove(request: HttpRequest, visit: Visit, connector_id: int) -> HttpResponse:
    """Nothing comes in by it any more."""
    services.remove_connector(or_404(queries.find_connector(connector_id)), by=visit.by)
    messages.success(request, _("The connector has been removed."))
    return redirect("connectors", client_id=visit.client.pk)


def _made(request: HttpRequest, visit: Visit, name: str, login: str, secret: str) -> HttpResponse:
    if not secret:
        messages.success(request, _("The connector has been added."))
        return redirect("connectors", client_id=visit.client.pk)
    seen: dict[str, Any] = {"name": name, "login": login, "secret": secret, "token_header": TOKEN_HEADER}
    return show(request, visit, "console/connector_made.html", seen)


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(Network(line.strip()) for line in text.splitlines() if line.strip())
    except ValueError as error:
        raise BadConnector("networks", str(error)) from error


def _certificate(text: str) -> Sha256:
    try:
        return Sha256(text.strip())
    except ValueError as error:
        raise BadConnector("certificate", str(error)) from error


_REASONS = {
    "name": gettext_lazy("A name of its own: letters, digits, space, dot, - and _, at most 60."),
    "login": gettext_lazy("A name that nobody has, in a domain of yours that is proven."),
    "certificate": gettext_lazy("64 hexadecimal digits, with or without colons."),
    "networks": gettext_lazy(
        "Networks such as 192.0.2.0/24, at most a hundred; alone, they are small and nobody else's."
    ),
    "account": gettext_lazy("The login names the account only where there is one."),
    "account_header": gettext_lazy("The name of a field, where it names the user, and only then."),
}


def _reason(bad: BadConnector) -> str:
    return str(_REASONS.get(bad.key, _("These cannot go together.")))
