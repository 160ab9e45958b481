"""All fuzz targets by their names."""

from __future__ import annotations

from tests.fuzz.target import Target
from tests.fuzz.targets import dns, files, html, mime, opening, smtp

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (*smtp.TARGETS, *mime.TARGETS, *dns.TARGETS, *files.TARGETS, *html.TARGETS, *opening.TARGETS)
}
