"""Addresses that the client's own server has confirmed: put on the list, one or many, or left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from django.contrib import messages
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts.queries import contract_in_force, entitlement
from ecluse.control.contracts.users import counted_users
from ecluse.control.directories import found
from ecluse.control.directories.found import FoundAddress
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.held_acts import ticked
from ecluse.web.pages import MAX_SEARCH, page_of, searched, typed

_ACTS: Mapping[str, Callable[..., int]] = MappingProxyType(
    {
        "take-over": found.take_over,
        "take-over-aliases": partial(found.take_over, are_aliases=True),
        "dismiss": found.dismiss,
    }
)
_MAX_DIGITS = 18


@require_safe
@client_page(Permission.CHANGE_ADDRESSES)
def found_addresses(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Those that wait, or that were dismissed."""
    search, are_dismissed = searched(request), request.GET.get("show") == "dismissed"
    rows = found.found_addresses(search, are_dismissed=are_dismissed)
    contract = contract_in_force()
    entitled = entitlement(contract) if contract else None
    values = {
        "page": page_of(request, rows),
        "search": search,
        "are_dismissed": are_dismissed,
        "newest": rows.aggregate(newest=Max("pk"))["newest"] or 0,
        "users": counted_users(),
        "covered": entitled and entitled.ordered + entitled.free,
        "at_once": found.AT_ONCE,
        "kept_days": round(found.KEPT_S / 86_400),
    }
    return show(request, visit, "console/found_addresses.html", values)


@require_POST
@client_page(Permission.CHANGE_ADDRESSES)
def act(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One act on those that were ticked, or on all that the page has shown."""
    wanted = _ACTS.get(request.POST.get("act", ""))
    rows = list(_chosen(request))
    if wanted is None or not rows:
        messages.warning(request, _("Nothing was chosen."))
    else:
        _tell(request, wanted(visit.client, rows, by=visit.by), is_dismissed=wanted is found.dismiss)
    return redirect("found_addresses", client_id=visit.client.pk)


def _chosen(request: HttpRequest) -> QuerySet[FoundAddress]:
    """What came while somebody read the page was not chosen."""
    newest = request.POST.get("newest", "")
    if request.POST.get("which") != "all" or not newest.isdecimal() or len(newest) > _MAX_DIGITS:
        return found.find_found(ticked(request, "found"))
    are_dismissed = request.POST.get("show") == "dismissed"
    rows = found.found_addresses(typed(request.POST.get("q", ""), MAX_SEARCH), are_dismissed=are_dismissed)
    return rows.filter(pk__lte=int(newest))[: found.AT_ONCE]


def _tell(request: HttpRequest, count: int, *, is_dismissed: bool) -> None:
    if is_dismissed:
        said = ngettext("%(count)d address was left out.", "%(count)d addresses were left out.", count)
    else:
        said = ngettext("%(count)d address is on the list now.", "%(count)d addresses are on the list now.", count)
    messages.success(request, said % {"count": count})
