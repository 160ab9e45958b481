"""The table about contracts."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class ContractSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Contracts with clients (article 3 of the contract)."""

    aliases_are_users: Annotated[
        bool,
        Meta(
            description="true: an address that is another name for a mailbox, or leads to a list, counts as a user: in what is "
            "used of what was ordered, and when a renewal counts anew. A domain that takes any address adds none by itself."
        ),
    ] = False
    suspends_for_volume: Annotated[
        bool,
        Meta(
            description="true: a client with a contract, of whose addresses one receives or sends more than 500 messages on a day, or all of them on "
            "average, is suspended at once (3-9), until one of your people serves it again; false: that is a case, and they decide."
        ),
    ] = False
