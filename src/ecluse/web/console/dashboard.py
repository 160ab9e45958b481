"""The first page of a client: what it has, and what still has to be done."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ecluse.control.accounts.queries import members_of, open_invitations
from ecluse.control.accounts.roles import Permission
from ecluse.control.audit.queries import entries
from ecluse.control.policies.queries import list_counts
from ecluse.control.tenants import queries
from ecluse.web.console.access import Visit, client_page, show

_NEWEST = 8


@require_safe
@client_page(Permission.SEE_CLIENT)
def dashboard(request: HttpRequest, visit: Visit) -> HttpResponse:
    """See above."""
    values = {
        "counts": queries.counts(),
        "lists": list_counts(),
        "domains": queries.domains()[:_NEWEST],
        "claims": queries.claims()[:_NEWEST],
        "members": members_of(visit.client).count(),
        "invitations": open_invitations(visit.client).count(),
        "newest": entries(visit.client.pk)[:_NEWEST] if visit.grant.allows(Permission.SEE_AUDIT) else None,
    }
    return show(request, visit, "console/dashboard.html", values)
