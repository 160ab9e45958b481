"""Whether a text names a mail address, and the text without it; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

# What may stand in a local part, or in a domain, without ending it: "joann@one.example" does not name "ann@one.example".
_BEFORE = r"(?<![\w.!#$%&'*+/=?^`{|}~-])"
_AFTER = r"(?!\.?[\w-])"


@dataclass(frozen=True)
class Names:
    """The addresses of one person, as `Address.key`."""

    addresses: tuple[str, ...]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # The longest first, so that of two that begin alike none is cut in two.
        either = "|".join(re.escape(each) for each in sorted(self.addresses, key=len, reverse=True))
        return re.compile(f"{_BEFORE}(?:{either}){_AFTER}", re.IGNORECASE)

    def are_in(self, value: Any) -> bool:
        """Whether one of them stands in a text, or anywhere in what JSON holds, keys included."""
        if isinstance(value, str):
            return self._pattern.search(value) is not None
        if isinstance(value, dict):
            return any(self.are_in(key) or self.are_in(each) for key, each in value.items())
        if isinstance(value, (list, tuple)):
            return any(self.are_in(each) for each in value)
        return False

    def replaced(self, value: Any, by: str) -> Any:
        """The same with `by` in place of each."""
        if isinstance(value, str):
            return self._pattern.sub(by, value)
        if isinstance(value, dict):
            return {self.replaced(key, by): self.replaced(each, by) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.replaced(each, by) for each in value]
        return value
