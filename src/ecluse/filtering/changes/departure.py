"""What the fields that we set on top may tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ecluse.domain.evidence import Evidence
from ecluse.domain.incoming import Incoming


@dataclass(frozen=True, slots=True)
class Departure:
    """A message on its way out, and what we know of it."""

    incoming: Incoming
    evidence: Evidence
    hostname: str  # Our own name.
    is_tagged: bool = False  # A recipient wants mass mail tagged, and this is some.


Change: TypeAlias = Callable[[Departure], bytes]  # One header field for the top, CRLF included.
