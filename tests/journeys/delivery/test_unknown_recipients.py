"""Recipients of an account's mail that their servers do not know are counted: the watch over accounts asks for them (3-12)."""

from __future__ import annotations

from ecluse.adapters.sqlite.quotas import SqliteQuotas
from ecluse.domain.account import Account
from ecluse.domain.address import Address
from ecluse.domain.event import Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import QueuedRecipient
from ecluse.domain.sending import DAY_S
from ecluse.mta.sent_counts import UNKNOWN, own_count
from tests.journeys.delivery.deliveries import Deliveries, server

ANN = Account("home", "ann@home.example")


async def test_who_is_not_there_counts_for_the_day_of_the_message_and_who_wants_no_spam_does_not(tmp_path):
    deliveries = Deliveries(tmp_path)
    yesterday = int(deliveries.now // DAY_S) - 1
    to = tuple(QueuedRecipient(Address(name, "away.example")) for name in ("gone", "bob", "strict"))
    says = {
        "RCPT gone@away.example": "550 5.1.1 no such user here",
        "RCPT strict@away.example": "550 5.7.1 looks like spam",
    }
    async with server(deliveries.world, says), deliveries.running():
        more = {"recipients": to, "account": ANN.name, "received_at": deliveries.now - DAY_S}
        message = await deliveries.keep(Direction.OUTBOUND, **more)
        await deliveries.until_fate(message, Ending.BOUNCED)
    quotas = SqliteQuotas(tmp_path / "quotas.sqlite", b"salt")
    assert await quotas.days(own_count(ANN, UNKNOWN), (yesterday, yesterday + 1)) == (1, 0)
    quotas.close()
