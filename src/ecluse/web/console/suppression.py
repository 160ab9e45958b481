"""To whom the client's mail is not sent any more: who is on the list, why, since when, and how he comes off it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.policies.queries import wishes
from ecluse.control.suppression import queries, services
from ecluse.domain.errors import Impossible
from ecluse.domain.suppression import SuppressionCause
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.notation_fields import NotationField
from ecluse.web.pages import or_404, page_of, searched
from ecluse.web.spreadsheets import as_csv
from ecluse.wire.notations import MailAddress

CAUSES = {
    SuppressionCause.UNKNOWN: gettext_lazy("his server does not know him"),
    SuppressionCause.COMPLAINT: gettext_lazy("called your mail spam"),
    SuppressionCause.PERSON: gettext_lazy("added by hand"),
}


class SuppressForm(forms.Form):
    """One more."""

    recipient = NotationField(MailAddress, label=gettext_lazy("Address"), help_text="ann@example.com")
    why = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)


@require_safe
@client_page(Permission.SEE_LOG)
def suppressed(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All, or those that were looked for."""
    search = searched(request)
    page = page_of(request, queries.suppressed(search))
    rows = [(each, CAUSES[SuppressionCause(each.cause)]) for each in page]
    values = {"page": page, "rows": rows, "search": search, "is_on": wishes().suppress}
    return show(request, visit, "console/suppressed.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_LISTS)
def add(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Nothing goes to it any more."""
    form = SuppressForm(request.POST or None)
    if form.is_valid():
        values = form.cleaned_data
        try:
            services.suppress(visit.client, values["recipient"], SuppressionCause.PERSON, values["why"], by=visit.by)
        except Impossible:
            form.add_error(None, _("The list is full: remove somebody first."))
        else:
            messages.success(request, _("Nothing is sent to this address any more."))
            return redirect("suppressed", client_id=visit.client.pk)
    return show(request, visit, "console/suppress.html", {"form": form})


@require_POST
@client_page(Permission.CHANGE_LISTS)
def remove(request: HttpRequest, visit: Visit, suppressed_id: int) -> HttpResponse:
    """It may be written to again."""
    services.unsuppress(or_404(queries.find_suppressed(suppressed_id)), by=visit.by)
    messages.success(request, _("It may be written to again, within seconds."))
    return redirect("suppressed", client_id=visit.client.pk)


@require_safe
@client_page(Permission.SEE_LOG)
def export(request: HttpRequest, visit: Visit) -> HttpResponse:  # noqa: ARG001 - as all pages
    """The whole list as a table."""
    rows = queries.suppressed().iterator()
    head = ("recipient", "cause", "why", "since", "added_by")
    return as_csv("suppressed", head, ((r.recipient, r.cause, r.why, r.since.isoformat(), r.added_by) for r in rows))
