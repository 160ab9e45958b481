"""What keeps a wrong verdict from counting as one, read from what was found at receipt; pure (1-2, 1-9, 1-11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from ecluse.domain.event import MessageEvent
from ecluse.domain.order import Releaser
from ecluse.domain.personal_data import ERASED
from ecluse.domain.verdict import Category


class Exclusion(StrEnum):
    """Why it does not count."""

    ON_BLOCK_LIST = "on-block-list"  # The sender is on the client's own block list (1-11).
    CORRUPTED = "corrupted"  # Sent from, or naming, a corrupted computer or domain (1-8, 1-11).
    FORWARDED = "forwarded"  # Sent on by a third party (1-2d, 1-11).
    RELEASED_BY_SENDER = "released-by-sender"  # 1-9.
    ON_ALLOW_LIST = "on-allow-list"  # The sender is on the client's own allow list (1-2a).
    RELEASED = "released"  # By a recipient or an administrator (1-2b).
    FILTER_OFF = "filter-off"  # The client switched the recipient's filter off (1-2c).


_FORWARDED = {"LIST_FORWARD": Exclusion.FORWARDED, "ARC_OVERRIDE": Exclusion.FORWARDED}
_OF_BLOCKED: Mapping[str, Exclusion] = MappingProxyType(
    {
        "CLIENT_BLOCK": Exclusion.ON_BLOCK_LIST,
        "CLIENT_BLOCK_ADDRESS": Exclusion.ON_BLOCK_LIST,
        "USER_BLOCK": Exclusion.ON_BLOCK_LIST,
        "CORRUPTED": Exclusion.CORRUPTED,
        **_FORWARDED,
    }
)
_OF_PASSED: Mapping[str, Exclusion] = MappingProxyType(
    {
        "CLIENT_ALLOW": Exclusion.ON_ALLOW_LIST,
        "CLIENT_ALLOW_ADDRESS": Exclusion.ON_ALLOW_LIST,
        "USER_ALLOW": Exclusion.ON_ALLOW_LIST,
        **_FORWARDED,
    }
)


def exclusions_of(events: Iterable[MessageEvent], recipient: str, *, is_blocked: bool) -> tuple[Exclusion, ...]:
    """Of one recipient's verdict, each once, in the order of the enumeration."""
    found: set[Exclusion] = set()
    table = _OF_BLOCKED if is_blocked else _OF_PASSED
    for event in events:
        mine = [one for one in event.recipients if one.address.casefold() == recipient]
        codes = (text.partition(":")[0] for one in mine for text in one.findings)
        found |= {table[code] for code in codes if code in table}
        # Nobody knows any more which of them was his who has been erased: what freed the message has freed his copy.
        its_own = event.recipients if is_blocked and recipient.startswith(ERASED) else mine
        found |= _by_fate(event, [one.category for one in its_own], is_blocked=is_blocked)
    return tuple(each for each in Exclusion if each in found)


def _by_fate(event: MessageEvent, categories: list[str], *, is_blocked: bool) -> set[Exclusion]:
    """What was called no spam for one of its recipients is none for the others (1-2b)."""
    if is_blocked:
        return {Exclusion.RELEASED_BY_SENDER} if categories and event.released_by == Releaser.SENDER else set()
    if event.released_by in (Releaser.RECIPIENT, Releaser.ADMINISTRATOR):
        return {Exclusion.RELEASED}
    return {Exclusion.FILTER_OFF} if not event.released_by and Category.NOT_FILTERED in categories else set()
