"""A client's rules for its outbound mail: their order, each by itself, and what a message would meet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.policies import outbound_rules
from ecluse.domain.errors import Impossible
from ecluse.domain.sending_rule import MAX_NAME
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.sending_rule_form import ACTIONS, RuleForm, shown_in_form
from ecluse.web.lines_field import LinesField
from ecluse.web.notation_fields import NotationField
from ecluse.web.pages import or_404
from ecluse.wire.notations import MailAddress
from ecluse.wire.sending_rules import RuleTerms


class TrialForm(forms.Form):
    """A message to be tried."""

    sender = NotationField(MailAddress, label=gettext_lazy("Sender"))
    recipients = LinesField(MailAddress, label=gettext_lazy("Recipients, one a line"), most=outbound_rules.MOST_TRIED)
    message = forms.CharField(
        label=gettext_lazy("The message, with its header"),
        max_length=outbound_rules.MAX_TRIAL_OCTETS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy("It is kept nowhere. Files in it are known by their names alone here."),
    )


class ActForm(forms.Form):
    """Something about a rule that is there."""

    rule = forms.CharField(max_length=MAX_NAME)
    act = forms.ChoiceField(choices=[("up", ""), ("remove", "")])


@require_safe
@client_page(Permission.CHANGE_SENDING)
def sending_rules(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All of them, in their order."""
    return _page(request, visit, TrialForm(label_suffix=""))


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_SENDING)
def rule(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A new one, or with `?rule=` one that is there."""
    name = request.GET.get("rule", "")
    before = or_404(_find(name)) if name else None
    form = RuleForm(request.POST or None, initial=shown_in_form(before), label_suffix="")
    if form.is_valid():
        try:
            outbound_rules.put_rule(visit.client, form.terms(), in_place_of=name, by=visit.by)
        except (ValueError, Impossible):
            form.add_error(
                None, _("Each rule has a name of its own, a text only where it refuses, and simple patterns.")
            )
        else:
            messages.success(request, _("Saved. It applies to all mail that is sent from now on."))
            return redirect("sending_rules", client_id=visit.client.pk)
    return show(request, visit, "console/sending_rule.html", {"form": form, "rule": before})


@require_POST
@client_page(Permission.CHANGE_SENDING)
def act(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One goes up, or away."""
    form = ActForm(request.POST)
    if form.is_valid():
        name = or_404(_find(form.cleaned_data["rule"])).name
        if form.cleaned_data["act"] == "up":
            outbound_rules.move_up(visit.client, name, by=visit.by)
        else:
            outbound_rules.remove_rule(visit.client, name, by=visit.by)
            messages.success(request, _("The rule has been removed."))
    return redirect("sending_rules", client_id=visit.client.pk)


@never_cache
@require_POST
@client_page(Permission.CHANGE_SENDING)
def try_out(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What a message would meet; nothing is sent, nothing kept."""
    form = TrialForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _page(request, visit, form)
    values = form.cleaned_data
    try:
        met = outbound_rules.rule_for(visit.client, values["sender"], values["recipients"], values["message"])
    except Impossible:
        form.add_error(None, _("The words of your rules take too long to look for: make their patterns simpler."))
        return _page(request, visit, form)
    return _page(request, visit, form, {"is_tried": True, "met": met, "outcome": ACTIONS[met.action] if met else ""})


def _page(request: HttpRequest, visit: Visit, form: TrialForm, values: dict[str, Any] | None = None) -> HttpResponse:
    rows = [(one, ACTIONS[one.action]) for one in outbound_rules.rules()]
    return show(request, visit, "console/sending_rules.html", {"rows": rows, "form": form, **(values or {})})


def _find(name: str) -> RuleTerms | None:
    return next((one for one in outbound_rules.rules() if one.name == name), None)
