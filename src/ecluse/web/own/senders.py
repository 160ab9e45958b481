"""Whom the visitor has allowed or blocked, for himself alone."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ecluse.control.mail import own
from ecluse.control.policies.queries import ListKind
from ecluse.control.policies.services import list_sender, unlist
from ecluse.web.notation_fields import SenderField
from ecluse.web.own.access import OwnVisit, own_page, show_own
from ecluse.web.pages import or_404
from ecluse.wire.notations import list_pattern

MOST = 500  # Of one user.
_KINDS = ((ListKind.ALLOW, gettext_lazy("never taken for spam")), (ListKind.BLOCK, gettext_lazy("always refused")))


class SenderForm(forms.Form):
    """One more."""

    entry = SenderField(
        label=gettext_lazy("Sender"), help_text=gettext_lazy("ann@example.com, example.com or *.example.com")
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("His mail to me is"), choices=_KINDS, widget=forms.RadioSelect, initial="allow"
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@own_page
def senders(request: HttpRequest, mine: OwnVisit) -> HttpResponse:
    """All of them, and one more; in the other list before, it moves."""
    form, address = SenderForm(request.POST or None), own.addresses(mine.keys).first()
    rows = own.senders(mine.keys).order_by("kind", "entry")
    if request.method == "POST" and address is not None and form.is_valid():
        entry, kind = form.cleaned_data["entry"], ListKind(form.cleaned_data["kind"])
        pattern = list_pattern(entry)
        if rows.exclude(address=address, pattern=pattern).count() < MOST:
            list_sender(mine.visit.client, kind, entry, pattern, address=address, by=mine.visit.by)
            messages.success(request, _("Saved."))
            return redirect("own_senders", client_id=mine.visit.client.pk)
        form.add_error(None, _("There are too many senders already: remove one first."))
    return show_own(
        request, mine, "own/senders.html", {"form": form, "rows": rows[:MOST], "has_list": address is not None}
    )


@require_POST
@own_page
def remove(request: HttpRequest, mine: OwnVisit, entry_id: int) -> HttpResponse:
    """One less, of his own."""
    unlist(or_404(own.senders(mine.keys).filter(pk=entry_id).first()), by=mine.visit.by)
    messages.success(request, _("The entry has been removed."))
    return redirect("own_senders", client_id=mine.visit.client.pk)
