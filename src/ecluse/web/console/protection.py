"""The data-protection policy and the processor contract, at the client's disposal (15-13, GDPR art. 28)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.domain.errors import Impossible
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.protection import CONTRACT, POLICY, language_of, paper, pdf_response


@never_cache
@require_safe
@client_page(Permission.SEE_CLIENT)
def papers(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Where both are."""
    return show(request, visit, "console/protection.html", {})


@never_cache
@require_safe
@client_page(Permission.SEE_CLIENT)
def read_policy(request: HttpRequest, visit: Visit) -> HttpResponse:
    """To be read and printed."""
    return HttpResponse(paper(POLICY, language_of(request), visit.client))


@never_cache
@require_safe
@client_page(Permission.SEE_CLIENT)
def read_processing(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The processor contract, to be read and printed."""
    return HttpResponse(paper(CONTRACT, language_of(request), visit.client))


@never_cache
@require_safe
@client_page(Permission.SEE_CLIENT)
def policy_file(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The policy as PDF."""
    return _file(request, visit, POLICY, "policy")


@never_cache
@require_safe
@client_page(Permission.SEE_CLIENT)
def processing_file(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The processor contract as PDF."""
    return _file(request, visit, CONTRACT, "processing")


def _file(request: HttpRequest, visit: Visit, template: str, name: str) -> HttpResponse:
    try:
        return pdf_response(template, language_of(request), visit.client, name)
    except Impossible:
        messages.error(request, _("No PDF is drawn here: read the page, and print it."))
        return redirect("protection", client_id=visit.client.pk)
