"""What pages ask for: texts, one page of a long list, one thing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.dateparse import parse_date

PER_PAGE = 50
MAX_SEARCH = 100
_MAX_DAY, _MAX_NUMBER = 10, 15

T = TypeVar("T")


def typed(text: str, most: int) -> str:
    """What somebody wrote, of so many characters. NUL stands in no text of ours, and PostgreSQL takes none."""
    return text.replace("\0", "").strip()[:most]


def typed_day(text: str) -> date | None:
    """The day that somebody wrote, as `2026-02-28`; None where it is none of the calendar."""
    try:
        return parse_date(typed(text, _MAX_DAY))
    except ValueError:
        return None


def typed_number(text: str, most: Decimal | int) -> Decimal | None:
    """From 0 to the most, with two decimals and a comma or a point; None for anything else.

    Bounded before it is computed with: "1e9" is a number, too, and so is one of a hundred million digits.
    """
    try:
        number = Decimal(typed(text, _MAX_NUMBER).replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number <= most and number == round(number, 2) else None


def searched(request: HttpRequest) -> str:
    """What `?q=` looks for, "" for everything."""
    return typed(request.GET.get("q", ""), MAX_SEARCH)


def page_of(request: HttpRequest, rows: QuerySet[Any] | list[Any]) -> Page[Any]:
    """The page that `?page=` asks for; the nearest where there is none such."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def newest_page_of(request: HttpRequest, rows: list[Any]) -> Page[Any]:
    """The same of rows whose last are the newest: without `?page=` the last."""
    pages = Paginator(rows, PER_PAGE)
    return pages.get_page(request.GET.get("page") or pages.num_pages)


def or_404(found: T | None) -> T:
    """What was looked for; the page is none where it is none of this client's."""
    if found is None:
        raise Http404
    return found
