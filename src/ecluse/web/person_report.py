"""The report of an erasure, and what was found of somebody, in words for pages and for the file that he gets."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass

from django.http import HttpResponse
from django.template.loader import render_to_string

from ecluse.control.privacy.exporting import Export, Part
from ecluse.control.privacy.reports import lines_of
from ecluse.domain.personal_data import Store
from ecluse.web.privacy_words import BASES, ERASINGS, PURPOSES, STORES, TERMS, Words, why_words


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line of a report."""

    store: Words
    what: Words
    rows: int
    why: str
    is_gone: bool


@dataclass(frozen=True, slots=True)
class ShownPart:
    """What one store has of him."""

    store: Words
    purpose: Words
    basis: Words
    term: Words
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def shown_report(kept: object) -> list[ShownLine]:
    """What went and what stayed."""
    return [
        ShownLine(
            STORES.get(each.store, each.store), ERASINGS[each.erasing], each.rows, why_words(each.why), each.is_gone
        )
        for each in lines_of(kept)
    ]


def shown_part(part: Part) -> ShownPart:
    """A table of one store."""
    store: Store = part.store
    columns = tuple(dict.fromkeys(name for row in part.rows for name in row))
    rows = tuple(tuple(row.get(name, "") for name in columns) for row in part.rows)
    return ShownPart(
        STORES.get(store.name, store.name),
        PURPOSES[store.purpose],
        BASES[store.basis],
        TERMS[store.kept],
        columns,
        rows,
    )


def export_response(export: Export) -> HttpResponse:
    """A ZIP of two files: data for programs, and a page for people that needs nothing from elsewhere."""
    page = render_to_string(
        "backoffice/person_export.html", {"export": export, "parts": [shown_part(each) for each in export.parts]}
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(export.plain, ensure_ascii=False, indent=1))
        archive.writestr("data.html", page)
    response = HttpResponse(out.getvalue(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="request-{export.request}.zip"'
    return response
