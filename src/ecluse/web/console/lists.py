"""Allow and block lists: who added what, when, and until when."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.policies import queries, services
from ecluse.control.policies.queries import ListKind
from ecluse.control.tenants.queries import Address, addresses_named
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.file_import import MAX_ROWS
from ecluse.web.last_day_field import LastDayField
from ecluse.web.notation_fields import SenderField
from ecluse.web.pages import or_404, page_of, searched
from ecluse.wire.notations import address_key, list_pattern

_KINDS = (
    (ListKind.ALLOW, gettext_lazy("Allow: never taken for spam")),
    (ListKind.BLOCK, gettext_lazy("Block: always refused")),
)


class EntryForm(forms.Form):
    """A new entry."""

    kind = forms.ChoiceField(label=gettext_lazy("List"), choices=_KINDS, widget=forms.RadioSelect, initial="allow")
    entry = SenderField(
        label=gettext_lazy("Sender"),
        help_text=gettext_lazy("ann@example.com, example.com, *.example.com, 192.0.2.7 or 192.0.2.0/24"),
    )
    address = forms.CharField(
        label=gettext_lazy("For"),
        max_length=320,
        required=False,
        help_text=gettext_lazy("Empty: everybody. Else the address of one of your users."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)
    until = LastDayField(help_text=gettext_lazy("Empty: until somebody removes it."))

    def clean_address(self) -> Address | None:
        """None for everybody."""
        typed = self.cleaned_data["address"]
        found = addresses_named([typed]).get(address_key(typed))
        if typed and found is None:
            raise forms.ValidationError(_("This is none of your addresses."))
        return found


@require_safe
@client_page(Permission.SEE_CLIENT)
def lists(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Both lists, or one."""
    kind = request.GET.get("kind", "")
    search = searched(request)
    rows = queries.list_entries(kind if kind in ListKind.values else "", search)
    values = {"page": page_of(request, rows), "kind": kind, "search": search, "counts": queries.list_counts()}
    return show(request, visit, "console/lists.html", {**values, "max_rows": MAX_ROWS})


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_LISTS)
def add(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One more; in the other list before, it moves."""
    form = EntryForm(request.POST or None)
    if form.is_valid():
        values = form.cleaned_data
        services.list_sender(
            visit.client,
            ListKind(values["kind"]),
            values["entry"],
            list_pattern(values["entry"]),
            address=values["address"],
            note=values["note"],
            expires_at=values["until"],
            by=visit.by,
        )
        messages.success(request, _("The entry has been added."))
        return redirect("lists", client_id=visit.client.pk)
    return show(request, visit, "console/list_add.html", {"form": form})


@require_POST
@client_page(Permission.CHANGE_LISTS)
def remove(request: HttpRequest, visit: Visit, entry_id: int) -> HttpResponse:
    """One less."""
    services.unlist(or_404(queries.find_list_entry(entry_id)), by=visit.by)
    messages.success(request, _("The entry has been removed."))
    return redirect("lists", client_id=visit.client.pk)
