"""Names that are made to be taken for another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

from ecluse.wire.names.brands import Brand
from ecluse.wire.names.registrable import registrable_domain
from ecluse.wire.names.skeleton import skeleton, unicode_name
from ecluse.wire.names.spelling import ascii_domain

# Short names lie near to each other by chance.
_MIN_SHAPE = 4
_MIN_TYPO = 8
_MIN_INSIDE = 6


class Likeness(StrEnum):
    """How one name is made to look like another."""

    SHAPE = "shape"  # It cannot be told apart by the eye.
    TYPO = "typo"  # One letter more, less, other, or two swapped.
    INSIDE = "inside"  # The other name stands in it: `paypal.com.evil.example`, `paypal-secure.example`.


@dataclass(frozen=True, slots=True)
class LookAlike:
    """What a name is taken for."""

    brand: Brand
    likeness: Likeness


class LookAlikes:
    """Protected names, ready to be compared with many others."""

    def __init__(self, brands: Iterable[Brand]) -> None:
        self._owned: set[str] = set()
        self._by_shape: dict[str, tuple[str, Brand]] = {}
        self._by_part: dict[str, Brand] = {}
        self._domains: dict[str, Brand] = {}
        for brand in brands:
            self._add(brand)
        self._long = [shape for shape, (_, brand) in self._by_shape.items() if _is_long(shape) and not brand.is_word]

    def of(self, host: str) -> LookAlike | None:
        """What the host's name is made to look like; None for honest names, and for the protected ones themselves.

        A protected name in letters that the DNS takes for its own is none of them: somebody has written it so.
        """
        name = ascii_domain(host) or host.lower()
        domain = registrable_domain(name) or name
        is_plain = host.isascii() or host.lower() == unicode_name(name)
        if is_plain and not self._owned.isdisjoint(_suffixes_of(name)):
            return None
        label = label_of(domain if is_plain else _last_labels(host, domain))
        return self._by_its_shape(label) or self._by_what_stands_in(name, domain, label) or self._by_a_typo(label)

    def _add(self, brand: Brand) -> None:
        self._owned.update(brand.domains)
        for domain in brand.domains:
            label = label_of(registrable_domain(domain) or domain)
            if len(label) >= _MIN_SHAPE or not label.isascii():
                self._by_shape.setdefault(skeleton(label), (label, brand))
            if len(label) >= _MIN_INSIDE and not brand.is_word:
                self._by_part.setdefault(skeleton(label), brand)
                self._domains.setdefault(domain, brand)

    def _by_its_shape(self, label: str) -> LookAlike | None:
        found = self._by_shape.get(skeleton(label))
        # The very same label under another suffix is an honest name of somebody, or of the brand in another country.
        if found is None or found[0] == unicode_name(label):
            return None
        return LookAlike(found[1], Likeness.SHAPE)

    def _by_what_stands_in(self, host: str, domain: str, label: str) -> LookAlike | None:
        for part in label.split("-") if "-" in label else ():
            if (brand := self._by_part.get(skeleton(part))) is not None:
                return LookAlike(brand, Likeness.INSIDE)
        below = host.removesuffix(domain)
        for at in _starts(below):
            names = below[at:].strip(".").split(".")
            for count in (2, 3):
                if (brand := self._domains.get(".".join(names[:count]))) is not None:
                    return LookAlike(brand, Likeness.INSIDE)
        return None

    def _by_a_typo(self, label: str) -> LookAlike | None:
        shape = skeleton(label)
        if not _is_long(shape) or shape in self._by_shape:
            return None
        found = extractOne(shape, self._long, scorer=OSA.distance, score_cutoff=1)
        return LookAlike(self._by_shape[found[0]][1], Likeness.TYPO) if found else None


def label_of(domain: str) -> str:
    """The label that somebody chose: of `example.co.uk` it is `example`."""
    return unicode_name(domain.partition(".")[0])


def _last_labels(host: str, domain: str) -> str:
    """The part of a host, as it is written, that is this domain."""
    return ".".join(host.lower().rstrip(".").split(".")[-domain.count(".") - 1 :])


def _suffixes_of(name: str) -> Iterator[str]:
    """The name and the domains that it lies in."""
    while name:
        yield name
        name = name.partition(".")[2]


def _is_long(shape: str) -> bool:
    return len(shape) >= _MIN_TYPO


def _starts(below: str) -> list[int]:
    """Where labels begin; of many only the first ones."""
    starts = [0]
    while len(starts) < 10 and (dot := below.find(".", starts[-1])) >= 0:
        starts.append(dot + 1)
    return starts
