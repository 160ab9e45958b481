"""The words in which each part of Écluse declares what it holds of people (GDPR art. 30; 15-1 to 15-8).

A declaration is a table: the store, what it is for, on what legal ground, how long, and for every field that could hold
personal data whether it does, whose, and what becomes of it when that person asks to be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ERASED = "erased-"  # So begins what stands where somebody was named.


class Whose(StrEnum):
    """Of whom it says something."""

    USER = "user"  # Who has a mailbox at a client.
    CORRESPONDENT = "correspondent"  # Who writes to a client's users, or is written to.
    MEMBER = "member"  # Who signs in: people of clients and of the provider.
    ANYBODY = "anybody"  # Free words.


class Purpose(StrEnum):
    """What it is for."""

    FILTERING = "filtering"
    DELIVERY = "delivery"
    QUARANTINE = "quarantine"
    SIGN_IN = "sign-in"
    PROOF = "proof"  # Of who did what (4-5 to 4-7), of what happened to a message (15-8).
    ABUSE = "abuse"
    CONTRACT = "contract"
    INVOICING = "invoicing"
    OPERATION = "operation"
    PRIVACY = "privacy"  # Rights of people, incidents, requisitions.


class Basis(StrEnum):
    """On what ground it is held."""

    INSTRUCTION = "instruction"  # For the client, who answers for it (GDPR art. 28).
    CONTRACT = "contract"  # Art. 6(1)(b).
    OBLIGATION = "obligation"  # Art. 6(1)(c).
    INTEREST = "interest"  # Art. 6(1)(f).


class Kept(StrEnum):
    """How long."""

    WHILE_USED = "while-used"  # Until somebody at the client, or the person himself, takes it away.
    SOON_OVER = "soon-over"  # Ends by itself within hours or days.
    MONTHS = "months"  # Within three months.
    BODIES = "bodies"  # 30 days at most (15-4).
    LOGS = "logs"  # 365 days at most (15-7, 15-8).
    CONTRACT = "contract"  # The contract and five years (Code civil art. 2224).
    BOOKS = "books"  # Ten years (Code de commerce art. L123-22).
    REGISTER = "register"  # Five years after it was closed (Code civil art. 2224).


class Holds(StrEnum):
    """What a field has of a person, and with it how he is found there."""

    ADDRESS = "address"  # A mail address, alone or in a label such as "person:ann@a.example".
    WORDS = "words"  # Text in which he may be named.
    PLAIN = "plain"  # JSON in which he may be named.
    BESIDE = "beside"  # His name, IP address or device: found with the row, not by itself.
    PERSON = "person"  # A key to the person.
    SEALED = "sealed"  # Unreadable here; found with the row.


class Erasing(StrEnum):
    """What becomes of it when he asks to be forgotten."""

    ROW = "row"  # The whole row goes.
    UNNAMED = "unnamed"  # The row stays, a word stands where he was named.
    EMPTIED = "emptied"  # The row stays, the field is emptied.
    SERVICE = "service"  # Goes by an act of its own, since others must hear of it: `control/privacy/erasing.py`.
    ALONG = "along"  # With the row, or with what it hangs on.
    LAPSES = "lapses"  # Not singled out; it ends by itself at its term.
    KEPT = "kept"  # A law, or a proof, keeps it until its term.


@dataclass(frozen=True, slots=True)
class Personal:
    """A field that holds personal data."""

    field: str
    holds: Holds
    whose: Whose
    erasing: Erasing
    why: str = ""  # It is kept, or lapses; in words for whoever reads the report of an erasure.
    is_correctable: bool = False  # He may have it put right (GDPR art. 16): how he is called, which proves nothing.


@dataclass(frozen=True, slots=True)
class Impersonal:
    """A field that could hold personal data by its type, and does not."""

    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Store:
    """A model ("app.Model"), or a store outside of the database ("journal"), and what it has of people."""

    name: str
    purpose: Purpose
    basis: Basis
    kept: Kept
    fields: tuple[Personal | Impersonal, ...]

    @property
    def personal(self) -> tuple[Personal, ...]:
        """Those that hold personal data."""
        return tuple(each for each in self.fields if isinstance(each, Personal))

    @property
    def declared(self) -> frozenset[str]:
        """All that something was said of."""
        return frozenset(each.field for each in self.fields)
