"""Mail to the provider's support that came to one node, carried up to the control database."""

from __future__ import annotations

from ecluse.adapters.controldb.database import Database
from ecluse.domain.support_mail import SupportMail


class ControlSupportDesk:
    """The port `SupportDesk`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, mail: SupportMail) -> bool:
        """See `SupportDesk.add`: the mail with its files, or nothing of it."""
        with self._database.transaction() as transaction:
            added = transaction.run(
                "add_support_mail",
                id=mail.id,
                received_at=mail.received_at,
                sender=mail.sender,
                sender_name=mail.sender_name,
                proven=mail.proven,
                subject=mail.subject,
                said=mail.text,
                message_id=mail.message_id,
                thread="\n".join(mail.thread),
                is_automatic=mail.is_automatic,
                left_out=mail.left_out,
                returned=mail.returned,
                no=False,
            )
            if not added:
                return False
            for number, file in enumerate(mail.files):
                transaction.run(
                    "add_support_file",
                    mail=mail.id,
                    number=number,
                    name=file.name,
                    kind=file.kind,
                    octets=file.octets,
                )
            return True

    def close(self) -> None:
        """Let go of the connection; the next use makes a new one."""
        self._database.close()
