"""Domains of a client: whose they are, where their mail comes from and goes to."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import PROVIDER_ROLES, Permission
from ecluse.control.contracts import naming
from ecluse.control.operation.route_trials import try_routes as order_trial
from ecluse.control.tenants import ownership, queries, services
from ecluse.control.tenants.queries import Domain, Recipients
from ecluse.control.tenants.serving import permits_of
from ecluse.domain.policy import Route, Tls
from ecluse.domain.public_address import is_public_address
from ecluse.web.backends import backends
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.limits import Limit
from ecluse.web.notation_fields import NotationField
from ecluse.web.pages import or_404
from ecluse.wire.notations import DomainName

_RECIPIENTS = (
    (Recipients.LISTED, gettext_lazy("Only those on the list of addresses")),
    (Recipients.VERIFIED, gettext_lazy("Ask the client's server about each")),
    (Recipients.ANY, gettext_lazy("Accept any")),
)
_TLS = (
    (Tls.MAY, gettext_lazy("Encrypt if the server can")),
    (Tls.MUST, gettext_lazy("Encrypt always")),
    (Tls.VERIFY, gettext_lazy("Encrypt always, and check the certificate")),
    (Tls.NEVER, gettext_lazy("Never encrypt")),
)

TRIALS = Limit("try-routes", most=20, within_s=3_600)


class RouteForm(forms.Form):
    """A next hop."""

    host = NotationField(
        DomainName,
        accepts_ip=True,
        label=gettext_lazy("Mail server"),
        help_text=gettext_lazy("Host name or IP address of the server that has the mailboxes."),
    )
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65_535, initial=25)
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        min_value=0,
        max_value=65_535,
        initial=10,
        help_text=gettext_lazy("The lowest is tried first."),
    )
    tls = forms.ChoiceField(label=gettext_lazy("Encryption"), choices=_TLS, initial=Tls.MAY)

    def __init__(self, visit: Visit, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]  # what Django takes
        self._is_provider = visit.grant.role in PROVIDER_ROLES

    def clean_host(self) -> str:
        """Clients reach their own servers, never the provider's inner networks.

        What a name leads to may change at any time: a node looks at that when it connects.
        """
        host: str = self.cleaned_data["host"]
        if not self._is_provider and not is_public(host):
            raise forms.ValidationError(_("This address cannot be reached from the Internet; ask your provider."))
        return host

    def route(self) -> Route:
        """What was asked for."""
        values = self.cleaned_data
        return Route(values["host"], values["port"], values["priority"], Tls(values["tls"]), self._is_provider)


class DomainForm(RouteForm):
    """A new domain, with its first next hop."""

    name = NotationField(DomainName, label=gettext_lazy("Domain"), help_text=gettext_lazy("What stands behind the @."))
    field_order = ("name", "host", "port", "priority", "tls")


@require_safe
@client_page(Permission.SEE_CLIENT)
def domains(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All of them."""
    permits = permits_of(visit.client)
    rows = [(each, permits.of(each.name)) for each in queries.domains()]
    return show(request, visit, "console/domains.html", {"domains": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_DOMAINS)
def add(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Claim a domain; the next page says how to prove it."""
    form = DomainForm(visit, request.POST or None)
    if form.is_valid():
        try:
            made = naming.claim_domain(visit.client, form.cleaned_data["name"], [form.route()], by=visit.by)
        except services.Taken:
            form.add_error("name", _("This domain is on your list already."))
        else:
            messages.success(request, _("The domain has been added. One record in the DNS shows that it is yours."))
            return redirect("domain", client_id=visit.client.pk, domain_id=made.pk)
    return show(request, visit, "console/domain_add.html", {"form": form})


@require_safe
@client_page(Permission.SEE_CLIENT)
def domain(request: HttpRequest, visit: Visit, domain_id: int) -> HttpResponse:
    """One domain: proof, MX, next hops, recipients."""
    return _domain_page(request, visit, _find(domain_id), RouteForm(visit))


@require_POST
@client_page(Permission.CHANGE_DOMAINS)
def prove(request: HttpRequest, visit: Visit, domain_id: int) -> HttpResponse:
    """Look for the record now."""
    found = _find(domain_id)
    answer = backends().look_up(ownership.challenge_name(found.name), "TXT")
    if not ownership.is_proof(answer, found.challenge):
        messages.warning(request, _missing_record(is_temporary=answer.is_temporary))
    else:
        try:
            is_served = naming.prove_domain(found, by=visit.by)
        except services.Taken:
            messages.error(request, _("Another client has shown before that this domain is theirs; ask your provider."))
        else:
            if is_served:
                messages.success(request, _("The domain is yours. Its mail is served from now on."))
            else:
                messages.warning(request, _("The domain is yours. Its mail is served once your provider approves it."))
    return redirect("domain", client_id=visit.client.pk, domain_id=found.pk)


@require_POST
@client_page(Permission.SEE_CLIENT)
def mx(request: HttpRequest, visit: Visit, domain_id: int) -> HttpResponse:
    """What the MX records say now: a piece of the domain's page."""
    found = _find(domain_id)
    ours = backends().exchanges
    result = ownership.look_at_mx(backends().look_up(found.name, "MX"), ours)
    values = {"domain": found, "mx": result, "exchanges": ours}
    return show(request, visit, "console/domain_mx.html", values)


@require_POST
@client_page(Permission.CHANGE_DOMAINS)
def recipients(request: HttpRequest, visit: Visit, domain_id: int) -> HttpResponse:
    """How its addresses are known."""
    found = _find(domain_id)
    wanted = request.POST.get("recipients")
    if wanted not in Recipients.values:
        raise Http404
    services.set_recipients(found, Recipients(wanted), by=visit.by)
    messages.success(request, _("Saved."))
    return redirect("domain", client_id=visit.client.pk, domain_id=found.pk)


@require_POST
@client_page(Permission.CHANGE_DOMAINS)
def add_route(request: HttpRequest, visit: Visit, domain_id: int) -> HttpResponse:
    """One more next hop."""
    found = _find(domain_id)
    form = RouteForm(visit, request.POST)
    if form.is_valid():
        try:
            services.add_route(found, form.route(), by=visit.by)
        except services.Taken:
            form.add_error("host", _("This server is on the list already."))
        else:
            messages.success(request, _("Saved."))
            return redirect("domain", client_id=visit.client.pk, domain_id=found.pk)
    return _domain_page(request, visit, found, form)


@require_POST
@client_page(Permission.CHANGE_DOMAINS)
def remove_route(request: HttpRequest, visit: Visit, domain_id: int, route_id: int) -> HttpResponse:
    """One next hop less."""
    found = _find(domain_id)
    route = or_404(queries.find_route(found, route_id))
    try:
        services.remove_route(route, by=visit.by)
    except services.LastRoute:
        messages.error(request, _("The last server cannot be removed: mail would have nowhere to go."))
    else:
        messages.success(request, _("Removed."))
    return redirect("domain", client_id=visit.client.pk, domain_id=found.pk)


@require_POST
@client_page(Permission.CHANGE_DOMAINS)
def try_routes(request: HttpRequest, visit: Visit, domain_id: int) -> HttpResponse:
    """Have the nodes speak with its next hops now."""
    found = _find(domain_id)
    if TRIALS.is_reached(str(visit.client.pk)):
        messages.warning(request, _("That was often. Please try again in an hour."))
    elif order_trial(found, by=visit.by):
        messages.info(request, _("Our servers are asking. What they hear stands here in a few seconds."))
        return redirect(reverse("domain", args=[visit.client.pk, found.pk]) + "?tried")
    else:
        messages.warning(request, _("None of our servers has spoken with yours yet: the first mail will show."))
    return redirect("domain", client_id=visit.client.pk, domain_id=found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_DOMAINS)
def remove(request: HttpRequest, visit: Visit, domain_id: int) -> HttpResponse:
    """Ask first: its mail is refused from then on."""
    found = _find(domain_id)
    if request.method == "POST":
        services.remove_domain(found, by=visit.by)
        messages.success(request, _("The domain has been removed."))
        return redirect("domains", client_id=visit.client.pk)
    return show(request, visit, "console/domain_remove.html", {"domain": found})


def _domain_page(request: HttpRequest, visit: Visit, found: Domain, form: RouteForm) -> HttpResponse:
    words, told, permits = dict(_TLS), queries.told_routes(found), permits_of(visit.client)
    values = {
        "domain": found,
        "permit": permits.of(found.name),
        "refusal": permits.reason(found.name),
        "routes": [
            (route, words[Tls(route.tls)], told.get((route.host, route.port), ())) for route in found.routes.all()
        ],
        "is_tried": "tried" in request.GET,
        "form": form,
        "record_name": ownership.challenge_name(found.name),
        "record_text": ownership.challenge_text(found.challenge),
        "recipients": _RECIPIENTS,
    }
    return show(request, visit, "console/domain.html", values, status=400 if form.errors else 200)


def _missing_record(*, is_temporary: bool) -> str:
    if is_temporary:
        return _("The domain name system gave no answer. Please try again in a few minutes.")
    return _("The record is not there yet. A new record may take some minutes, at times an hour, until it is seen.")


def is_public(host: str) -> bool:
    """Whether a host as it is written may lie in the Internet: an inner name or address is none."""
    try:
        return is_public_address(host)
    except ValueError:
        return host != "localhost" and "." in host


def _find(domain_id: int) -> Domain:
    return or_404(queries.find_domain(domain_id))
