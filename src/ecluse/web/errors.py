"""Pages for what went wrong; they need neither database nor session."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """404: also for what belongs to somebody else."""
    return render(request, "errors/not_found.html", status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """403: one's own client, but not one's role."""
    return render(request, "errors/forbidden.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """403: the form is too old, or comes from another site."""
    return render(request, "errors/stale_form.html", status=403)


def fault(request: HttpRequest) -> HttpResponse:
    """500: our fault."""
    return render(request, "errors/fault.html", status=500)
