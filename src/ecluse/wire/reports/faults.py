"""Why a report that someone sent us is not read."""

from __future__ import annotations

from ecluse.domain.errors import EcluseError


class UnreadableReport(EcluseError):
    """A report that we do not read; the two kinds below say why."""


class BrokenReport(UnreadableReport):
    """It is no report of its kind, or breaks the grammar of one."""


class OversizedReport(UnreadableReport):
    """It goes beyond a limit of ours: octets, ratio, members, depth or number of elements."""
