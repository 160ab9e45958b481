"""The reference page of the API, made from its schema: `python -m ecluse.entrypoints.api_reference`."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from ecluse.entrypoints.django_start import start_django
from ecluse.entrypoints.settings_tables import Settings
from ecluse.wire.notations import DomainName

PAGE = Path("docs/reference/api.md")
_HEAD = """# API

Every operation below lies under `/api/v1/`; the whole schema, OpenAPI 3.1, is at `/api/v1/openapi.json` of each
installation. How to use it: [howto/api.md](../howto/api.md). This page is made from the code.
"""


def api_page() -> str:
    """The page. Django must have been started."""
    from ecluse.web.api.api import api  # noqa: PLC0415 - models exist once Django has started.
    from ecluse.web.api.problems import KINDS  # noqa: PLC0415 - the same.

    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    areas: dict[str, list[str]] = defaultdict(list)
    for path, methods in schema["paths"].items():
        for method, each in methods.items():
            areas[each["tags"][0]].append(_row(method.upper(), path.removeprefix("/api/v1/"), each))
    parts = [
        f"## {area}\n\n| operation | scope | what it does |\n|---|---|---|\n" + "".join(rows)
        for area, rows in areas.items()
    ]
    problems = "".join(f"| `{one.name}` | {one.status} | {one.title}. {one.advice} |\n" for one in KINDS)
    return "\n".join(
        [
            _HEAD,
            *parts,
            f"## Kinds of problems\n\n| kind | status | what it means, and what to do |\n|---|---|---|\n{problems}",
        ]
    )


def _row(method: str, path: str, each: dict[str, Any]) -> str:
    scope = each.get("description", "").rpartition("Scope: ")[2].rstrip(".")
    return f"| `{method} {path}` | {scope if each.get('security') else 'no key'} | {each['summary']} |\n"


def main() -> None:
    """Write the page."""
    with tempfile.TemporaryDirectory() as folder:
        start_django(Settings(hostname=DomainName("mx.example.com"), data_dir=Path(folder)))
        PAGE.write_text(api_page(), "utf-8")


if __name__ == "__main__":
    main()
