"""A PDF/A and its XML, as the one file that Factur-X is."""

from __future__ import annotations

import io
import logging

import pikepdf
from facturx import generate_from_binary

from ecluse.domain.errors import Impossible

# It logs names and numbers of invoices.
logging.getLogger("factur-x").setLevel(logging.CRITICAL)

_LEVEL = "en16931"


def joined(pdf: bytes, xml: bytes, *, title: str, author: str) -> bytes:
    """Both. `pdf` is PDF/A-3b already, as `pdf_a` draws it: the label that is written here makes none. Raises `Impossible`."""
    with pikepdf.open(io.BytesIO(pdf)) as drawn:
        if "/OutputIntents" not in drawn.Root:
            raise Impossible("a PDF without a colour profile is no PDF/A, whatever it says of itself")
    metadata = {"author": author, "keywords": "Factur-X", "title": title, "subject": title}
    made = generate_from_binary(
        pdf,
        xml,
        flavor="factur-x",
        level=_LEVEL,
        check_xsd=False,  # `rules.py` has looked at it, by this and by more.
        pdf_metadata=metadata,
        lang="fr-FR",
        xmp_compression=False,
    )
    return _with_one_description(made)


def _with_one_description(made: bytes) -> bytes:
    """Two programs have signed it, each in another of the two places for that: the one that an archive reads remains."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(made)) as pdf:
        del pdf.trailer["/Info"]
        pdf.save(out, compress_streams=True)
    return out.getvalue()
