"""The data-protection policy and the processor contract, at the client's disposal (15-13, GDPR art. 28)."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.domain.errors import Impossible
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.protection import CONTRACT, POLICY, language_of, paper, pdf_response

_PAPERS = {"policy": POLICY, "processing": CONTRACT}


@never_cache
@require_safe
@client_page(Permission.SEE_CLIENT)
def papers(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Where both are."""
    return show(request, visit, "console/protection.html", {})


@never_cache
@require_safe
@client_page(Permission.SEE_CLIENT)
def read(request: HttpRequest, visit: Visit, paper_name: str) -> HttpResponse:
    """One of them, to be read and printed."""
    return HttpResponse(paper(_template(paper_name), language_of(request), visit.client))


@never_cache
@require_safe
@client_page(Permission.SEE_CLIENT)
def file(request: HttpRequest, visit: Visit, paper_name: str) -> HttpResponse:
    """The same as PDF."""
    template = _template(paper_name)
    try:
        return pdf_response(template, language_of(request), visit.client, paper_name)
    except Impossible:
        messages.error(request, _("No PDF is drawn here: read the page, and print it."))
        return redirect("protection", client_id=visit.client.pk)


def _template(name: str) -> str:
    if name not in _PAPERS:
        raise Http404
    return _PAPERS[name]
