"""Webhooks of a client: added, changed, tested, given a fresh secret, removed."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ecluse.control.accounts.roles import Permission
from ecluse.control.webhooks import queries, services
from ecluse.control.webhooks.queries import Webhook
from ecluse.domain.errors import Impossible
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.event_words import EVENT_WORDS
from ecluse.web.pages import or_404


class WebhookForm(forms.Form):
    """Where to tell what."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("https://hooks.example.com/ecluse: in the Internet, with a certificate that holds."),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("What it is told"),
        widget=forms.CheckboxSelectMultiple,
        choices=[(each.value, EVENT_WORDS[each]) for each in queries.CHOICES],
    )


class ChangeForm(WebhookForm):
    """What it is from now on."""

    is_on = forms.BooleanField(label=gettext_lazy("On: it is told what happens from now on"), required=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_WEBHOOKS)
def add(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One more; its secret is shown once."""
    form = WebhookForm(request.POST or None)
    if form.is_valid():
        try:
            hook, secret = services.add_webhook(
                visit.client, form.cleaned_data["url"].strip(), form.cleaned_data["events"], by=visit.by
            )
        except Impossible as refusal:
            form.add_error("url", _reason(refusal))
        else:
            return _secret_page(request, visit, hook, secret)
    return show(request, visit, "console/webhook_add.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_WEBHOOKS)
def change(request: HttpRequest, visit: Visit, webhook_id: int) -> HttpResponse:
    """Another address or choice of events; on or off."""
    hook = _find(webhook_id)
    form = ChangeForm(request.POST or None, initial={"url": hook.url, "events": hook.events, "is_on": hook.is_on})
    if form.is_valid():
        values = form.cleaned_data
        try:
            services.change_webhook(hook, values["url"].strip(), values["events"], is_on=values["is_on"], by=visit.by)
        except Impossible as refusal:
            form.add_error("url", _reason(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("programs", client_id=visit.client.pk)
    return show(request, visit, "console/webhook_change.html", {"form": form, "webhook": hook})


@never_cache
@require_POST
@client_page(Permission.CHANGE_WEBHOOKS)
def rotate(request: HttpRequest, visit: Visit, webhook_id: int) -> HttpResponse:
    """A fresh secret, shown once."""
    hook = _find(webhook_id)
    return _secret_page(request, visit, hook, services.rotate_secret(hook, by=visit.by))


@require_POST
@client_page(Permission.CHANGE_WEBHOOKS)
def test(request: HttpRequest, visit: Visit, webhook_id: int) -> HttpResponse:
    """Have it told that this is a test."""
    services.send_test(_find(webhook_id), by=visit.by)
    messages.success(request, _("The test is sent within a minute; reload this page to see how it fared."))
    return redirect("programs", client_id=visit.client.pk)


@require_POST
@client_page(Permission.CHANGE_WEBHOOKS)
def remove(request: HttpRequest, visit: Visit, webhook_id: int) -> HttpResponse:
    """It is told nothing from now on."""
    services.remove_webhook(_find(webhook_id), by=visit.by)
    messages.success(request, _("The webhook has been removed."))
    return redirect("programs", client_id=visit.client.pk)


def _secret_page(request: HttpRequest, visit: Visit, hook: Webhook, secret: str) -> HttpResponse:
    return show(request, visit, "console/webhook_secret.html", {"webhook": hook, "secret": secret})


def _reason(refusal: Impossible) -> str:
    if isinstance(refusal, services.BadAddress):
        return _("This is no https address of a server in the Internet.")
    if isinstance(refusal, services.TooManyWebhooks):
        return _("There are too many webhooks already: remove one first.")
    raise refusal


def _find(webhook_id: int) -> Webhook:
    return or_404(queries.find_webhook(webhook_id))
