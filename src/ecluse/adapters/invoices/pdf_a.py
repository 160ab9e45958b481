"""A page as PDF/A-3b, by WeasyPrint."""

from __future__ import annotations

from PIL import ImageFile
from weasyprint import HTML
from weasyprint.urls import URLFetcher

# WeasyPrint has it on for the whole process: a client's logo that was cut short would be taken for a whole one.
ImageFile.LOAD_TRUNCATED_IMAGES = False

_VARIANT = "pdf/a-3b"


def pdf_a(page: str) -> bytes:
    """The HTML drawn, with its fonts and its colour profile inside, as an archive wants it; what it names elsewhere is not."""
    nothing = URLFetcher(allowed_protocols=())
    return bytes(HTML(string=page, url_fetcher=nothing).write_pdf(pdf_variant=_VARIANT))
