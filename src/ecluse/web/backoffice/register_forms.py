"""What is written into the registers of incidents and of requisitions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.control.privacy import incidents, requisitions
from ecluse.control.privacy.incidents import Incident, Nature, Told
from ecluse.control.privacy.requisitions import Demand
from ecluse.web.client_field import ClientField
from ecluse.web.moment_field import MomentField
from ecluse.web.pages import typed
from ecluse.web.privacy_words import NATURES


def _text(label: Any, most: int, *, rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, widget=forms.Textarea(attrs={"rows": rows}), **more)


class IncidentForm(forms.Form):
    """What is known of one."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    nature = forms.ChoiceField(label=gettext_lazy("What was hurt"), choices=list(NATURES.items()))
    happened_at = MomentField(label=gettext_lazy("Happened at"))
    detected_at = MomentField(label=gettext_lazy("Detected at"))
    account = _text(gettext_lazy("What clients are told of it"), incidents.MAX_TEXT, rows=5)
    measures = _text(gettext_lazy("Measures, as clients read them"), incidents.MAX_TEXT, required=False)
    description = _text(gettext_lazy("Notes, for you alone"), incidents.MAX_TEXT, required=False)

    def clean(self) -> dict[str, Any]:
        """Detected after it happened. Raises `ValidationError`."""
        values = super().clean() or {}
        happened, detected = values.get("happened_at"), values.get("detected_at")
        if happened and detected and happened > detected:
            raise forms.ValidationError(_("It was detected before it happened?"))
        return values

    def told(self) -> Told:
        """As the register takes it."""
        return Told(**{**self.cleaned_data, "nature": Nature(self.cleaned_data["nature"])})

    @staticmethod
    def shown(incident: Incident) -> dict[str, Any]:
        """What the form begins with."""
        return {name: getattr(incident, name) for name in Told.__slots__}


class RequisitionForm(forms.Form):
    """What one says."""

    authority = forms.CharField(label=gettext_lazy("Authority"), max_length=200)
    reference = forms.CharField(label=gettext_lazy("Its reference"), max_length=100)
    legal_basis = forms.CharField(label=gettext_lazy("Legal basis"), max_length=300)
    scope = _text(gettext_lazy("What it demands"), requisitions.MAX_TEXT)
    received_at = MomentField(label=gettext_lazy("Received at"))
    client = ClientField(required=False)
    forbids_telling = forms.BooleanField(label=gettext_lazy("The client must not be told"), required=False)
    forbidden_until = forms.DateField(
        label=gettext_lazy("Until this day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Empty: until the authority allows it. Else the client is told by mail at once."),
    )

    def demand(self) -> Demand:
        """As the register takes it."""
        values = self.cleaned_data
        until = values["forbidden_until"] if values["forbids_telling"] else None
        return Demand(
            values["authority"],
            values["reference"],
            values["legal_basis"],
            typed(values["scope"], requisitions.MAX_TEXT),
            values["received_at"],
            forbids_telling=values["forbids_telling"],
            forbidden_until=until,
        )


class MomentForm(forms.Form):
    """When something was done."""

    at = MomentField(label=gettext_lazy("When"))
