"""The installation's secrets that lie in files of their own."""

from __future__ import annotations

import os
from pathlib import Path


def write_secret(path: Path, octets: bytes) -> None:
    """Make the file, for us alone to read, whole or not at all, also through a power cut.

    Raises `FileExistsError`, since a secret is never replaced: what it has sealed or signed would be lost; and `OSError`.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(fd)
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
