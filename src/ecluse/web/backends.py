"""What the console needs from outside; `entrypoints/web.py` hands it over when a process begins to serve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ecluse.control.mail.scoped_log import ScopedLog
from ecluse.domain.address import Address
from ecluse.domain.directory import DirectoryEntry, DirectoryQuestion
from ecluse.domain.dns import Answer
from ecluse.domain.evidence import ScanState
from ecluse.domain.lesson_folder import FolderNews, FolderQuestion
from ecluse.domain.stranger import Heard
from ecluse.ports.message_log import MessageLog

_handed_over: list[Backends] = []


@dataclass(frozen=True, slots=True)
class Backends:
    """Ports, as the console's synchronous pages use them."""

    look_up: Callable[[str, str], Answer]  # Name and type; the DNS is asked afresh, for some seconds at most.
    exchanges: tuple[str, ...]  # The hosts that clients' MX records should name.
    open_log: Callable[[], MessageLog]  # The calling thread's own.
    # A session of `requests` for the identity providers that clients name: bounded, and kept out of our own network.
    identity_session: Callable[[], Any]
    # Host, port, address: whether that server would take a stranger's mail for it; only servers in the Internet are asked.
    ask_as_stranger: Callable[[str, int, Address], Heard]
    read_directory: Callable[[DirectoryQuestion], tuple[DirectoryEntry, ...]]  # Raises `DirectoryFailed`.
    read_folders: Callable[[FolderQuestion], tuple[FolderNews, ...]]  # Raises `FolderFailed`.
    draw_pdf: Callable[[str], bytes] | None = None  # HTML as PDF/A; None where what draws is not installed.
    scan: Callable[[bytes], ScanState] | None = None  # What the virus scanner says of a file; None: there is none.

    def message_log(self) -> MessageLog:
        """Of the open scope's client."""
        return ScopedLog(self.open_log())


def hand_over(backends: Backends) -> None:
    """Use these from now on."""
    _handed_over[:] = [backends]


def backends() -> Backends:
    """What was handed over."""
    return _handed_over[-1]
