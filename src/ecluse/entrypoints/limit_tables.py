"""The tables about what accounts may send, and the terms made of them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from ecluse.domain.sending import MOST_ALIKE, SendingTerms
from ecluse.wire.rates import RateTable, rates


class OutboundLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one account of a client's may send before its mail is refused or deferred.

    Where nothing is written, an account may send 120, 2,000 and 10,000 messages and 1,000, 5,000 and 20,000 recipients
    within a minute, an hour and a day; and 30 in a hundred of a day's recipients may be unknown to their servers.
    """

    most_alike: Annotated[
        int,
        Meta(
            ge=1,
            le=MOST_ALIKE,
            description="Recipients of one message, or within 24 hours of near-identical ones, of one account. The next "
            "one is refused 550 5.7.1, and the account locked until an administrator unlocks it (3-11).",
        ),
    ] = MOST_ALIKE
    stop_bursts: Annotated[
        bool,
        Meta(
            description="An account that sends what its owner would not (to strangers, near-identical, from a new network, "
            "against its habits) is locked for four hours, and the next time until somebody unlocks it (3-12); false: "
            "only said in the log."
        ),
    ] = True
    account: Annotated[RateTable, Meta(description="Of one account.")] = RateTable(
        messages_per_minute=120,
        messages_per_hour=2_000,
        messages_per_day=10_000,
        recipients_per_minute=1_000,
        recipients_per_hour=5_000,
        recipients_per_day=20_000,
        unknown_percent=30,
    )
    domain: Annotated[RateTable, Meta(description="Of all accounts of one domain.")] = RateTable()
    client: Annotated[RateTable, Meta(description="Of all accounts of one client.")] = RateTable()


def sending_terms(limits: OutboundLimits) -> SendingTerms:
    """The same as the mail path knows it."""
    account, domain, client = map(rates, (limits.account, limits.domain, limits.client))
    return SendingTerms(limits.most_alike, account, domain, client, limits.stop_bursts)
