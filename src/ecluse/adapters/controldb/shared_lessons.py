"""What nodes learn of each other by the control database."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import zstandard

from ecluse.adapters.controldb.database import Database, Transaction
from ecluse.domain.act import Act, Channel, Origin, Standing
from ecluse.domain.said import Said

MAX_TOKENS = 65_536  # Octets: what a message makes is some 12 kB, 40 kB at most.
_AT_ONCE = 500
_KEY_OCTETS = 16


class ControlSharedLessons:
    """The port `SharedLessons`."""

    def __init__(self, database: Database, node: str) -> None:
        self._database, self._node = database, node

    def voter_key(self) -> bytes:
        """See `SharedLessons.voter_key`."""
        with self._database.transaction() as transaction:
            transaction.run("make_voter_key", octets=os.urandom(_KEY_OCTETS))
            (octets,) = transaction.row("voter_key")
        return bytes(octets)

    def newest(self) -> Mapping[str, Iterable[Origin]]:
        """See `SharedLessons.newest`."""
        found: defaultdict[str, list[Origin]] = defaultdict(list)
        with self._database.transaction() as transaction:
            for client, node, log, number in transaction.rows("shared_logs", node=self._node):
                found[client].append(Origin(node, log, number))
        return found

    def numbers_after(self, client: str, place: Origin) -> list[int]:
        """See `SharedLessons.numbers_after`."""
        values = {"client": client, "node": place.node, "log": place.log, "after": place.number, "most": _AT_ONCE}
        with self._database.transaction() as transaction:
            return [number for (number,) in transaction.rows("shared_numbers", **values)]

    def read(self, client: str, origin: Origin) -> Said | None:
        """See `SharedLessons.read`."""
        values = {"client": client, "node": origin.node, "log": origin.log, "number": origin.number}
        with self._database.transaction() as transaction:
            rows = list(transaction.rows("shared_lesson", **values))
        try:
            return _said(client, origin, rows[0]) if rows else None
        except (ValueError, zstandard.ZstdError):  # Of a later release, or damaged.
            return None


def share(transaction: Transaction, client: str, act: Act, own: Origin, now: float) -> None:
    """Let the other nodes have an act that this one was told, where it counts; a taking back always."""
    if act.undoes:
        target = act.takes_back or Origin(own.node, own.log, act.undoes)
        transaction.run("unshare_lesson", client=client, node=target.node, log=target.log, number=target.number)
    elif act.standing is Standing.IGNORED or len(act.tokens) > MAX_TOKENS:
        return
    else:
        target = Origin("", "", 0)
    transaction.run(
        "share_lesson",
        client=client,
        node=own.node,
        log=own.log,
        number=own.number,
        at=act.at,
        told_at=now,
        channel=act.channel.value,
        voter=act.voter,
        message="" if act.undoes else act.message,
        is_spam=act.is_spam,
        tokens=zstandard.compress(act.tokens),
        tokens_version=act.tokens_version,
        target_node=target.node,
        target_log=target.log,
        target_number=target.number,
    )


def _said(client: str, origin: Origin, row: tuple[Any, ...]) -> Said:
    at, channel, voter, message, is_spam, tokens, version, *target = row
    return Said(
        client,
        Channel(channel),
        voter,
        message,
        is_spam=bool(is_spam),
        tokens=zstandard.decompress(bytes(tokens), max_output_size=MAX_TOKENS),
        tokens_version=version,
        origin=origin,
        at=at,
        takes_back=Origin(*target) if target[0] else None,
    )
