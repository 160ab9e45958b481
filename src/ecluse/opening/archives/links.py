"""Where links of containers lead: never followed, only looked at."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.opening.flags import Flag


def link_flags(target: str) -> Iterator[Flag]:
    """Whether the target of a link lies outside of the folder that the container is unpacked to."""
    path = target.replace("\\", "/")
    if path.startswith("/") or path[1:2] == ":" or ".." in path.split("/"):
        yield Flag.LINK_OUTSIDE
