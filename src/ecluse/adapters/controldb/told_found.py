"""Addresses that clients' own servers have confirmed, told to the control database."""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.adapters.controldb.database import Database
from ecluse.domain.found_address import FoundAddress
from ecluse.domain.log_row import MAX_ADDRESS

DAY_S = 86_400.0
# Of one client: what is more is told again with its next mail, once there is room.
MOST_A_DAY = 1_000
MOST = 20_000  # That nobody has taken over or dismissed.


class ControlToldFound:
    """Told by the agent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell(self, found: Iterable[FoundAddress]) -> None:
        """Those that are on their client's list, and what is too many, are passed over. Raises `Unavailable`.

        So is one that grew too long by `Address.key`: it is on no list.
        """
        with self._database.transaction() as transaction:
            for each in found:
                if len(each.address) > MAX_ADDRESS:
                    continue
                transaction.run(
                    "tell_found_address",
                    client=each.client,
                    domain=each.domain,
                    address=each.address,
                    at=each.at,
                    day_before=each.at - DAY_S,
                    most_a_day=MOST_A_DAY,
                    most=MOST,
                )
