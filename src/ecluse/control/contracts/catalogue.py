"""Price lists and terms of sale: versions, of which the newest is offered."""

from __future__ import annotations

import hashlib

from django.db.models import QuerySet

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.contracts.models import PriceList, TermsOfSale
from ecluse.control.contracts.price_grid import Grid, plain_grid, read_grid
from ecluse.domain.errors import Impossible

__all__ = ["PriceList", "TermsOfSale"]

MAX_TERMS = 500_000  # Characters.
MAX_NAME = 50


def publish_prices(grid: Grid, *, by: Actor) -> PriceList:
    """Offers are priced by this list from now on; contracts keep theirs (3-8)."""
    with change(by=by) as act:
        row = PriceList.objects.create(made_at=act.at, made_by=str(by), plain=plain_grid(grid))
        act.record("price-list.published", row, after=row.plain)
        return row


def publish_terms(name: str, text: str, *, text_en: str = "", by: Actor) -> TermsOfSale:
    """Offers are made under these terms from now on; the French text holds, the English one stands beside it.

    Raises `Impossible` for none, too many, or a name taken.
    """
    name, text, text_en = name.strip(), *(each.replace("\r\n", "\n").strip() for each in (text, text_en))
    if not name or len(name) > MAX_NAME or not text or max(len(text), len(text_en)) > MAX_TERMS:
        raise Impossible("terms have a name and a text")
    with change(by=by) as act:
        if TermsOfSale.objects.filter(name=name).exists():
            raise Impossible(f"there are terms {name!r} already")
        whole = f"{text}\f{text_en}" if text_en else text
        sha256 = hashlib.sha256(whole.encode()).hexdigest()
        row = TermsOfSale.objects.create(
            made_at=act.at, made_by=str(by), name=name, text=text, text_en=text_en, sha256=sha256
        )
        act.record("terms.published", row, after={"name": name, "sha256": sha256})
        return row


def price_lists() -> QuerySet[PriceList]:
    """All versions, the newest first."""
    return PriceList.objects.all()


def terms_of_sale() -> QuerySet[TermsOfSale]:
    """The same of terms."""
    return TermsOfSale.objects.all()


def find_terms(pk: int) -> TermsOfSale | None:
    """One of them."""
    return terms_of_sale().filter(pk=pk).first()


def newest_prices() -> PriceList | None:
    """The list in use."""
    return PriceList.objects.first()


def newest_terms() -> TermsOfSale | None:
    """The terms in use."""
    return TermsOfSale.objects.first()


def grid_of(row: PriceList) -> Grid:
    """Raises `Impossible` where it is none."""
    return read_grid(row.plain)


def option_names(*lists: PriceList | None) -> list[str]:
    """What these lists have a price for beside the services. Raises `Impossible` as `grid_of` does."""
    return sorted({name for row in lists if row is not None for name in grid_of(row).options})


def terms_before(row: TermsOfSale) -> TermsOfSale | None:
    """The version that it took the place of."""
    return TermsOfSale.objects.filter(pk__lt=row.pk).first()


def prices_before(row: PriceList) -> PriceList | None:
    """The same of price lists."""
    return PriceList.objects.filter(pk__lt=row.pk).first()
