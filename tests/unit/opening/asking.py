"""Opens octets as the room would, without the room."""

from __future__ import annotations

from ecluse.domain.opened import Opened
from ecluse.opening.budget import Limits
from ecluse.opening.opening import open_file
from ecluse.opening.pieces import File


def opened(content: bytes, name: str = "file", *passwords: str) -> Opened:
    """What is found in a file."""
    return open_file(File(content, name, passwords=passwords), Limits())
