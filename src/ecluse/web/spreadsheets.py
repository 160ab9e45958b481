"""CSV for people's spreadsheets: what begins like a formula is made text, and read back as it was (CWE-1236)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse

_BOM = "\ufeff"  # Without it Excel reads UTF-8 as Windows-1252.
_GUARD = "'"
# Where a cell begins: our own, and those that a spreadsheet which splits at other characters makes of it.
_BEGINNING = r"(?:\A|(?<=[;|\t\r\n]))"
_DANGEROUS = r"[ \"]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20']"  # A formula, the wide forms too; or a guard of ours.
_UNGUARDED = re.compile(f"{_BEGINNING}(?={_DANGEROUS})")
_GUARDED = re.compile(f"{_BEGINNING}{_GUARD}(?={_DANGEROUS})")


def guarded(cell: object) -> str:
    """The cell as text that no spreadsheet computes."""
    return _UNGUARDED.sub(_GUARD, str(cell))


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return _GUARDED.sub("", text)


def as_csv(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A download; the rows are read here and now, since a client's scope is open now and closed later."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    body = (_BOM + out.getvalue()).encode()
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


class BadSheet(ValueError):
    """A file that is no CSV of ours; the text says where."""


def read_csv(upload: UploadedFile[Any], *, max_bytes: int, max_rows: int) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells of an uploaded file, its head left out. Raises `BadSheet`."""
    content = upload.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise BadSheet(f"> {max_bytes}")
    text = _decoded(content)
    if "\0" in text:
        raise BadSheet("U+0000")  # No database keeps it.
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        for number, row in enumerate(reader, 1):
            if number > max_rows + 1:
                raise BadSheet(f"> {max_rows}")
            if number > 1 and any(cell.strip() for cell in row):
                yield number, [unguarded(cell.strip()) for cell in row]
    except csv.Error as problem:
        raise BadSheet(str(problem)) from problem


def _decoded(content: bytes) -> str:
    """UTF-8, else what Excel writes in France."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
