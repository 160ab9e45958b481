"""What a contract may go through: one table (3-1, 3-14 to 3-18, 6-9, 6-10, 16-1, 16-2)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from ecluse.domain.errors import Impossible
from ecluse.domain.policy import ServiceState


class ContractState(StrEnum):
    """Where a contract stands."""

    DRAFTED = "drafted"
    SENT = "sent"  # Quote and order form are with the client.
    ACCEPTED = "accepted"  # By the client; the provider has not answered yet.
    ACTIVE = "active"
    NOTICE = "notice"  # In force until its period ends, and then over.
    SUSPENDED = "suspended"
    ENDED = "ended"  # With its period.
    TERMINATED = "terminated"  # Before.
    WITHDRAWN = "withdrawn"  # It never came into force.


class Step(StrEnum):
    """What moves it."""

    SEND = "send"
    REVISE = "revise"
    ACCEPT = "accept"  # The client.
    START = "start"  # The provider accepts, too: the term begins.
    WITHDRAW = "withdraw"
    GIVE_NOTICE = "give-notice"
    SUSPEND = "suspend"
    RESUME = "resume"
    RESUME_IN_NOTICE = "resume-in-notice"
    RENEW = "renew"
    END = "end"
    TERMINATE = "terminate"


_S = ContractState
NEXT: Mapping[tuple[ContractState, Step], ContractState] = MappingProxyType(
    {
        (_S.DRAFTED, Step.SEND): _S.SENT,
        (_S.DRAFTED, Step.WITHDRAW): _S.WITHDRAWN,
        (_S.SENT, Step.REVISE): _S.DRAFTED,
        (_S.SENT, Step.ACCEPT): _S.ACCEPTED,
        (_S.SENT, Step.WITHDRAW): _S.WITHDRAWN,
        (_S.ACCEPTED, Step.START): _S.ACTIVE,
        (_S.ACCEPTED, Step.WITHDRAW): _S.WITHDRAWN,
        (_S.ACTIVE, Step.RENEW): _S.ACTIVE,
        (_S.ACTIVE, Step.GIVE_NOTICE): _S.NOTICE,
        (_S.ACTIVE, Step.SUSPEND): _S.SUSPENDED,
        (_S.ACTIVE, Step.TERMINATE): _S.TERMINATED,
        (_S.NOTICE, Step.SUSPEND): _S.SUSPENDED,
        (_S.NOTICE, Step.TERMINATE): _S.TERMINATED,
        (_S.NOTICE, Step.END): _S.ENDED,
        (_S.SUSPENDED, Step.RESUME): _S.ACTIVE,
        (_S.SUSPENDED, Step.RESUME_IN_NOTICE): _S.NOTICE,
        (_S.SUSPENDED, Step.GIVE_NOTICE): _S.SUSPENDED,  # Who is suspended may leave, too.
        (_S.SUSPENDED, Step.RENEW): _S.SUSPENDED,
        (_S.SUSPENDED, Step.TERMINATE): _S.TERMINATED,
        (_S.SUSPENDED, Step.END): _S.ENDED,
    }
)
IN_FORCE = (_S.ACTIVE, _S.NOTICE, _S.SUSPENDED)
OVER = (_S.ENDED, _S.TERMINATED)

# What the gateway is told; a contract that never came into force says nothing.
SERVED: Mapping[ContractState, ServiceState] = MappingProxyType(
    {
        _S.ACTIVE: ServiceState.ACTIVE,
        _S.NOTICE: ServiceState.ACTIVE,
        _S.SUSPENDED: ServiceState.SUSPENDED,
        _S.ENDED: ServiceState.ENDED,
        _S.TERMINATED: ServiceState.ENDED,
    }
)


class OutOfTurn(Impossible):
    """The contract is not where that can be done."""


def after(state: ContractState, step: Step) -> ContractState:
    """Where the step leads. Raises `OutOfTurn`."""
    found = NEXT.get((state, step))
    if found is None:
        raise OutOfTurn(f"{step} of a contract that is {state}")
    return found


def steps_from(state: ContractState) -> tuple[Step, ...]:
    """What may be done with it."""
    return tuple(step for (start, step) in NEXT if start is state)
