"""Filter settings of a client: ready-made ones, and every wish by itself."""

from __future__ import annotations

import time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.effect import effect_of
from ecluse.control.mail.log_days import shortening_of
from ecluse.control.policies import queries, services
from ecluse.control.policies.presets import Preset, preset_of, under
from ecluse.domain.errors import Unavailable
from ecluse.web.backends import backends
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.effect_words import EffectInWords
from ecluse.web.console.filter_form import WishesForm
from ecluse.wire.wishes import Wishes

_PRESETS = (
    (
        Preset.CAREFUL,
        gettext_lazy("Careful"),
        gettext_lazy(
            "Loses nothing: only what is spam beyond doubt is refused, what cannot be looked into is kept aside."
        ),
    ),
    (
        Preset.USUAL,
        gettext_lazy("Usual"),
        gettext_lazy("What we recommend, and what applies without any change of yours."),
    ),
    (
        Preset.STRICT,
        gettext_lazy("Strict"),
        gettext_lazy(
            "Refuses earlier and puts off unclear senders; encrypted files do not come in. Now and then honest mail has to "
            "be released."
        ),
    ),
)


@require_safe
@client_page(Permission.SEE_CLIENT)
def settings(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What applies now; with `?preset=` what would apply with that one, not saved yet."""
    wishes, asked = queries.wishes(), request.GET.get("preset", "")
    chosen = Preset(asked) if asked in set(Preset) else None
    form = WishesForm(None, under(chosen, wishes) if chosen else wishes)
    return _page(request, visit, form, wishes, {"chosen": chosen})


@never_cache
@require_POST
@client_page(Permission.CHANGE_SETTINGS)
def try_out(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What these would do to the mail of the last 30 days; nothing is saved."""
    wishes = queries.wishes()
    form = WishesForm(request.POST, wishes)
    if not form.is_valid():
        return _page(request, visit, form, wishes, {})
    wished, now = form.wishes(wishes), time.time()
    before, after = queries.policies_under(wishes), queries.policies_under(wished)
    log, name = backends().message_log(), visit.client.name
    try:
        effect = effect_of(log, name, before, after, now)
        shortening = shortening_of(log, name, wishes.log_days, wished.log_days, now)
    except Unavailable:
        return _page(request, visit, form, wishes, {"is_away": True}, status=503)
    return _page(request, visit, form, wishes, {"effect": EffectInWords(effect), "shortening": shortening})


@require_POST
@client_page(Permission.CHANGE_SETTINGS)
def save(request: HttpRequest, visit: Visit) -> HttpResponse:
    """From now on these apply, at every node within two seconds; what goes for ever is said before."""
    wishes = queries.wishes()
    form = WishesForm(request.POST, wishes)
    if not form.is_valid():
        return _page(request, visit, form, wishes, {})
    days = form.cleaned_data["log_days"]
    if days < wishes.log_days and request.POST.get("shortens") != str(days):
        return _shortened(request, visit, form, wishes)
    try:
        services.change_wishes(visit.client, form.wishes, by=visit.by)
    except services.NoSuchAddress as problem:
        form.refuse_address(str(problem))
        return _page(request, visit, form, wishes, {})
    messages.success(request, _("Saved. It applies to all mail that comes from now on."))
    if days < wishes.log_days:
        messages.warning(request, _("Messages older than %(days)d days are deleted within the hour.") % {"days": days})
    return redirect("filter_settings", client_id=visit.client.pk)


def _shortened(request: HttpRequest, visit: Visit, form: WishesForm, wishes: Wishes) -> HttpResponse:
    """Nothing is saved yet: first it is said what would be deleted."""
    days = form.cleaned_data["log_days"]
    try:
        found = shortening_of(backends().message_log(), visit.client.name, wishes.log_days, days, time.time())
    except Unavailable:
        return _page(request, visit, form, wishes, {"is_uncounted": True}, status=503)
    return _page(request, visit, form, wishes, {"shortening": found})


def _page(
    request: HttpRequest,
    visit: Visit,
    form: WishesForm,
    wishes: Wishes,
    values: dict[str, object],
    status: int = 200,
) -> HttpResponse:
    """With the wishes that are in force."""
    shown = {"form": form, "presets": _PRESETS, "in_force": preset_of(wishes), **values}
    return show(request, visit, "console/filter_settings.html", shown, status)
