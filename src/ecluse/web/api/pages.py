"""Long lists in pieces, each beginning behind the last thing of the one before: what comes and goes meanwhile shifts nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from pydantic import BaseModel, Field

from ecluse.web.api.problems import Problem, invalid

Out = TypeVar("Out", bound=BaseModel)
Row = TypeVar("Row", bound=Model)

MAX_CURSOR = 600
_MAX_DIGITS = 18


class Asked(BaseModel):
    """Which piece of a list."""

    after: Annotated[str, Field(max_length=MAX_CURSOR, description="`next` of the piece before; none: the first.")] = ""
    limit: Annotated[int, Field(ge=1, le=200, description="At most so many.")] = 50


class Page(BaseModel, Generic[Out]):
    """A piece of a list."""

    items: list[Out]
    next: str | None = Field(description="Ask for the rest with `after` = this; null: there is none.")


def page_of(
    rows: QuerySet[Any],
    asked: Asked,
    out: Callable[[Any], Out],
    *,
    newest_first: bool = False,
    key_of: Callable[[str], int | str] | None = None,
) -> Page[Out]:
    """A piece of these rows, in the order of their primary keys: in which they were made.

    `key_of`: the key that a cursor names, which raises `Problem` for one that is none of ours; None: a number.
    """
    ordered = rows.order_by("-pk" if newest_first else "pk")
    if asked.after:
        last = (key_of or _number)(asked.after)
        ordered = ordered.filter(**{"pk__lt" if newest_first else "pk__gt": last})
    found = list(ordered[: asked.limit + 1])
    shown = found[: asked.limit]
    return Page(
        items=[out(each) for each in shown], next=cursor(str(shown[-1].pk)) if len(found) > len(shown) else None
    )


def cursor(place: str) -> str:
    """A place in a list, as programs hand it back."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def place(text: str) -> str:
    """What `cursor` was given. Raises `Problem`."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError):
        raise bad_cursor() from None


def bad_cursor() -> Problem:
    """It was not made by us."""
    return invalid("query.after", "expected `next` of the piece before")


def _number(text: str) -> int:
    digits = place(text)
    if not digits.isascii() or not digits.isdecimal() or len(digits) > _MAX_DIGITS:
        raise bad_cursor()
    return int(digits)
