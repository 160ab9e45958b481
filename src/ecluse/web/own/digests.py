"""When the visitor is told what is held for him, and a digest at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ecluse.control.mail.digest_settings import digest_rules_of, set_digest_wish, want_digest, wish_of
from ecluse.web.digests.forms import DigestWishForm
from ecluse.web.own.access import OwnVisit, own_page, show_own

_WORDS = {True: "on", False: "off", None: ""}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@own_page
def digests(request: HttpRequest, mine: OwnVisit) -> HttpResponse:
    """His wishes, for all his addresses; what is empty follows the client."""
    client = mine.visit.client
    form = DigestWishForm(request.POST) if request.method == "POST" else _form(mine)
    if request.method == "POST" and mine.keys and form.is_valid():
        set_digest_wish(client, mine.keys, by=mine.visit.by, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("own_digests", client_id=client.pk)
    return show_own(request, mine, "own/digests.html", {"form": form, "rules": digest_rules_of(client)})


@require_POST
@own_page
def now(request: HttpRequest, mine: OwnVisit) -> HttpResponse:
    """A digest of all that is held, at once."""
    want_digest(mine.visit.client, mine.keys)
    messages.success(request, _("Within a minute or two you get a digest, if anything is held."))
    return redirect("own_digests", client_id=mine.visit.client.pk)


def _form(mine: OwnVisit) -> DigestWishForm:
    if not mine.keys:
        return DigestWishForm()
    wish = wish_of(mine.visit.client, mine.keys[0])
    values = {name: getattr(wish, name) for name in DigestWishForm.base_fields}
    return DigestWishForm(initial=values | {"is_on": _WORDS[wish.is_on], "classes": list(wish.classes)})
