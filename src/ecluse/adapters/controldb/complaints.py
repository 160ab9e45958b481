"""Complaints that came to one node, told to the control database."""

from __future__ import annotations

from ecluse.adapters.controldb.database import Database
from ecluse.domain.complaint import Complaint


class ControlComplaints:
    """The port `Complaints`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, complaint: Complaint) -> bool:
        """See `Complaints.add`."""
        with self._database.transaction() as transaction:
            added = transaction.run(
                "add_complaint",
                id=complaint.mail.id,
                client=complaint.mail.client,
                received_at=complaint.mail.received_at,
                reporter=complaint.mail.proven,
                kind=complaint.kind,
                domain=complaint.domain,
                source_ip=complaint.source_ip,
                incidents=complaint.incidents,
                recipient=complaint.recipient,
                author=complaint.author,
            )
            return added > 0

    def close(self) -> None:
        """Let go of the connection; the next use makes a new one."""
        self._database.close()
