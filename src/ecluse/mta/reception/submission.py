"""One outbound transaction, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ecluse.domain.account import Account
from ecluse.domain.connector import Connector
from ecluse.domain.forwarded import Forwarded
from ecluse.domain.policy import Policy, ServiceState
from ecluse.domain.reply import Reply
from ecluse.mta.reception import answers

NOBODY = Policy(client="", domain="", routes=())  # Judges until it is known whose the message is.


@dataclass(frozen=True, slots=True)
class Submission:
    """What MAIL has shown of it, or at the end of DATA the message."""

    policy: Policy  # Of the sender's domain; without a domain where only the message itself can tell.
    account: Account
    connector: Connector | None = None  # None: a network of the node's settings, or a token is awaited.
    awaits_token: bool = False
    refusal: Reply | None = None  # What the end of DATA is answered, unless the message shows that it is forwarded.
    forwarded: Forwarded | None = None  # Known at the end of DATA.

    @property
    def client(self) -> str:
        """The client whose it is; "" where that is not known yet, or it is the provider's own."""
        return self.policy.client


def not_served(policy: Policy) -> Reply | None:
    """Why the client of that policy may send nothing now; None = it may."""
    if policy.state is ServiceState.SUSPENDED:
        return answers.SUSPENDED
    if policy.state is not ServiceState.ACTIVE:
        return answers.SERVICE_ENDED
    return None if policy.sends_outbound else answers.NO_OUTBOUND


def outbound(policy: Policy) -> Policy:
    """A client may let all mail in; what it sends is looked at for the sake of everybody else, whoever gets it."""
    return replace(policy, is_filtered=True, unfiltered=frozenset(), spares_postmaster=False)
