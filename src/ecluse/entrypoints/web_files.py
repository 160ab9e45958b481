"""What browsers load, collected and compressed once for each version: names carry digests, so that they keep it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

# Of htmx and allauth we use less than they bring.
_UNUSED = ["htmax-*", "htmx-4*", "htmx-2.js", "ext", "account.js"]
_STAMP = "made-of"


def collect() -> None:
    """Make `STATIC_ROOT` anew unless it was made of the same files."""
    root = Path(settings.STATIC_ROOT or "")
    digest = _digest()
    stamp = root / _STAMP
    if stamp.is_file() and stamp.read_text("ascii") == digest:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True, ignore_patterns=_UNUSED)
    stamp.write_text(digest, "ascii")


def _digest() -> str:
    whole = hashlib.sha256()
    for name, content in sorted(_files()):
        whole.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()


def _files() -> Iterator[tuple[str, bytes]]:
    for finder in get_finders():
        for name, storage in finder.list(_UNUSED):
            with storage.open(name, "rb") as file:
                yield name, file.read()
