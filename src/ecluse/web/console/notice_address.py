"""Where a client wants letters about its service and late payment besides: at an address that it reads while it is not served."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import notice_address as addresses
from ecluse.domain.errors import Impossible
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.notation_fields import NotationField
from ecluse.wire.notations import MailAddress


class NoticeAddressForm(forms.Form):
    """One address, or none."""

    address = NotationField(
        MailAddress,
        label=gettext_lazy("E-mail address elsewhere"),
        required=False,
        help_text=gettext_lazy("ann@elsewhere.example: a mailbox whose mail does not come through us."),
    )


def address_page(request: HttpRequest, visit: Visit, own_name: str) -> HttpResponse:
    """For both sides; `own_name`: of its address."""
    known = addresses.notice_address()
    form = NoticeAddressForm(request.POST if request.method == "POST" else None, initial={"address": known})
    if form.is_valid():
        try:
            addresses.set_notice_address(visit.client, form.cleaned_data["address"], by=visit.by)
        except Impossible:
            form.add_error("address", _("Not every mail server takes this address: letters of ASCII alone, please."))
        else:
            messages.success(request, _("Saved."))
            return redirect(own_name, client_id=visit.client.pk)
    values = {"form": form, "known": known, "is_behind_us": addresses.is_behind_us(known)}
    return show(request, visit, "console/notice_address.html", values)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.ACCEPT_CONTRACTS)
def own_notice_address(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Entered by the client."""
    return address_page(request, visit, "own_notice_address")
