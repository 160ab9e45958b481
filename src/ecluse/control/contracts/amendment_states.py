"""What an amendment may go through: one table (17-1)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from ecluse.control.contracts.states import OutOfTurn


class AmendmentState(StrEnum):
    """Where an amendment stands."""

    DRAFTED = "drafted"
    SENT = "sent"  # It is with the client.
    ACCEPTED = "accepted"  # By the client; the provider has not signed yet.
    BEGUN = "begun"
    WITHDRAWN = "withdrawn"


class AmendmentStep(StrEnum):
    """What moves it."""

    SEND = "send"
    ACCEPT = "accept"  # The client.
    BEGIN = "begin"  # The provider signs, too: it holds from then on.
    WITHDRAW = "withdraw"


_S = AmendmentState
NEXT: Mapping[tuple[AmendmentState, AmendmentStep], AmendmentState] = MappingProxyType(
    {
        (_S.DRAFTED, AmendmentStep.SEND): _S.SENT,
        (_S.DRAFTED, AmendmentStep.WITHDRAW): _S.WITHDRAWN,
        (_S.SENT, AmendmentStep.ACCEPT): _S.ACCEPTED,
        (_S.SENT, AmendmentStep.WITHDRAW): _S.WITHDRAWN,
        (_S.ACCEPTED, AmendmentStep.BEGIN): _S.BEGUN,
        (_S.ACCEPTED, AmendmentStep.WITHDRAW): _S.WITHDRAWN,
    }
)
OPEN = (_S.DRAFTED, _S.SENT, _S.ACCEPTED)


def amended(state: AmendmentState, step: AmendmentStep) -> AmendmentState:
    """Where the step leads. Raises `OutOfTurn`."""
    found = NEXT.get((state, step))
    if found is None:
        raise OutOfTurn(f"{step} of an amendment that is {state}")
    return found


def amendment_steps(state: AmendmentState) -> tuple[AmendmentStep, ...]:
    """What may be done with it."""
    return tuple(step for (start, step) in NEXT if start is state)
