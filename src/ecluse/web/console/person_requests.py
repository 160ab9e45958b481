"""What a client's owner asks for one of its own people, and what became of it. The provider does the work."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import requests
from ecluse.control.privacy.requests import Channel
from ecluse.domain.errors import Impossible
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.pages import or_404, page_of
from ecluse.web.person_forms import OwnRequestForm, right_of
from ecluse.web.person_report import shown_report
from ecluse.web.privacy_words import RIGHTS, STATES, STEPS


@never_cache
@require_safe
@client_page(Permission.OPEN_RIGHTS)
def list_requests(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Those of this client."""
    page = page_of(request, requests.requests())
    rows = [(each, RIGHTS[each.right], STATES[each.state]) for each in page]
    return show(request, visit, "console/person_requests.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.OPEN_RIGHTS)
def add(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask for somebody."""
    form = OwnRequestForm(request.POST or None)
    if form.is_valid():
        try:
            row = requests.open_request(
                visit.client,
                right_of(form),
                form.cleaned_data["addresses"],
                channel=Channel.CONSOLE,
                by=visit.by,
                **form.about(),
            )
        except Impossible:
            form.add_error("addresses", _("Ask for people of your own domains, or of your console, alone."))
        else:
            return redirect("own_person_request", client_id=visit.client.pk, request_id=row.pk)
    return show(request, visit, "console/person_request_add.html", {"form": form})


@never_cache
@require_safe
@client_page(Permission.OPEN_RIGHTS)
def request_page(request: HttpRequest, visit: Visit, request_id: int) -> HttpResponse:
    """One, how far it is, and what was erased."""
    row = or_404(requests.find_request(request_id))
    values = {
        "row": row,
        "right": RIGHTS[row.right],
        "state": STATES[row.state],
        "steps": [(each, STEPS.get(each.what, each.what)) for each in row.steps.all()],
        "report": shown_report(row.report),
    }
    return show(request, visit, "console/person_request.html", values)
