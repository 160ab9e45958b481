"""Asking a next hop whether it would take mail for an address: a transaction that is broken off before DATA."""

from __future__ import annotations

from ecluse.domain.address import Address
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.errors import Impossible
from ecluse.domain.reply import Reply
from ecluse.mta.delivery.connection import Connection
from ecluse.mta.delivery.limits import NextHopLimits
from ecluse.wire.smtp.client import RSET, envelope_commands


async def probe(connection: Connection, address: Address, limits: NextHopLimits, deadline: float) -> Reply | None:
    """The reply to RCPT from the null sender, or None: the server is silent, or minds the sender or the spelling.

    Afterwards the connection is either good for the next transaction or in trouble.
    """
    capabilities = connection.session.capabilities
    try:
        commands = envelope_commands(Envelope(None, (Recipient(address),)), capabilities, 0)
    except Impossible:
        return None
    connection.transactions += 1
    if capabilities.pipelining:
        # RSET ends the transaction whatever was said before (RFC 2920 section 3.1).
        replies = await connection.ask((*commands, RSET), limits.envelope_timeout_s, deadline)
    else:
        replies = await _ask_one_by_one(connection, (*commands, RSET), limits, deadline)
    if len(replies) < 3 or not replies[2].is_positive:
        connection.abort()
    has_sender = bool(replies) and replies[0].is_positive
    return replies[1] if has_sender and len(replies) > 1 and replies[1].code != 421 else None


async def _ask_one_by_one(
    connection: Connection, commands: tuple[bytes, ...], limits: NextHopLimits, deadline: float
) -> list[Reply]:
    replies: list[Reply] = []
    for command in commands:
        replies += await connection.ask((command,), limits.envelope_timeout_s, deadline)
    return replies
