"""Long lists: what is looked for, one page at a time."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PER_PAGE = 50
MAX_SEARCH = 100


def searched(request: HttpRequest) -> str:
    """What `?q=` looks for, "" for everything. NUL stands in no text of ours, and PostgreSQL takes none."""
    return request.GET.get("q", "").replace("\0", "").strip()[:MAX_SEARCH]


def page_of(request: HttpRequest, rows: QuerySet[Any] | list[Any]) -> Page[Any]:
    """The page that `?page=` asks for; the nearest where there is none such."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
