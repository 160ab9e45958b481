"""A form field for a moment that has come: a day and a time, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy


class MomentField(forms.DateTimeField):
    """`2026-11-28T14:30`; nothing that is still to come."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_error_messages = {  # noqa: RUF012 - Django's own form for it
        "future": gettext_lazy("This moment has not come yet."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(help_text=gettext_lazy("In UTC."), **options)

    def clean(self, value: object) -> datetime | None:
        """See Django."""
        moment: datetime | None = super().clean(value)
        if moment is None:
            return None
        moment = moment.astimezone(UTC)
        if moment > timezone.now():
            raise forms.ValidationError(self.error_messages["future"], code="future")
        return moment
