"""Files of tickets, for both sides: taken where a scanner looks at them; saved, and never shown."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from ecluse.control.support.files import MAX_ALL_OCTETS, MAX_FILE_OCTETS, MAX_FILES, NewFile
from ecluse.control.support.queries import TicketFile
from ecluse.domain.errors import Impossible
from ecluse.web.scanned import has_scanner, why_not_given_out, why_not_taken

_UNSAFE = re.compile(r"[^0-9A-Za-z._ -]")


class NotTaken(Impossible):
    """A file is not kept; its words say why, in the reader's language."""


def files_with(request: HttpRequest) -> tuple[NewFile, ...]:
    """What was attached. Raises `NotTaken`."""
    found = request.FILES.getlist("files")
    if found and not has_scanner():
        raise NotTaken(_("Nothing looks at files here: send them by mail."))
    sizes = [each.size or 0 for each in found]
    if len(found) > MAX_FILES or max(sizes, default=0) > MAX_FILE_OCTETS or sum(sizes) > MAX_ALL_OCTETS:
        raise NotTaken(_("Ten files at most, of 5 MB each and 10 MB together."))
    files = tuple(NewFile(each.name or "", each.content_type or "", each.read()) for each in found)
    for each in files:
        if why := why_not_taken(each.octets):
            raise NotTaken(f"{each.name}: {why}")
    return files


def file_response(request: HttpRequest, file: TicketFile, page: HttpResponse) -> HttpResponse:
    """Its octets. What its sender says of its kind is not believed. `page`: where it is said why it is not given out."""
    octets = bytes(file.octets)
    if why := why_not_given_out(octets, file=file.pk):
        messages.error(request, str(why))
        return page
    response = HttpResponse(octets, content_type="application/octet-stream")
    name = _UNSAFE.sub("_", file.name).strip(" .") or "file"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
