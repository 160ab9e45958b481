"""Lines of an invoice as the database keeps them: amounts as strings, so that none is ever a float."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ecluse.control.billing.totals import Line, Vat, VatCategory


def plain_lines(lines: Iterable[Line]) -> list[dict[str, str]]:
    """For the database."""
    return [
        {
            "text": each.text,
            "quantity": str(each.quantity),
            "unit_price": str(each.unit_price),
            "category": each.vat.category.value,
            "percent": str(each.vat.percent),
            "note": each.note,
        }
        for each in lines
    ]


def read_lines(plain: Iterable[dict[str, str]]) -> tuple[Line, ...]:
    """What `plain_lines` wrote."""
    return tuple(
        Line(
            each["text"],
            Decimal(each["quantity"]),
            Decimal(each["unit_price"]),
            Vat(VatCategory(each["category"]), Decimal(each["percent"])),
            each.get("note", ""),  # Those that were written first have none.
        )
        for each in plain
    )
