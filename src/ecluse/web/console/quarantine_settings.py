"""What a client wishes of its quarantine: who may release what, how long it is kept, when users are told."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.digest_settings import digest_rules_of, set_digest_rules
from ecluse.control.mail.held import rules_of
from ecluse.control.mail.quarantine import set_rules
from ecluse.control.tenants.services import set_language_and_zone
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.digests.forms import DigestRulesForm

_USERS_MAY = (
    ("release", gettext_lazy("release it themselves")),
    ("ask", gettext_lazy("ask for it: an administrator decides")),
    ("look", gettext_lazy("only see that it is held")),
)


class QuarantineForm(forms.Form):
    """The rules of `control.mail.permissions`, and the term."""

    spam_users_may = forms.ChoiceField(
        label=gettext_lazy("With spam that is held for them (Q) users may"),
        choices=_USERS_MAY,
        widget=forms.RadioSelect,
    )
    mass_users_may = forms.ChoiceField(
        label=gettext_lazy("With newsletters that are held for them (M) users may"),
        choices=_USERS_MAY,
        widget=forms.RadioSelect,
    )
    senders_may_release = forms.BooleanField(
        label=gettext_lazy("Blocked senders may free their mail by a test"), required=False
    )
    challenges_senders = forms.BooleanField(
        label=gettext_lazy("Tell proven senders by mail when their message is held"),
        required=False,
        help_text=gettext_lazy(
            "Where others of your users got the message, its sender was not refused and believes that it arrived. He gets one "
            "letter a day at most, with the address of the test; never who is not proven (SPF, DKIM), never programs or lists."
        ),
    )
    keep_days = forms.IntegerField(label=gettext_lazy("Days that held mail is kept"), min_value=1, max_value=30)


@require_safe
@client_page(Permission.SEE_CLIENT)
def settings(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Both forms, as they stand."""
    return _show(request, visit, _quarantine_form(visit), _digest_form(visit))


@require_POST
@client_page(Permission.CHANGE_SETTINGS)
def set_quarantine(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The rules of the quarantine."""
    form = QuarantineForm(request.POST)
    if not form.is_valid():
        return _show(request, visit, form, _digest_form(visit))
    set_rules(visit.client, by=visit.by, **form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect("quarantine_settings", client_id=visit.client.pk)


@require_POST
@client_page(Permission.CHANGE_SETTINGS)
def set_digests(request: HttpRequest, visit: Visit) -> HttpResponse:
    """When users are told."""
    form = DigestRulesForm(request.POST)
    if not form.is_valid():
        return _show(request, visit, _quarantine_form(visit), form)
    values = dict(form.cleaned_data)
    language, time_zone = values.pop("language"), values.pop("time_zone")
    set_language_and_zone(visit.client, language=language, time_zone=time_zone, by=visit.by)
    set_digest_rules(visit.client, by=visit.by, **values)
    messages.success(request, _("Saved."))
    return redirect("quarantine_settings", client_id=visit.client.pk)


def _quarantine_form(visit: Visit) -> QuarantineForm:
    rules = rules_of(visit.client)
    return QuarantineForm(initial={name: getattr(rules, name) for name in QuarantineForm.base_fields})


def _digest_form(visit: Visit) -> DigestRulesForm:
    rules = digest_rules_of(visit.client)
    client = visit.client
    others = {"language": client.language, "time_zone": client.time_zone, "classes": list(rules.classes)}
    return DigestRulesForm(
        initial={name: others[name] if name in others else getattr(rules, name) for name in DigestRulesForm.base_fields}
    )


def _show(request: HttpRequest, visit: Visit, quarantine: forms.Form, digests: forms.Form) -> HttpResponse:
    shown = {"quarantine_form": quarantine, "digest_form": digests}
    return show(request, visit, "console/quarantine_settings.html", shown)
