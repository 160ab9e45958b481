"""Lists of files that somebody knows to be bad."""

from __future__ import annotations

from typing import Protocol


class HashLists(Protocol):
    """Answers in microseconds, however long the lists are."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        ...

    def find(self, digest: bytes) -> str:
        """The name of a list that holds this SHA-256 or MD5; "" for none. Raises `Unavailable`."""
        ...
