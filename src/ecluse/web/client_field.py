"""A form field for the whole name of a client, as the provider's people write it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from ecluse.control.tenants.queries import Client, client_named


class ClientField(forms.CharField):
    """The client of this name; None where it is empty and may be."""

    default_error_messages = {  # noqa: RUF012 - Django's own form for it
        "unknown": gettext_lazy("There is no client of this name."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(label=gettext_lazy("Name of the client"), max_length=200, **options)

    def clean(self, value: Any) -> Client | None:
        """See Django."""
        name: str = super().clean(value)
        found = client_named(name) if name else None
        if name and found is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return found
