"""Copies of mail to the provider's support, for the agent to carry up: of what is accepted, and of what is released later."""

from __future__ import annotations

from ecluse.domain.address import Address
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta.reports.copies import ReportCopies
from ecluse.ports.report_inbox import ReportInbox


def support_copies(settings: Settings, inbox: ReportInbox) -> ReportCopies | None:
    """None where nobody carries its mail up to a console."""
    address = settings.support.address
    if address is None or settings.control.database is None:
        return None
    return ReportCopies(inbox, frozenset({Address.of(address).key}), what="support mail")
