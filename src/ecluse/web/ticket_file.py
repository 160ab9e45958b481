"""The download of a file that came with a ticket, for both sides: it is saved, and never shown."""

from __future__ import annotations

import re

from django.http import HttpResponse

from ecluse.control.support.queries import TicketFile

_UNSAFE = re.compile(r"[^0-9A-Za-z._ -]")


def file_response(file: TicketFile) -> HttpResponse:
    """Its octets. What its sender says of its kind is not believed."""
    response = HttpResponse(bytes(file.octets), content_type="application/octet-stream")
    name = _UNSAFE.sub("_", file.name).strip(" .") or "file"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
