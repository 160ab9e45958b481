"""Files that hold one secret: whole from the first moment, for us alone to read, and never replaced."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_once(file: Path, secret: bytes) -> None:
    """Put it there, durably. Raises `FileExistsError` where one is, `OSError`."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(prefix=f".{file.name}.", dir=file.parent) as draft:  # Its mode is 0600.
        draft.write(secret)
        draft.flush()
        os.fsync(draft.fileno())
        os.link(draft.name, file)
    _sync_folder(file.parent)


def made_once(file: Path, make: Callable[[], bytes]) -> bytes:
    """What it holds; made where there is none. Of processes that come at the same time one makes it. Raises `OSError`."""
    if not file.exists():
        with suppress(FileExistsError):
            write_once(file, make())
    return file.read_bytes()


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
