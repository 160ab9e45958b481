"""A page as PDF/A-3b, by WeasyPrint."""

from __future__ import annotations

from weasyprint import HTML
from weasyprint.urls import URLFetcher

_VARIANT = "pdf/a-3b"


def pdf_a(page: str) -> bytes:
    """The HTML drawn, with its fonts and its colour profile inside, as an archive wants it; what it names elsewhere is not."""
    nothing = URLFetcher(allowed_protocols=())
    return bytes(HTML(string=page, url_fetcher=nothing).write_pdf(pdf_variant=_VARIANT))
