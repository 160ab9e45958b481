"""How much the client lets its own senders send, where that is less than the provider does; and which limits are near."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ecluse.control.abuse.near_limits import near_limits
from ecluse.control.accounts.roles import Permission
from ecluse.control.policies.queries import wishes
from ecluse.control.policies.services import change_wishes
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.limit_words import LABELS, in_words
from ecluse.wire.rates import OwnLimitTable, RateTable

MOST, MOST_PERCENT = 1_000_000, 100


class RateForm(forms.Form):
    """One table of them; 0 is the provider's own limit."""

    def __init__(self, data: object, table: RateTable, prefix: str) -> None:
        super().__init__(data, prefix=prefix, initial=msgspec.structs.asdict(table), label_suffix="")  # type: ignore[arg-type]  # what a request has sent
        for name, label in LABELS.items():
            most = MOST_PERCENT if name == "unknown_percent" else MOST
            self.fields[name] = forms.IntegerField(label=label, min_value=0, max_value=most, required=False)

    def table(self) -> RateTable:
        """As it was filled in."""
        return RateTable(**{name: self.cleaned_data[name] or 0 for name in LABELS})


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_SENDING)
def sending_limits(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Both tables: of each account, and of all together."""
    now, data = wishes().sending_limits, request.POST if request.method == "POST" else None
    account, client = RateForm(data, now.account, "account"), RateForm(data, now.client, "client")
    if account.is_valid() and client.is_valid():
        limits = OwnLimitTable(account=account.table(), client=client.table())
        change_wishes(visit.client, lambda before: msgspec.structs.replace(before, sending_limits=limits), by=visit.by)
        messages.success(request, _("Saved."))
        return redirect("sending_limits", client_id=visit.client.pk)
    near = [in_words(each, time.time()) for each in near_limits()]
    values: dict[str, Any] = {"account": account, "of_all": client, "near": near}
    return show(request, visit, "console/sending_limits.html", values)
