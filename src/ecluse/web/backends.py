"""What the console needs from outside; `entrypoints/web.py` hands it over when a process begins to serve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ecluse.domain.dns import Answer
from ecluse.ports.message_log import MessageLog

_handed_over: list[Backends] = []


@dataclass(frozen=True, slots=True)
class Backends:
    """Ports, as the console's synchronous pages use them."""

    look_up: Callable[[str, str], Answer]  # Name and type; the DNS is asked afresh, for some seconds at most.
    exchanges: tuple[str, ...]  # The hosts that clients' MX records should name.
    message_log: Callable[[], MessageLog]  # The calling thread's own.


def hand_over(backends: Backends) -> None:
    """Use these from now on."""
    _handed_over[:] = [backends]


def backends() -> Backends:
    """What was handed over."""
    return _handed_over[-1]
