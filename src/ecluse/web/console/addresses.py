"""Addresses of a client: one by one, or as a file."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.directories.found import found_addresses
from ecluse.control.tenants import queries, services
from ecluse.control.tenants.address_import import AddressRow, import_addresses
from ecluse.control.tenants.queries import Address, Domain
from ecluse.domain.errors import Impossible
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.file_import import MAX_ROWS, Upload, at_line, import_file, lines_of
from ecluse.web.pages import or_404, page_of, searched
from ecluse.web.spreadsheets import as_csv
from ecluse.wire.notations import local_part

_COLUMNS = ("address", "name", "alias", "mailbox")


class AddressForm(forms.Form):
    """A new address."""

    address = forms.CharField(
        label=gettext_lazy("Address"), max_length=320, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Of the person: strangers who borrow it are noticed."),
    )
    is_alias = forms.BooleanField(
        label=gettext_lazy("Another name for a mailbox that is on the list: it is no user of its own"), required=False
    )

    alias_of = forms.CharField(
        label=gettext_lazy("The mailbox that it leads to"),
        max_length=320,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Of an alias: who reads that mailbox sees what is held for the alias, too."),
    )

    def clean_alias_of(self) -> Address | None:
        """The mailbox."""
        wanted = self.cleaned_data["alias_of"].strip().casefold()
        mailbox = queries.find_mailbox(wanted) if wanted else None
        if wanted and mailbox is None:
            raise forms.ValidationError(_("There is no mailbox of this name on the list."))
        return mailbox

    def clean_address(self) -> tuple[Domain, str]:
        """Its domain, and its local part."""
        try:
            return _read_address(self.cleaned_data["address"], queries.proven_by_name())
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from None


@require_safe
@client_page(Permission.SEE_CLIENT)
def addresses(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All, or those that were looked for."""
    search = searched(request)
    values = {
        "page": page_of(request, queries.addresses(search)),
        "search": search,
        "has_domain": queries.proven_domains().exists(),
        "has_found": found_addresses().exists(),
        "max_rows": MAX_ROWS,
    }
    return show(request, visit, "console/addresses.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_ADDRESSES)
def add(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One more."""
    form = AddressForm(request.POST or None)
    if form.is_valid():
        (domain, local), values = form.cleaned_data["address"], form.cleaned_data
        try:
            made = services.add_address(domain, local, name=values["name"], is_alias=values["is_alias"], by=visit.by)
            if values["alias_of"] is not None:
                services.set_alias_of(made, values["alias_of"], by=visit.by)
        except services.Taken:
            form.add_error("address", _("This address is on the list already."))
        else:
            messages.success(request, _("The address has been added."))
            return redirect("addresses", client_id=visit.client.pk)
    return show(request, visit, "console/address_add.html", {"form": form})


@require_POST
@client_page(Permission.CHANGE_ADDRESSES)
def import_(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A file with the columns address, name, alias, mailbox: all of it, or nothing where a line is wrong."""

    def take(rows: list[AddressRow]) -> None:
        try:
            added = import_addresses(rows, by=visit.by)
        except Impossible:  # A mailbox that others lead to is to be one of them itself, for instance.
            told = _("An alias is another name for a mailbox, not for an alias. Nothing was imported.")
            messages.error(request, told)
        else:
            told = _("%(added)d added, %(known)d known before.")
            messages.success(request, told % {"added": added, "known": len(rows) - added})

    return import_file(request, visit, "addresses", _read_file, take)


@require_safe
@client_page(Permission.SEE_CLIENT)
def export(_request: HttpRequest, _visit: Visit) -> HttpResponse:
    """All of them, in the form that `import_` reads."""
    rows = (
        (str(each), each.name, "yes" if each.is_alias else "no", str(each.alias_of or ""))
        for each in queries.addresses()
    )
    return as_csv("addresses", _COLUMNS, rows)


@require_POST
@client_page(Permission.CHANGE_ADDRESSES)
def set_filter(request: HttpRequest, visit: Visit, address_id: int) -> HttpResponse:
    """Switch one user's filter off or on again (1-2c)."""
    is_filtered = request.POST.get("filter") == "on"
    services.set_filter(_find(address_id), is_filtered=is_filtered, by=visit.by)
    messages.success(request, _("Saved."))
    return redirect("addresses", client_id=visit.client.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_ADDRESSES)
def remove(request: HttpRequest, visit: Visit, address_id: int) -> HttpResponse:
    """Ask first: its mail is refused from then on."""
    found = _find(address_id)
    if request.method == "POST":
        services.remove_address(found, by=visit.by)
        messages.success(request, _("The address has been removed."))
        return redirect("addresses", client_id=visit.client.pk)
    return show(request, visit, "console/address_remove.html", {"address": found})


def _read_file(upload: Upload) -> tuple[list[AddressRow], list[str]]:
    rows, faults, served = {}, [], queries.proven_by_name()
    for number, cells in lines_of(upload):
        try:
            rows[number] = _read_row(cells, served)
        except ValueError as problem:
            faults.append(at_line(number, problem))
    named = {row.mailbox for row in rows.values() if row.mailbox}
    known = {row.key for row in rows.values() if not row.is_alias} | queries.mailboxes_among(named)
    strange = [number for number, row in rows.items() if row.mailbox and row.mailbox not in known]
    faults += [at_line(number, _("There is no mailbox of this name on the list.")) for number in strange]
    return list(rows.values()), faults


def _read_row(cells: list[str], served: Mapping[str, Domain]) -> AddressRow:
    """Files of older releases have no fourth column: it says nothing then. Raises `ValueError` with a sentence."""
    address, name, alias = (*cells, "", "")[:3]
    is_alias = alias.casefold() in {"yes", "oui", "1", "true", "x"}
    mailbox = cells[3].casefold() if len(cells) > 3 else None
    if mailbox and not is_alias:
        raise ValueError(_("A mailbox is named for what is no alias."))
    domain, local = _read_address(address, served)
    return AddressRow(domain, local, name[:200], is_alias, mailbox)


def _read_address(text: str, served: Mapping[str, Domain]) -> tuple[Domain, str]:
    """Raises `ValueError` with a sentence for people."""
    domain = served.get(text.rpartition("@")[2].strip().lower())
    if domain is None:
        raise ValueError(_("Its domain is not one of yours that are in service."))
    try:
        return domain, local_part(text.strip(), domain.name)
    except ValueError:
        raise ValueError(_("This is no mail address.")) from None


def _find(address_id: int) -> Address:
    return or_404(queries.find_address(address_id))
