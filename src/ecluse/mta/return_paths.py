"""Return paths, signed where clients want them, rewritten (SRS) where they forward; and their bounces' way home."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ecluse.domain.address import Address
from ecluse.domain.policy import Policy
from ecluse.domain.queue import QueuedMessage
from ecluse.mta.client_secret import client_secret
from ecluse.ports.policies import Policies
from ecluse.wire.return_path import ReturnPath, can_be_signed, is_signed
from ecluse.wire.srs import Srs, is_rewritten


@dataclass(frozen=True, slots=True)
class ReturnPaths:
    """Of one process."""

    policies: Policies
    node_key: bytes  # b"": nothing is signed or rewritten, and no bounce is refused.
    clock: Callable[[], float] = time.time

    def sign(self, message: QueuedMessage) -> QueuedMessage:
        """An outbound message as it is delivered. Raises `Unavailable`.

        A sender below a client's domain stays: where its bounces came to us, that name would be a domain of the client's,
        too; elsewhere nobody could read them.
        """
        if message.rewrites_in:
            return self._rewritten(message)
        policy = self.policies.domain(message.sender.domain) if message.sender else None
        if policy is None or message.sender is None or not self._signs(policy):
            return message
        return replace(message, sender=self._of(policy).signed(message.sender, self.clock()))

    def home_of(self, recipient: Address, policy: Policy, *, is_bounce: bool) -> Address | None:
        """To whom mail for this address of the client's goes; None for the bounce of a message that we have not sent.

        A return path that we have signed leads home also where the client wants none any more.
        """
        # Hardly any address is: no secret is made for the others.
        home = self._of(policy).read(recipient, self.clock()) if self.node_key and is_signed(recipient) else None
        if home is not None:
            return home
        is_foreign = is_bounce and self._signs(policy) and can_be_signed(recipient)
        return None if is_foreign else recipient

    def is_of_forwarded(self, recipient: Address) -> bool:
        """Whether it is a sender as we rewrite them: nobody's mailbox at the client."""
        return bool(self.node_key) and is_rewritten(recipient)

    def sender_of_forwarded(self, recipient: Address, policy: Policy) -> Address | None:
        """To whom the bounce of a message that the client has forwarded goes on; None where we have not rewritten it so."""
        return self._srs(policy.client).read(recipient, self.clock())

    def _rewritten(self, message: QueuedMessage) -> QueuedMessage:
        if message.sender is None or not self.node_key:
            return message
        sender = self._srs(message.client).rewritten(message.sender, message.rewrites_in, self.clock())
        return replace(message, sender=sender)

    def _srs(self, client: str) -> Srs:
        return Srs(client_secret(self.node_key, "srs", client))

    def _signs(self, policy: Policy) -> bool:
        # Who has his MX elsewhere would never see a bounce again: nobody there knows the name (2-5).
        has_both = policy.sends_outbound and policy.receives_inbound
        return bool(self.node_key) and policy.signs_return_path and has_both

    def _of(self, policy: Policy) -> ReturnPath:
        return ReturnPath(client_secret(self.node_key, "return path", policy.client))
