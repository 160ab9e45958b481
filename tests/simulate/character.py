"""Who the clients are: drawn once from the seed, and so the same in every run."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, auto
from zoneinfo import ZoneInfo

from ecluse.control.contracts.price_grid import Bundle
from ecluse.control.contracts.terms import MONTHS

_ZONES = ("Europe/Paris",) * 8 + ("America/Martinique", "Indian/Reunion")
_JOIN_WITHIN_DAYS = 540
_AT_ONCE = 10  # The first of them begin side by side, for a year: what a year brings is seen in little more than one.


class Payer(Enum):
    """How somebody pays."""

    IN_TIME = auto()
    LATE = auto()
    IN_PARTS = auto()
    NEVER = auto()


class Parting(Enum):
    """What somebody does near the end of a period."""

    STAY = auto()
    LEAVE = auto()  # By a letter in time.
    TOO_LATE = auto()  # By one that is not.


class Trouble(Enum):
    """What comes between the two in the middle of a period."""

    NONE = auto()
    BREACH_REPAIRED = auto()
    BREACH = auto()
    HARM = auto()  # Suspended at once, and served again after some days (16-2).
    AGREED = auto()  # Both want it to end.


@dataclass(frozen=True, slots=True)
class Character:
    """One client."""

    number: int
    name: str
    joins: date
    zone: ZoneInfo
    bundle: Bundle
    addresses: int
    users: int  # Whose addresses the gateway is told; 0: nobody knows them.
    domains: tuple[str, ...]
    refused_domains: tuple[str, ...]
    months: int
    options: tuple[str, ...]
    lets_offer_expire: bool
    buyer_known_after: timedelta
    mistypes_mailbox: bool
    comes_back: bool


def draw(seed: str, number: int, first_day: date) -> Character:
    """The client of this number."""
    dice = random.Random(f"{seed}/{number}/character")
    name = f"Client {number:03d}"
    domains = tuple(f"c{number:03d}-{each}.example" for each in range(dice.choice((1, 1, 1, 2, 3))))
    addresses = dice.randint(1, 80)
    return Character(
        number=number,
        name=name,
        joins=first_day + timedelta(days=_joins(dice, number)),
        zone=ZoneInfo(dice.choice(_ZONES)),
        bundle=dice.choice(tuple(Bundle)),
        addresses=addresses,
        users=dice.choice((0, min(addresses, dice.randint(1, 6)))),
        domains=domains,
        refused_domains=(f"bad{number:03d}.example",) if dice.random() < 0.1 else (),
        months=dice.choice(MONTHS) if number >= _AT_ONCE else MONTHS[0],
        options=("archive",) if dice.random() < 0.3 else (),
        lets_offer_expire=dice.random() < 0.1,
        buyer_known_after=timedelta(days=dice.choice((0, 0, 0, 10, 50))),
        mistypes_mailbox=dice.random() < 0.05,
        comes_back=dice.random() < 0.5,
    )


def _joins(dice: random.Random, number: int) -> int:
    return number if number < _AT_ONCE else int(_JOIN_WITHIN_DAYS * dice.random() ** 2)
