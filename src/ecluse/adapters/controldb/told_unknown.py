"""Recipients that their servers do not know, told to the control database."""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.adapters.controldb.database import Database
from ecluse.domain.log_row import MAX_ADDRESS
from ecluse.domain.suppression import UnknownRecipient

MAX_ANSWER = 500  # Characters.


class ControlToldUnknown:
    """The port `ToldUnknown`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell(self, recipients: Iterable[UnknownRecipient]) -> None:
        """See `ToldUnknown.tell`; one that grew too long by `Address.key` is on no list."""
        with self._database.transaction() as transaction:
            for each in recipients:
                if len(each.recipient) > MAX_ADDRESS:
                    continue
                transaction.run(
                    "tell_unknown_recipient",
                    client=each.client,
                    recipient=each.recipient,
                    message=each.message_id,
                    at=each.at,
                    answer=each.answer.replace("\0", "\ufffd")[:MAX_ANSWER],
                    no=False,
                )
