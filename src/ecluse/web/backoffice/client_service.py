"""What the provider does to a client as a whole: its state, and the end of its keys."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts.by_hand import UnderContract, set_services_by_hand, set_state_by_hand
from ecluse.control.contracts.queries import contract_in_force
from ecluse.control.contracts.service_letters import MAX_REASON
from ecluse.control.keystore import queries as keystore
from ecluse.control.keystore.services import destroy_keys
from ecluse.control.privacy.ended_clients import MAX_WHY, end_of, goes_at, hold_back, let_go
from ecluse.domain.errors import Impossible
from ecluse.domain.policy import ServiceState
from ecluse.web.backoffice.access import client_page_of_provider
from ecluse.web.console.access import Visit, show

_UNDER_CONTRACT = gettext_lazy("The contract says whether this client is served: suspend, resume or end that.")
_STATES = {
    ServiceState.ACTIVE: gettext_lazy("In service: mail is filtered and delivered"),
    ServiceState.SUSPENDED: gettext_lazy("Suspended: mail is deferred for five days (451), then refused (550)"),
    ServiceState.ENDED: gettext_lazy("Ended: mail is refused at once (550)"),
}


class StateForm(forms.Form):
    """One of three."""

    state = forms.ChoiceField(label=gettext_lazy("State"), choices=list(_STATES.items()), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("Reason of a suspension, or an end"),
        max_length=MAX_REASON,
        required=False,
        help_text=gettext_lazy("The client's owners and administrators get it by letter."),
    )


class ServicesForm(forms.Form):
    """Each by itself (2-5)."""

    inbound = forms.BooleanField(label=gettext_lazy("Inbound: mail to its domains is filtered"), required=False)
    outbound = forms.BooleanField(label=gettext_lazy("Outbound: it sends through us"), required=False)


class HoldBackForm(forms.Form):
    """Why what it had set up is kept after all (15-6)."""

    why = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_WHY,
        help_text=gettext_lazy("A dispute, for example, or that it will come back. The audit trail keeps it."),
    )


class DestroyForm(forms.Form):
    """Who destroys writes the client's name: no click does it."""

    name = forms.CharField(label=gettext_lazy("Name of the client"), max_length=200)

    def __init__(self, *args: object, wanted: str, **options: object) -> None:
        """`wanted` is what must be written, letter by letter."""
        super().__init__(*args, **options)  # type: ignore[arg-type]  # Django's own arguments, whatever they are.
        self._wanted = wanted

    def clean_name(self) -> str:
        """Raises `ValidationError` for another one."""
        name: str = self.cleaned_data["name"]
        if name != self._wanted:
            raise forms.ValidationError(_("This is not the client's name."))
        return name


@require_safe
@client_page_of_provider(Permission.CHANGE_CLIENTS)
def service(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Its state, and its keys."""
    return show(request, visit, "backoffice/client_service.html", _shown(visit))


@require_POST
@client_page_of_provider(Permission.CHANGE_CLIENTS)
def set_state(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Serve, suspend, or end."""
    if contract_in_force() is not None:
        messages.error(request, _UNDER_CONTRACT)
        return redirect("client_service", client_id=visit.client.pk)
    form = StateForm(request.POST)
    if not form.is_valid():
        return show(request, visit, "backoffice/client_service.html", _shown(visit) | {"form": form}, status=400)
    state = ServiceState(form.cleaned_data["state"])
    if state != visit.client.state:
        set_state_by_hand(visit.client, state, reason=form.cleaned_data["reason"], by=visit.by)
    messages.success(request, _("Saved. All nodes know it within seconds."))
    return redirect("client_service", client_id=visit.client.pk)


@require_POST
@client_page_of_provider(Permission.CHANGE_CLIENTS)
def set_services(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One of the two services, or both."""
    form = ServicesForm(request.POST)
    try:
        if form.is_valid():
            set_services_by_hand(visit.client, **form.cleaned_data, by=visit.by)
            messages.success(request, _("Saved. All nodes know it within seconds."))
    except UnderContract:
        messages.error(request, _UNDER_CONTRACT)
    return redirect("client_service", client_id=visit.client.pk)


@require_POST
@client_page_of_provider(Permission.CHANGE_CLIENTS)
def hold_back_end(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What it had set up stays until somebody lets it go."""
    form = HoldBackForm(request.POST)
    if not form.is_valid():
        return show(request, visit, "backoffice/client_service.html", _shown(visit) | {"hold_back": form}, status=400)
    try:
        hold_back(visit.client, form.cleaned_data["why"], by=visit.by)
        messages.success(request, _("Saved. What this client had set up stays until you let it go."))
    except Impossible:
        messages.error(request, _("Nothing of this client is about to be deleted."))
    return redirect("client_service", client_id=visit.client.pk)


@require_POST
@client_page_of_provider(Permission.CHANGE_CLIENTS)
def let_end_go(request: HttpRequest, visit: Visit) -> HttpResponse:
    """It is kept no longer."""
    let_go(visit.client, by=visit.by)
    messages.success(request, _("Saved. What this client had set up is deleted when its time has come."))
    return redirect("client_service", client_id=visit.client.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page_of_provider(Permission.DESTROY_KEYS)
def destroy(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What is held for the client is lost for good, by whoever writes its name."""
    form = DestroyForm(request.POST or None, wanted=visit.client.name)
    if form.is_valid():
        count = destroy_keys(visit.client, by=visit.by)
        messages.success(request, _("Keys destroyed: %(count)s.") % {"count": count})
        return redirect("client_service", client_id=visit.client.pk)
    return show(request, visit, "backoffice/destroy_keys.html", {"form": form, "has_key": keystore.has_live_key()})


def _shown(visit: Visit) -> dict[str, object]:
    form = StateForm({"state": visit.client.state})
    services = ServicesForm({"inbound": visit.client.has_inbound, "outbound": visit.client.has_outbound})
    end = end_of(visit.client)
    return {
        "form": form,
        "services": services,
        "keys": keystore.sealing_keys(),
        "contract": contract_in_force(),
        "end": end,
        "goes_at": goes_at(end) if end else None,
        "hold_back": HoldBackForm(),
    }
