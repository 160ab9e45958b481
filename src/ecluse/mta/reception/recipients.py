"""What RCPT is answered: whose address it is, and whether we may take mail for it now."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ecluse.domain.address import Address
from ecluse.domain.envelope import Recipient
from ecluse.domain.policy import Policy, Route, ServiceState
from ecluse.domain.reply import Reply
from ecluse.filtering.collect import Served
from ecluse.mta.reception import answers, sending_answers
from ecluse.mta.reception.callout import Callout, Existence
from ecluse.mta.reception.submission import Submission
from ecluse.mta.return_paths import ReturnPaths
from ecluse.ports.outages import Outages
from ecluse.ports.policies import Policies
from ecluse.ports.suppressions import Suppressions
from ecluse.wire.smtp import replies
from ecluse.wire.smtp.client import Capabilities

Admission: TypeAlias = Served | Reply

SUSPENSION_GRACE_S = 5 * 86_400.0  # Design 6.3: a suspended client's senders wait five days before they are told no.


@dataclass(frozen=True, slots=True)
class Transaction:
    """The part of MAIL that decides about RCPT."""

    declared_size: int
    smtputf8: bool
    submission: Submission | None = None  # Outbound: who sends.
    is_bounce: bool = False  # The null sender: a bounce, or another automatic answer.
    first: Served | None = None  # The recipient that was accepted first: with it the others must go together.


@dataclass(frozen=True, slots=True)
class InboundRecipients:
    """RCPT for mail to our clients."""

    policies: Policies
    outages: Outages
    capabilities: Callable[[Route], Capabilities | None]
    hostname: str = ""
    postmaster: Address | None = None  # Who reads mail to the postmaster of the gateway itself.
    callout: Callout | None = None  # None: where a client's server should be asked, every address is taken.
    return_paths: ReturnPaths | None = None  # None: every bounce is taken.

    def admit(
        self, recipient: Recipient, transaction: Transaction, now: float
    ) -> Admission | Coroutine[Any, Any, Admission]:
        """The recipient with the policy that applies, or the answer that turns it away (design 6.3).

        A coroutine where the client's server has to be asked first.
        """
        if self.postmaster is not None and self._is_our_postmaster(recipient.address):
            recipient = replace(recipient, address=self.postmaster)
        address = recipient.address
        policy = self.policies.domain(address.domain)
        if policy is None or not policy.receives_inbound:  # Who bought outbound alone has his MX elsewhere (2-5).
            return replies.UNKNOWN_DOMAIN
        if policy.state is not ServiceState.ACTIVE:
            return _not_served(policy, now)
        if self.return_paths is not None and self.return_paths.is_of_forwarded(address):
            return _sent_on(self.return_paths, recipient, policy, transaction)
        home = self._home_of(address, policy, transaction)
        if home is None:
            return answers.FOREIGN_BOUNCE
        came_back = home != address
        address, recipient = home, replace(recipient, address=home)
        exists = policy.accepts_any_address or _is_postmaster(address) or self.policies.has_address(address)
        if not exists and not policy.verifies_addresses:
            return replies.UNKNOWN_ADDRESS
        if transaction.first is not None and not _go_together(transaction.first, policy):
            return replies.SECOND_CLIENT
        outage = self.outages.find(policy.domain)
        is_away = outage is not None and outage.refuses_new_mail(now)
        unable = answers.NEXT_HOP_AWAY if is_away else self._unable(policy, transaction)
        answer = unable or Served(recipient, policy, came_back)
        if exists or outage is not None or isinstance(answer, Reply):
            return answer
        return self._verified(answer)

    def _home_of(self, address: Address, policy: Policy, transaction: Transaction) -> Address | None:
        if self.return_paths is None or _is_postmaster(address):
            return address
        return self.return_paths.home_of(address, policy, is_bounce=transaction.is_bounce)

    def _verified(self, served: Served) -> Admission | Coroutine[Any, Any, Admission]:
        if self.callout is None:
            return served
        known = self.callout.known(served.policy, served.recipient.address)
        return _admission(served, known) if known is not None else self._ask(self.callout, served)

    async def _ask(self, callout: Callout, served: Served) -> Admission:
        return _admission(served, await callout.find(served.policy, served.recipient.address))

    def _is_our_postmaster(self, address: Address) -> bool:
        """RFC 5321 section 4.5.1: <postmaster> without a domain, or with our own name."""
        return _is_postmaster(address) and address.domain in {"", self.hostname}

    def _unable(self, policy: Policy, transaction: Transaction) -> Reply | None:
        """What the next hop is known to be unable to take is refused before the message is sent to us."""
        known = self.capabilities(policy.routes[0])
        if known is None:
            return None
        if known.size and transaction.declared_size > known.size:
            return replies.TOO_LARGE
        if transaction.smtputf8 and not known.smtputf8:
            return answers.NO_SMTPUTF8
        return None


@dataclass(frozen=True, slots=True)
class OutboundRecipients:
    """RCPT for mail from our clients: any recipient that is not on the client's list of suppressed ones."""

    suppressions: Suppressions

    def admit(self, recipient: Recipient, transaction: Transaction, now: float) -> Served | Reply:  # noqa: ARG002 - one signature for both doors.
        """The recipient with the policy of his sender, which judges."""
        if transaction.submission is None or not recipient.address.domain:
            return replies.UNKNOWN_ADDRESS
        policy = transaction.submission.policy
        line = self.suppressions.suppression(policy.client, recipient.address.key) if policy.suppresses else None
        return Served(recipient, policy) if line is None else sending_answers.suppressed(line)


def _admission(served: Served, existence: Existence) -> Admission:
    if existence is Existence.FOUND:
        return replace(served, is_found=True)
    if existence is Existence.TAKEN:
        return served
    return replies.UNKNOWN_ADDRESS if existence is Existence.UNKNOWN else answers.ASKED_TOO_MUCH


def _is_postmaster(address: Address) -> bool:
    """RFC 5321 section 4.5.1: every served domain has one."""
    return address.local.casefold() == "postmaster"


def _not_served(policy: Policy, now: float) -> Reply:
    if policy.state is ServiceState.SUSPENDED and now - policy.state_since < SUSPENSION_GRACE_S:
        return answers.SUSPENDED
    return answers.SERVICE_ENDED


def _sent_on(paths: ReturnPaths, recipient: Recipient, policy: Policy, transaction: Transaction) -> Admission:
    """The bounce of a message that the client has forwarded, to its original sender; it goes by itself."""
    sender = paths.sender_of_forwarded(recipient.address, policy) if transaction.is_bounce else None
    if sender is None:
        return replies.UNKNOWN_ADDRESS
    if transaction.first is not None:
        return replies.SECOND_CLIENT
    return Served(replace(recipient, address=sender), policy, goes_on=True)


def _go_together(first: Served, second: Policy) -> bool:
    """DATA has one answer, so one transaction has one client and one set of next hops (design 6.3)."""
    return not first.goes_on and (first.policy.client, first.policy.routes) == (second.client, second.routes)
