"""Forms for what people ask of their data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.control.billing.invoice_days import today
from ecluse.control.privacy.requests import MAX_ADDRESSES, MAX_TEXT, Channel, Right
from ecluse.web.client_field import ClientField
from ecluse.web.lines_field import LinesField
from ecluse.web.privacy_words import CHANNELS, RIGHTS
from ecluse.wire.notations import MailAddress

_BY_THE_PROVIDER = (Channel.MAIL, Channel.POST, Channel.PHONE)


class OwnRequestForm(forms.Form):
    """Of a client's own people."""

    right = forms.ChoiceField(label=gettext_lazy("What is asked"), choices=list(RIGHTS.items()))
    addresses = LinesField(
        MailAddress,
        most=MAX_ADDRESSES,
        label=gettext_lazy("Addresses of the person"),
        help_text=gettext_lazy("One a line. What names none of them is not found."),
    )
    name = forms.CharField(label=gettext_lazy("Name of the person"), max_length=200, required=False)
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=MAX_TEXT, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean_addresses(self) -> tuple[str, ...]:
        """At least one. Raises `ValidationError`."""
        found: tuple[str, ...] = self.cleaned_data["addresses"]
        if not found:
            raise forms.ValidationError(_("Without an address nobody is found."))
        return found

    def about(self) -> dict[str, Any]:
        """As `open_request` takes it."""
        values = self.cleaned_data
        return {"name": values["name"], "note": values["note"]}


class RequestForm(OwnRequestForm):
    """Of anybody, as the provider enters it."""

    client = ClientField(
        required=False,
        help_text=gettext_lazy(
            "Only where a client asks for one of its own people: its data alone are looked through then, and its mailbox "
            "and account can be erased. Empty where a person asks himself."
        ),
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("How it came"), choices=[(each.value, CHANNELS[each]) for each in _BY_THE_PROVIDER]
    )
    received_on = forms.DateField(
        label=gettext_lazy("Received on"), widget=forms.DateInput(attrs={"type": "date"}), initial=today
    )
    answer_to = forms.EmailField(label=gettext_lazy("Where the answer goes"), max_length=254, required=False)

    def clean_received_on(self) -> datetime:
        """The beginning of that day, or now where it is today in Paris. Raises `ValidationError`."""
        day, now = self.cleaned_data["received_on"], timezone.now()
        if day > today():
            raise forms.ValidationError(_("This day has not come yet."))
        return min(now, datetime(day.year, day.month, day.day, tzinfo=UTC))

    def about(self) -> dict[str, Any]:
        """As `open_request` takes it."""
        return {**super().about(), "answer_to": self.cleaned_data["answer_to"]}


def right_of(form: OwnRequestForm) -> Right:
    """What is asked."""
    return Right(form.cleaned_data["right"])
