"""A form field for the last day of something."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy


class LastDayField(forms.DateField):
    """The end of that day, in UTC; None where none is named."""

    widget = forms.DateInput(attrs={"type": "date"})
    default_error_messages = {  # noqa: RUF012 - Django's own form for it
        "over": gettext_lazy("This day is over."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(label=gettext_lazy("Last day"), required=False, **options)

    def clean(self, value: object) -> datetime | None:
        """See Django."""
        day = super().clean(value)
        if day is None:
            return None
        until = datetime.combine(day, time.max, UTC)
        if until < timezone.now():
            raise forms.ValidationError(self.error_messages["over"], code="over")
        return until
