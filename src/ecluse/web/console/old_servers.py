"""Is your old server still open to the world? One question to it, its answer, and how to close it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from ecluse.control.accounts.roles import Permission
from ecluse.control.audit.actor import Actor
from ecluse.control.tenants import queries
from ecluse.control.tenants.old_servers import (
    MOST_SERVERS,
    OldServer,
    address_to_ask,
    addresses_in,
    note_answer,
    port_of,
)
from ecluse.control.tenants.queries import Domain
from ecluse.domain.stranger import Ending, Openness
from ecluse.web.backends import backends
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.limits import Limit
from ecluse.web.notation_fields import NotationField
from ecluse.web.pages import or_404
from ecluse.wire.notations import DomainName

# Each question takes up to 20 s of a thread, and somebody else's server is asked.
QUESTIONS = Limit("old-server", most=10, within_s=3_600)

# How it ended, where nothing can be told.
_WHY = {
    Ending.ANSWERED: gettext_lazy("its answer is about the address, or it knows the machine that asked as one of ours"),
    Ending.NO_CONNECTION: gettext_lazy("no answer: a firewall protects it, which is well, or keeps us from asking"),
    Ending.NOT_PUBLIC: gettext_lazy("its name leads to no address of the Internet"),
    Ending.BROKEN_OFF: gettext_lazy("it broke the conversation off"),
}


class OldServerForm(forms.Form):
    """Which server is asked."""

    host = NotationField(
        DomainName,
        accepts_ip=True,
        label=gettext_lazy("Server to ask"),
        help_text=gettext_lazy(
            "Your mail server, or the one that the MX records named before. It is asked once, and no mail is sent."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_DOMAINS)
def old_servers(request: HttpRequest, visit: Visit, domain_id: int) -> HttpResponse:
    """What was answered so far; POST asks."""
    found = or_404(queries.find_proven_domain(domain_id))
    first = found.routes.first()
    form = OldServerForm(request.POST or None, initial={"host": first.host if first else ""})
    if form.is_valid():
        if QUESTIONS.is_reached(str(visit.client.pk)):
            messages.warning(request, _("That was often. Please try again in an hour."))
        else:
            ask(found, form.cleaned_data["host"], by=visit.by)
        return redirect("old_servers", client_id=visit.client.pk, domain_id=found.pk)
    rows = [(row, _WHY.get(Ending(row.ending), "")) for row in found.old_servers.all()[:MOST_SERVERS]]
    values = {
        "domain": found,
        "form": form,
        "rows": rows,
        "is_open": any(row.openness == Openness.OPEN for row, _why in rows),
        "exchanges": backends().exchanges,
    }
    return show(request, visit, "console/old_servers.html", values)


def ask(found: Domain, host: str, *, by: Actor) -> OldServer:
    """Ask it now, and keep what it answered."""
    outside, port = backends(), port_of(found, host)
    heard = outside.ask_as_stranger(host, port, address_to_ask(found))
    gateways = addresses_in(outside.look_up(name, kind) for name in outside.exchanges for kind in ("A", "AAAA"))
    return note_answer(found, host, port, heard, gateways, by=by)
