"""Form fields that read what our files read, with the same rules."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from ecluse.wire.notations import MAX_TEXT, is_ip, list_pattern


class NotationField(forms.CharField):
    """A text that one of `wire.notations` accepts; `accepts_ip` lets an IP address stand in its place."""

    default_error_messages = {  # noqa: RUF012 - Django's own form for it
        "notation": gettext_lazy("This is not written as it should be. See the example below the field."),
    }

    def __init__(self, notation: Callable[[str], str], *, accepts_ip: bool = False, **options: Any) -> None:
        super().__init__(max_length=MAX_TEXT, **options)
        self._notation, self._accepts_ip = notation, accepts_ip

    def clean(self, value: object) -> str:
        """See Django."""
        text = super().clean(value)
        if not text:
            return ""
        if self._accepts_ip and is_ip(text):
            return str(ip_address(text))
        try:
            return str(self._notation(text))
        except ValueError:
            raise forms.ValidationError(self.error_messages["notation"], code="notation") from None


class SenderField(NotationField):
    """An entry of a list, as it was written once it can be read."""

    def __init__(self, **options: Any) -> None:
        super().__init__(_as_written, **options)


def _as_written(text: str) -> str:
    list_pattern(text)
    return text
