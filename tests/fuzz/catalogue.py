"""All fuzz targets by their names."""

from __future__ import annotations

from tests.fuzz.target import Target
from tests.fuzz.targets import dns, documents, files, html, imap, mime, opening, sasl, senders, smtp

_GROUPS = (smtp, mime, dns, files, html, opening, documents, senders, sasl, imap)
TARGETS: dict[str, Target] = {target.name: target for group in _GROUPS for target in group.TARGETS}
