"""What can be done on the page of one row: each button says which of several steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from ecluse.domain.errors import Impossible
from ecluse.web.backoffice.access import Duty

Row = TypeVar("Row")


def take_step(
    request: HttpRequest,
    row: Row,
    duty: Duty,
    steps: Mapping[str, Callable[[HttpRequest, Row, Duty], None]],
    refusal: str,
) -> None:
    """Do what was asked for, and say whether it was done: `refusal` where it could not be. Raises `Http404` for no step."""
    step = steps.get(request.POST.get("act", ""))
    if step is None:
        raise Http404
    try:
        step(request, row, duty)
    except Impossible:
        messages.error(request, refusal)
    else:
        messages.success(request, _("Saved."))
