"""What a client's server forwards: others wrote it, and it shows by its stamp that it came in here for that client (2-3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ecluse.domain.account import Account
from ecluse.domain.address import Address
from ecluse.domain.connector import Connector
from ecluse.domain.content import Content
from ecluse.domain.forwarded import Forwarded
from ecluse.domain.reply import Reply
from ecluse.filtering.identities import sender_domain
from ecluse.mta.reception import answers
from ecluse.mta.reception.stamps import Stamps
from ecluse.mta.reception.submission import NOBODY, Submission, not_served, outbound
from ecluse.mta.reception.submitter import Submitter
from ecluse.ports.connectors import Connectors
from ecluse.ports.policies import Policies
from ecluse.wire.mime.fields import HeaderSection
from ecluse.wire.srs import can_be_rewritten
from ecluse.wire.stamp import Stamp, has_stamp


@dataclass(frozen=True, slots=True)
class Forwarding:
    """The rules for servers that forward. All raise `Unavailable`."""

    policies: Policies
    connectors: Connectors
    stamps: Stamps

    def begin(self, submitter: Submitter, sender: Address) -> Submission | Reply | None:
        """Of a foreign sender; None where the connection proves nobody who may forward.

        Which of the client's domains it came in for is told by the message.
        """
        connector = self.by_connection(submitter)
        if connector is None:
            return None
        if not can_be_rewritten(sender):
            return answers.SENDER_NOT_REWRITABLE
        policy = replace(NOBODY, client=connector.client)
        return Submission(policy, _account(connector), connector, refusal=answers.NOT_RELAYED)

    async def end(
        self,
        section: HeaderSection,
        submission: Submission,
        sender: Address | None,
        submitter: Submitter,
        content: Content,
    ) -> Submission | Reply | None:
        """Of a message that came in for the client, whose server may forward; None where it does not show that."""
        connector = self.by_message(section, submission, submitter) if has_stamp(section) else None
        if connector is None:
            return None
        stamp = await self.stamps.read(connector.client, section, content)
        policy = self.policies.domain(stamp.domain) if stamp else None
        if stamp is None or policy is None or policy.client != connector.client:
            return None
        forwarded = _forwarded(stamp, submission, sender)
        known = Submission(outbound(policy), _account(connector), connector, forwarded=forwarded)
        return not_served(policy) or known

    def by_connection(self, submitter: Submitter, client: str = "") -> Connector | None:
        """The connector that may forward, where the connection proves one client and no other: this one, or any."""
        clients = submitter.clients(self.connectors)
        if len(clients) != 1 or client not in {"", *clients}:
            return None
        return next((one for one in submitter.proves(self.connectors, clients.pop()) if one.forwards), None)

    def by_message(self, section: HeaderSection, submission: Submission, submitter: Submitter) -> Connector | None:
        """The connector that may forward: the connection proves it, or the message's token for the envelope's client."""
        proven = self.by_connection(submitter, submission.client)
        if proven is not None or not (submission.awaits_token and submission.client):
            return proven
        shown = submitter.shows(self.connectors, section, submission.client)
        return shown if shown is not None and shown.forwards else None


def _forwarded(stamp: Stamp, submission: Submission, sender: Address | None) -> Forwarded:
    if sender is None or submission.policy.domain:  # Nobody, or the client's own: its server has rewritten it already.
        return Forwarded(is_sender_proven=True)
    return Forwarded(stamp.domain, sender_domain(sender) == stamp.proven_sender != "")


def _account(connector: Connector) -> Account:
    """One for all that a connector forwards: whoever wrote it is no account of the client's, nor is it written by one."""
    return Account(connector.client, f"forwarding: {connector.name.casefold()}", connector.name)
