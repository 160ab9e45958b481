"""Whoever tries passwords is made to wait: by name and network address together, so that no stranger locks anybody out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ecluse.web.who import ip_of

MAX_NAME = 254


def username(request: HttpRequest | None, credentials: Mapping[str, Any] | None) -> str:
    """The name that was tried."""
    named = (credentials or {}).get("email") or (credentials or {}).get("username")
    if not named and request is not None:
        named = request.POST.get("login", "")
    return str(named or "").strip().lower()[:MAX_NAME]


def client_ip(request: HttpRequest) -> str:
    """Where it was tried from."""
    return ip_of(request)


def locked_out(request: HttpRequest, _response: object, _credentials: object) -> HttpResponse:
    """The page of those who must wait."""
    return render(request, "errors/locked_out.html", status=429)
