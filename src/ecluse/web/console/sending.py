"""A domain that sends through us: its signing keys, and the records that the DNS needs; what is there now, in words."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.signing import services
from ecluse.control.signing.delegation import aliases
from ecluse.control.signing.jobs import look_at_domain
from ecluse.control.signing.life import KeyState
from ecluse.control.signing.queries import find_key
from ecluse.control.signing.records import Purpose, sts_policy
from ecluse.control.signing.watch import look_now, provider, watched
from ecluse.control.tenants import queries
from ecluse.control.tenants.queries import Domain
from ecluse.domain.errors import Impossible
from ecluse.web.backends import backends
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.limits import Limit
from ecluse.web.pages import or_404

LOOKS = Limit("sending-records", most=30, within_s=3_600)

STATES = {
    KeyState.CREATED: gettext_lazy("waits for its record"),
    KeyState.PUBLISHED: gettext_lazy("found; takes over within a day"),
    KeyState.ACTIVE: gettext_lazy("signs"),
    KeyState.RETIRING: gettext_lazy("retiring: leave its record for a week"),
}
PURPOSES = {
    Purpose.SPF: gettext_lazy("Our servers may send for the domain (SPF)"),
    Purpose.DMARC: gettext_lazy("What becomes of mail in the domain's name that is not signed (DMARC)"),
    Purpose.MTA_STS: gettext_lazy("Mail to the domain travels encrypted (MTA-STS)"),
    Purpose.TLS_RPT: gettext_lazy("Who could not reach it encrypted reports that (TLS-RPT)"),
}


@require_safe
@client_page(Permission.SEE_CLIENT)
def sending(request: HttpRequest, visit: Visit, domain_id: int) -> HttpResponse:
    """What was found last."""
    found, ours = _find(domain_id), provider()
    values = {
        "domain": found,
        "keys": [(key, STATES[KeyState(key.state)]) for key in services.living_keys(found)],
        "aliases": aliases(found.name, ours.zone) if ours.zone else {},
        "records": [(each, PURPOSES[each.proposal.purpose]) for each in watched(found)],
        "sts_policy": sts_policy(ours),
    }
    return show(request, visit, "console/sending.html", values)


@require_POST
@client_page(Permission.CHANGE_DOMAINS)
def make_keys(request: HttpRequest, visit: Visit, domain_id: int) -> HttpResponse:
    """One more pair."""
    found = _find(domain_id)
    try:
        services.make_pair(found, by=visit.by)
    except services.BothTaken:
        messages.warning(request, _("There are two pairs already: the older one must have retired first."))
    except Impossible:
        messages.error(request, _("No keys can be made here at the moment; ask your provider."))
    else:
        messages.success(request, _("The keys are made. They sign as soon as their records are in the DNS."))
    return _back(visit, found)


@require_POST
@client_page(Permission.CHANGE_DOMAINS)
def give_up_key(request: HttpRequest, visit: Visit, domain_id: int, signing_key_id: int) -> HttpResponse:
    """One that signs retires; one that does not goes."""
    found = _find(domain_id)
    key = or_404(find_key(found, signing_key_id))
    try:
        services.give_up(key, by=visit.by)
    except Impossible:
        messages.warning(request, _("This key is on its way out already."))
    else:
        messages.success(request, _("Saved."))
    return _back(visit, found)


@require_POST
@client_page(Permission.CHANGE_DOMAINS)
def look(request: HttpRequest, visit: Visit, domain_id: int) -> HttpResponse:
    """Ask the DNS now; keys that are found begin to sign."""
    found = _find(domain_id)
    if LOOKS.is_reached(str(visit.client.pk)):
        messages.warning(request, _("That was often. Please try again in an hour."))
    else:
        now, look_up = datetime.now(UTC), backends().look_up
        look_at_domain(found, now, look_up)
        look_now(found, look_up, now)
        messages.info(request, _("This is what the DNS says now."))
    return _back(visit, found)


def _find(domain_id: int) -> Domain:
    return or_404(queries.find_proven_domain(domain_id))


def _back(visit: Visit, found: Domain) -> HttpResponse:
    return redirect("sending", client_id=visit.client.pk, domain_id=found.pk)
