"""What a ticket may go through: one table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from ecluse.domain.errors import Impossible


class TicketState(StrEnum):
    """Where a ticket stands."""

    NEW = "new"  # Nobody of the provider's has taken it up.
    OPEN = "open"  # The provider's turn.
    WAITING = "waiting"  # The client's turn.
    SOLVED = "solved"  # Who writes once more opens it again.
    CLOSED = "closed"  # For good: who writes once more makes another one, which follows it.


class Step(StrEnum):
    """What moves it."""

    TAKE = "take"
    ANSWER = "answer"  # The provider.
    WRITE = "write"  # The client.
    SOLVE = "solve"
    REOPEN = "reopen"
    CLOSE = "close"


_S = TicketState
NEXT: Mapping[tuple[TicketState, Step], TicketState] = MappingProxyType(
    {
        (_S.NEW, Step.TAKE): _S.OPEN,
        (_S.NEW, Step.ANSWER): _S.WAITING,
        (_S.NEW, Step.WRITE): _S.NEW,
        (_S.NEW, Step.SOLVE): _S.SOLVED,
        (_S.OPEN, Step.TAKE): _S.OPEN,
        (_S.OPEN, Step.ANSWER): _S.WAITING,
        (_S.OPEN, Step.WRITE): _S.OPEN,
        (_S.OPEN, Step.SOLVE): _S.SOLVED,
        (_S.WAITING, Step.TAKE): _S.WAITING,
        (_S.WAITING, Step.ANSWER): _S.WAITING,
        (_S.WAITING, Step.WRITE): _S.OPEN,
        (_S.WAITING, Step.SOLVE): _S.SOLVED,
        (_S.SOLVED, Step.ANSWER): _S.SOLVED,  # A word more changes nothing about it.
        (_S.SOLVED, Step.WRITE): _S.OPEN,
        (_S.SOLVED, Step.REOPEN): _S.OPEN,
        (_S.SOLVED, Step.CLOSE): _S.CLOSED,
    }
)
# What the provider has still to do something about, the most urgent first.
PROVIDERS_TURN = (_S.NEW, _S.OPEN)
UNSOLVED = (*PROVIDERS_TURN, _S.WAITING)


class OutOfTurn(Impossible):
    """The ticket is not where that can be done."""


def after(state: TicketState, step: Step) -> TicketState:
    """Where the step leads. Raises `OutOfTurn`."""
    found = NEXT.get((state, step))
    if found is None:
        raise OutOfTurn(f"{step} of a ticket that is {state}")
    return found


def steps_from(state: TicketState) -> tuple[Step, ...]:
    """What may be done with it."""
    return tuple(step for (start, step) in NEXT if start is state)
