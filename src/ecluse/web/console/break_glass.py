"""Breaking the glass: asked for with a reason, consented to by the client, ended by either (14-3)."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from ecluse.control.accounts import break_glass
from ecluse.control.accounts.break_glass import BreakGlass
from ecluse.control.accounts.roles import Permission
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.pages import or_404
from ecluse.web.who import user_of

_MIN_REASON = 10  # Characters: a reason, not a keystroke.


class AskForm(forms.Form):
    """Why, and how far."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        min_length=_MIN_REASON,
        max_length=break_glass.MAX_REASON,
        help_text=gettext_lazy("The client reads it: what is to be done, and who has asked for it."),
    )
    wants_content = forms.BooleanField(
        label=gettext_lazy("I need to see content of held messages: an administrator of the client must consent first"),
        required=False,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.BREAK_GLASS)
def ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Begin to act for the client, or ask to see its content."""
    user = user_of(request)
    if user is None:
        raise Http404
    form = AskForm(request.POST or None)
    if form.is_valid():
        reason, wants_content = form.cleaned_data["reason"], form.cleaned_data["wants_content"]
        break_glass.ask(user, visit.client, reason, wants_content=wants_content, by=visit.by)
        messages.success(request, _("The client was asked.") if wants_content else _("You act for this client now."))
        return redirect("dashboard", client_id=visit.client.pk)
    return show(request, visit, "console/break_glass.html", {"form": form})


@require_POST
@client_page(Permission.CONSENT)
def consent(request: HttpRequest, visit: Visit, glass_id: int) -> HttpResponse:
    """Let the provider's person see content, for some hours."""
    try:
        break_glass.consent(_find(visit, glass_id), by=visit.by)
    except break_glass.NotWaiting:
        messages.error(request, _("This was answered or ended before, or its time is over."))
    else:
        messages.success(request, _("You have consented. You may end it at any time."))
    return redirect("dashboard", client_id=visit.client.pk)


@require_POST
@client_page(Permission.SEE_CLIENT)
def end(request: HttpRequest, visit: Visit, glass_id: int) -> HttpResponse:
    """Decline, or end it: by the client, or by the person himself."""
    glass, user = _find(visit, glass_id), user_of(request)
    if glass.user != user and not visit.grant.allows(Permission.CONSENT):
        raise PermissionDenied
    try:
        break_glass.end(glass, by=visit.by)
    except break_glass.NotWaiting:
        messages.error(request, _("This was answered or ended before, or its time is over."))
    else:
        messages.success(request, _("Ended."))
    return redirect("dashboard", client_id=visit.client.pk)


def _find(visit: Visit, glass_id: int) -> BreakGlass:
    return or_404(break_glass.current(visit.client).filter(pk=glass_id).first())
