"""The download of an invoice's file, for both sides."""

from __future__ import annotations

from django.http import Http404, HttpResponse

from ecluse.control.billing.files import file_of
from ecluse.control.billing.queries import Invoice


def file_response(invoice: Invoice) -> HttpResponse:
    """As it was made; 404 before."""
    body = file_of(invoice)
    if body is None:
        raise Http404
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{invoice.reference}.pdf"'
    return response
