"""The address elsewhere of a client, for letters about its service, as the provider enters it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ecluse.control.accounts.roles import Permission
from ecluse.web.backoffice.access import client_page_of_provider
from ecluse.web.console.access import Visit
from ecluse.web.console.notice_address import address_page


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@client_page_of_provider(Permission.CHANGE_CONTRACTS)
def notice_address(request: HttpRequest, visit: Visit) -> HttpResponse:
    """As the client has told it, by telephone for example."""
    return address_page(request, visit, "notice_address")
