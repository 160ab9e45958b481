"""What pages ask for: texts, one page of a long list, one thing."""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

PER_PAGE = 50
MAX_SEARCH = 100

T = TypeVar("T")


def typed(text: str, most: int) -> str:
    """What somebody wrote, of so many characters. NUL stands in no text of ours, and PostgreSQL takes none."""
    return text.replace("\0", "").strip()[:most]


def searched(request: HttpRequest) -> str:
    """What `?q=` looks for, "" for everything."""
    return typed(request.GET.get("q", ""), MAX_SEARCH)


def page_of(request: HttpRequest, rows: QuerySet[Any] | list[Any]) -> Page[Any]:
    """The page that `?page=` asks for; the nearest where there is none such."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def or_404(found: T | None) -> T:
    """What was looked for; the page is none where it is none of this client's."""
    if found is None:
        raise Http404
    return found
