"""Whether a text names a mail address, and the text without it; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

# What may stand in a local part, or in a domain, without ending it: "joann@one.example" does not name "ann@one.example".
_BEFORE = r"(?<![\w.!#$%&'*+/=?^`{|}~-])"
# In a text fewer of them do: people and programs write "'ann@one.example'", "**ann@…" and "to=ann@…", and better a word too
# much goes than somebody is not found. A quote belongs to a name that it stands within.
_IN_TEXT = r"\w.+&%-"
_BEFORE_IN_TEXT = rf"(?<![{_IN_TEXT}])(?<![{_IN_TEXT}]')"
_AFTER = r"(?!\.?[\w-])"
_NESTED = (dict, list, tuple)


@dataclass(frozen=True)
class Names:
    """The addresses of one person, as `Address.key`."""

    addresses: tuple[str, ...]

    @cached_property
    def _either(self) -> str:
        # The longest first, so that of two that begin alike none is cut in two.
        return "|".join(re.escape(each) for each in sorted(self.addresses, key=len, reverse=True))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(f"{_BEFORE_IN_TEXT}(?:{self._either}){_AFTER}", re.IGNORECASE)

    @cached_property
    def _exact(self) -> re.Pattern[str]:
        return re.compile(f"{_BEFORE}(?:{self._either}){_AFTER}", re.IGNORECASE)

    def are(self, address: Any) -> bool:
        """Whether it is one of them, alone or in a label such as "person:ann@a.example"."""
        return isinstance(address, str) and self._exact.search(address) is not None

    def are_in(self, value: Any) -> bool:
        """Whether one of them stands in a text, or anywhere in what JSON holds, keys included."""
        if isinstance(value, str):
            return self._pattern.search(value) is not None
        if isinstance(value, dict):
            return any(self.are_in(key) or self.are_in(each) for key, each in value.items())
        if isinstance(value, (list, tuple)):
            return any(self.are_in(each) for each in value)
        return False

    def replaced(self, value: Any, by: Sequence[str]) -> Any:
        """The same with a word of `by` in place of each, in their order: what was different stays so."""
        if isinstance(value, str):
            return self._pattern.sub(lambda found: by[self._place(found[0])], value)
        if isinstance(value, dict):
            return {self.replaced(key, by): self.replaced(each, by) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.replaced(each, by) for each in value]
        return value

    def own_part(self, value: Any) -> Any:
        """Of what JSON holds the records and the entries of lists that name him, without those of others beside them."""
        if isinstance(value, dict):
            is_his = any(self.are_in(each) for each in value.values() if not isinstance(each, _NESTED))
            return {
                key: each if self.are_in(key) else self.own_part(each)
                for key, each in value.items()
                if self.are_in([key, each]) or (is_his and not isinstance(each, _NESTED))
            }
        if isinstance(value, (list, tuple)):
            return [self.own_part(each) for each in value if self.are_in(each)]
        return value

    def _place(self, found: str) -> int:
        """Of one that was found; letters may have other cases than any fold."""
        folded = found.casefold()
        return self.addresses.index(folded) if folded in self.addresses else 0
