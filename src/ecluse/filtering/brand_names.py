"""Protected names in what people read as the author, and in his domain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from ecluse.wire.names.brands import BRANDS, Brand
from ecluse.wire.names.lookalikes import LookAlikes
from ecluse.wire.names.registrable import registrable_domain
from ecluse.wire.names.skeleton import skeleton


@dataclass(frozen=True, slots=True)
class _Names:
    """All protected names, as they look."""

    by_look: dict[str, Brand]
    within: re.Pattern[str]  # Those that are no everyday words, among other words.


def brand_in(name: str, domain: str) -> str:
    """The protected name that a display name shows although the registered domain is not its owner's; "" for none.

    What is also an everyday word counts only where it is the whole name.
    """
    look = skeleton(name).strip()
    found = _names().within.search(look)
    brand = _names().by_look.get(found[0] if found else look)
    return "" if brand is None or domain in _owned(brand) else brand.name


@lru_cache(4_096)
def imitated_brand(domain: str) -> str:
    """The protected name that a domain is made to look like; "" for honest ones."""
    found = _brands().of(domain) if domain else None
    return found.brand.name if found else ""


@lru_cache(4_096)
def resembles(ours: tuple[str, ...], domain: str) -> bool:
    """Whether a domain is made to look like one of a client's own."""
    return _client(ours).of(domain) is not None


@lru_cache(1_024)
def _client(ours: tuple[str, ...]) -> LookAlikes:
    return LookAlikes([Brand(ours[0], ours)] if ours else [])


@cache
def _brands() -> LookAlikes:
    return LookAlikes(BRANDS)


@cache
def _names() -> _Names:
    by_look = {skeleton(brand.name): brand for brand in BRANDS}
    alone = sorted((look for look, brand in by_look.items() if not brand.is_word), key=len, reverse=True)
    return _Names(by_look, re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, alone))})(?!\w)"))


@cache
def _owned(brand: Brand) -> frozenset[str]:
    return frozenset(registrable_domain(domain) or domain for domain in brand.domains)
