"""How a campaign is counted: how many messages bear a fingerprint, from how many networks and senders to how many people.

Distinct ones are counted by linear counting (Whang 1990) over the counters port: each falls into one of `SLOTS` memories by its
hash, and how many of them are taken tells how many fell. A fingerprint that nobody else bears costs one memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log

from xxhash import xxh3_64_intdigest

from ecluse.domain.campaign import Spread
from ecluse.domain.history import CAMPAIGN_KEPT_S, Kind, Sighting
from ecluse.ports.counters import Counters

WINDOW_S = CAMPAIGN_KEPT_S / 2  # This window and the one before it are looked at.
SLOTS = 16
COUNTED_FROM = 6.0  # Below so many messages nobody asks from whom they came.
MAX_RECIPIENTS = 5  # Of one message that are noted.
NETWORKS, DOMAINS, RECIPIENTS = "n", "d", "r"


def messages(counters: Counters, fingerprint: str, now: float) -> float:
    """How many bear it, this one not counted. Raises `Unavailable`."""
    memories = (counters.find(Kind.CAMPAIGN, name) for name in _windows(fingerprint, now))
    return sum(memory.good for memory in memories if memory)


def spread(counters: Counters, fingerprint: str, count: float, now: float) -> Spread:
    """How far it has spread. Raises `Unavailable`."""
    if count < COUNTED_FROM:
        return Spread(count)
    return Spread(count, *(_distinct(counters, fingerprint, what, now) for what in (NETWORKS, DOMAINS, RECIPIENTS)))


def sightings(
    fingerprint: str, now: float, *, is_known: bool, network: str, domain: str, recipients: tuple[str, ...]
) -> Iterator[Sighting]:
    """What one message adds; of whom it came and to whom only when it is not the first."""
    window = next(_windows(fingerprint, now))
    yield Sighting(Kind.CAMPAIGN, window, now, good=1.0)
    if not is_known:
        return
    for what, name in (
        (NETWORKS, network),
        (DOMAINS, domain),
        *((RECIPIENTS, one) for one in recipients[:MAX_RECIPIENTS]),
    ):
        if name:
            slot = xxh3_64_intdigest(name.encode("utf-8", "replace")) % SLOTS
            yield Sighting(Kind.CAMPAIGN, _slot_name(window, what, slot), now, good=1.0)


def _distinct(counters: Counters, fingerprint: str, what: str, now: float) -> float:
    windows = tuple(_windows(fingerprint, now))
    taken = sum(
        any(counters.find(Kind.CAMPAIGN, _slot_name(window, what, slot)) for window in windows) for slot in range(SLOTS)
    )
    # All taken: as many as would leave half a slot free.
    return round(-SLOTS * log(max(0.5, SLOTS - taken) / SLOTS), 1)


def _windows(fingerprint: str, now: float) -> Iterator[str]:
    number = int(now // WINDOW_S)
    yield f"{fingerprint}\0{number}"
    yield f"{fingerprint}\0{number - 1}"


def _slot_name(window: str, what: str, slot: int) -> str:
    return f"{window}\0{what}{slot}"
