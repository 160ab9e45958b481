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
from ecluse.control.accounts.queries import Client, Membership
from ecluse.control.accounts.roles import Permission, Role
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.pages import or_404
from ecluse.web.role_words import ROLE_WORDS
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
    acts_as = forms.ModelChoiceField(
        Membership.objects.none(),
        label=gettext_lazy("As whom"),
        required=False,
        empty_label=gettext_lazy("as an administrator"),
        help_text=gettext_lazy(
            "Of one person you see the pages that he sees. He reads that you do; what counts as his own word stays his: "
            "releasing his mail, and calling a verdict wrong."
        ),
    )
    wants_content = forms.BooleanField(
        label=gettext_lazy("I need to see content of held messages: an administrator of the client must consent first"),
        required=False,
    )

    def __init__(self, data: object, client: Client) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # what Django takes
        people = self.fields["acts_as"]
        people.queryset = break_glass.people_to_act_as(client)  # type: ignore[attr-defined]  # of its kind of field
        people.label_from_instance = _person  # type: ignore[attr-defined]  # the same


def _person(membership: Membership) -> str:
    return f"{membership.user.email} ({ROLE_WORDS[Role(membership.role)].name})"


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.BREAK_GLASS)
def ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Begin to act for the client, or ask to see its content."""
    user = user_of(request)
    if user is None:
        raise Http404
    form = AskForm(request.POST or None, visit.client)
    if form.is_valid():
        try:
            break_glass.ask(user, visit.client, by=visit.by, **form.cleaned_data)
        except break_glass.NeedsConsent:
            form.add_error("wants_content", _("Of this person's pages all is content: ask for consent."))
        else:
            is_asked = form.cleaned_data["wants_content"]
            messages.success(request, _("The client was asked.") if is_asked else _("You act for this client now."))
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
@client_page(None)
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
