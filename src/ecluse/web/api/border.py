"""The border of the API: bodies are bounded before they are read, and whatever goes wrong is a problem document."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ecluse.web.api.problems import (
    BAD_REQUEST,
    FAULT,
    MEDIA_TYPE,
    NOT_FOUND,
    TOO_LARGE,
    WRONG_METHOD,
    Kind,
    Problem,
)

ROOT = "/api/"
MAX_BODY_BYTES = 1_048_576
_KINDS: dict[int, Kind] = {each.status: each for each in (BAD_REQUEST, FAULT, NOT_FOUND, WRONG_METHOD)}
GetResponse = Callable[[HttpRequest], HttpResponse]


def border(get_response: GetResponse) -> GetResponse:
    """Middleware, for what lies below /api/ alone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(ROOT):
            return get_response(request)
        response = Problem(TOO_LARGE).response() if _is_too_large(request) else _told(get_response(request))
        response["Cache-Control"] = "no-store"
        return response

    return middleware


def _told(response: HttpResponse) -> HttpResponse:
    """What others than the API answered below its address: a page of the console is of no use to a program."""
    if response.status_code < 400 or response.get("Content-Type", "").startswith(MEDIA_TYPE):
        return response
    told = Problem(_KINDS.get(response.status_code, FAULT if response.status_code >= 500 else BAD_REQUEST)).response()
    if response.has_header("Allow"):
        told["Allow"] = response["Allow"]
    return told


def _is_too_large(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdecimal() or int(length[:12]) > MAX_BODY_BYTES
