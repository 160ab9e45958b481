"""A form field of many short entries: one a line, each read as our files read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from ecluse.wire.notations import MAX_TEXT

_PER_ENTRY = 256  # Characters, on average.


class LinesField(forms.CharField):
    """`notation` reads one entry and raises `ValueError`; `is_short` entries may share a line."""

    default_error_messages = {  # noqa: RUF012 - Django's own form for it
        "notation": gettext_lazy("This is not written as it should be: %(entry)s"),
        "most": gettext_lazy("These are too many: %(most)d are possible."),
    }

    def __init__(self, notation: Callable[[str], object], *, most: int, is_short: bool = False, **options: Any) -> None:
        rows = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
        super().__init__(max_length=most * _PER_ENTRY, required=False, widget=rows, **options)
        self._notation, self._most, self._is_short = notation, most, is_short

    def prepare_value(self, value: object) -> object:
        """The text that is shown."""
        if isinstance(value, str) or not isinstance(value, Iterable):
            return value
        return (" " if self._is_short else "\n").join(map(str, value))

    def clean(self, value: object) -> Any:
        """The entries, each once, in their order."""
        text = super().clean(value)
        parts = text.replace(",", " ").split() if self._is_short else text.splitlines()
        entries = list(dict.fromkeys(stripped for part in parts if (stripped := part.strip())))
        if len(entries) > self._most:
            raise forms.ValidationError(self.error_messages["most"], code="most", params={"most": self._most})
        return tuple(dict.fromkeys(self._read(entry) for entry in entries))

    def _read(self, entry: str) -> object:
        with suppress(ValueError):
            if len(entry) <= MAX_TEXT:
                return self._notation(entry)
        params = {"entry": entry[:80]}
        raise forms.ValidationError(self.error_messages["notation"], code="notation", params=params)
