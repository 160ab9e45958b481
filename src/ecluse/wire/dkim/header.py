"""A header section as signatures see it: which fields a list of names selects (RFC 6376 section 5.4.2)."""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.wire.dkim.canonical import CRLF, Mode, relaxed_field, simple_field
from ecluse.wire.mime.fields import HeaderSection


class SignedHeader:
    """The header section of one message, its fields canonical; each is made canonical once."""

    __slots__ = ("_places", "_relaxed", "section")

    def __init__(self, section: HeaderSection) -> None:
        self.section = section
        self._relaxed: dict[int, bytes] = {}
        self._places: dict[bytes, list[int]] = {}
        for place, name in enumerate(section.names):
            self._places.setdefault(name, []).append(place)

    def count(self, name: bytes) -> int:
        """How many fields have this name (lower case)."""
        return len(self._places.get(name, ()))

    def places(self, name: bytes) -> list[int]:
        """Where the fields of this name (lower case) stand, from the top."""
        return self._places.get(name, [])

    def relaxed(self, place: int) -> bytes:
        """The field at this place, relaxed, with its line end."""
        field = self._relaxed.get(place)
        if field is None:
            field = self._relaxed[place] = relaxed_field(self.section.raws[place]) + CRLF
        return field

    def selected(self, names: Iterable[bytes], mode: Mode, own_place: int = -1) -> list[bytes]:
        """The fields that a list of names signs, from the bottom of the section up (RFC 6376 section 5.4.2).

        A name that no field is left for signs nothing. A signature never signs itself: `own_place` is passed over.
        """
        left: dict[bytes, list[int]] = {}
        fields: list[bytes] = []
        for name in names:
            if name not in left:
                left[name] = [place for place in self.places(name) if place != own_place]
            if left[name]:
                place = left[name].pop()
                fields.append(self.relaxed(place) if mode is Mode.RELAXED else simple_field(self.section.raws[place]))
        return fields
