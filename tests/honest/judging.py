"""What honest mail is judged with: nobody is asked, the files are opened in a room, the default policy applies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ecluse.domain.address import Address
from ecluse.domain.envelope import Recipient
from ecluse.domain.policy import Policy
from ecluse.domain.verdict import Disposition
from ecluse.entrypoints.own_room import OwnRoom
from ecluse.entrypoints.scan import NoLists, ScanReport
from ecluse.filtering.collect import Sources
from ecluse.filtering.files import FileOpening
from ecluse.ports.opener import FileToOpen

POLICY = Policy("", "scan.invalid", ())
NOBODY = Recipient(Address("nobody", "scan.invalid"))


@asynccontextmanager
async def sources() -> AsyncIterator[Sources]:
    """The room ends with the block."""
    room = OwnRoom()
    try:
        # On a busy machine a room may need longer to begin than a message waits for its files.
        await room.open(FileToOpen(b"warm", "warm.txt"))
        yield Sources(NoLists(), None, "scan.invalid", files=FileOpening(room))
    finally:
        await room.close()


def is_delivered(report: ScanReport) -> bool:
    return report.verdict.disposition is Disposition.DELIVER
