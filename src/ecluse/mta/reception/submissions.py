"""Whose an outbound message is: who may send as whom, and what a message has to show (part 6; 2-3).

Read `Submissions.begin`, which answers MAIL, then `Submissions.end`, which looks at the message itself. What a client's
server forwards has a foreign sender, author or both: `forwarding.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ecluse.domain.account import Account
from ecluse.domain.address import Address
from ecluse.domain.connector import AccountSource, Connector
from ecluse.domain.content import Content
from ecluse.domain.errors import Unavailable
from ecluse.domain.policy import Policy
from ecluse.domain.reply import Reply
from ecluse.mta.reception import answers
from ecluse.mta.reception.forwarding import Forwarding
from ecluse.mta.reception.networks import Networks
from ecluse.mta.reception.sending_limits import account_of_sender
from ecluse.mta.reception.submission import NOBODY, Submission, not_served, outbound
from ecluse.mta.reception.submitter import TOKEN_FIELD, Submitter
from ecluse.ports.connectors import Connectors
from ecluse.ports.policies import Policies
from ecluse.wire.mime.facts import authors_of
from ecluse.wire.mime.fields import HeaderSection, split_head, without_fields
from ecluse.wire.smtp import replies

MAX_ACCOUNT = 320  # Characters, as long as an address may be.
MAX_AUTHORS = 50  # Domains of authors that are looked for; nobody writes in the name of so many.
MAX_LABELS = 10  # So far up the tree a domain of the client is looked for.


@dataclass(frozen=True, slots=True)
class Arrived:
    """An outbound message that belongs to whom it says, without what was for us alone."""

    submission: Submission
    content: Content
    section: HeaderSection  # Of that content.


@dataclass(frozen=True, slots=True)
class Submissions:
    """The rules of the outbound doors."""

    policies: Policies
    connectors: Connectors
    trusted: Networks  # The provider's own machines: they send for every client.
    forwarding: Forwarding

    def is_known(self, ip: str) -> bool:
        """Whether a peer that cannot log in may stay: mail from its address might be a client's."""
        try:
            return ip in self.trusted or bool(self.connectors.of_network(ip)) or self.connectors.is_shared(ip)
        except Unavailable:
            return True  # MAIL is deferred then.

    def begin(self, submitter: Submitter, sender: Address | None) -> Submission | Reply:
        """Who sends, or the answer to MAIL that turns him away. Raises `Unavailable`."""
        if sender is None:
            return self._begin_for_nobody(submitter)
        policy = self._policy_over(sender.domain)
        connector = next(submitter.proves(self.connectors, policy.client), None) if policy else None
        may_be_anybodys = self._may_be_anybodys(submitter.ip)
        if policy is None or not (connector or may_be_anybodys):
            forwarded = self.forwarding.begin(submitter, sender)
            if forwarded is not None:
                return forwarded
            is_somebody = may_be_anybodys or any(submitter.proves(self.connectors))
            return answers.FOREIGN_SENDER if is_somebody else replies.LOG_IN_FIRST
        awaits_token = connector is None and submitter.ip not in self.trusted
        unlisted = self._not_listed(policy, connector, sender)
        may_forward = unlisted is not None and self.forwarding.by_connection(submitter, policy.client) is not None
        refusal = not_served(policy) or (None if may_forward else unlisted)
        return refusal or Submission(
            outbound(policy),
            _account(policy.client, connector, sender, submitter.ip),
            connector,
            awaits_token,
            refusal=unlisted,
        )

    async def end(
        self, submission: Submission, sender: Address | None, submitter: Submitter, content: Content
    ) -> Arrived | Reply:
        """The message as it goes on, or the answer to the end of DATA that refuses it. Raises `Unavailable`."""
        section = split_head(content)
        if section.exceeds_limits:  # Another author may stand in the rest.
            return answers.HEADER_TOO_LONG
        # What came in for the client is not its own, whomever it names: it is not signed.
        forwarded = await self.forwarding.end(section, submission, sender, submitter, content)
        known = forwarded or submission.refusal or self._of_client(section, submission, sender, submitter)
        if known == answers.FOREIGN_AUTHOR and self.forwarding.by_message(section, submission, submitter):
            return answers.NOT_RELAYED
        if isinstance(known, Reply):
            return known
        cleaned = without_fields(content, section, _ours(known.connector))
        return Arrived(known, cleaned, section if cleaned is content else split_head(cleaned))

    def _of_client(
        self, section: HeaderSection, submission: Submission, sender: Address | None, submitter: Submitter
    ) -> Submission | Reply:
        """Of a message that the client's own people wrote."""
        policy = self._of_author(section, submission, sender, submitter.ip)
        if isinstance(policy, Reply):
            return policy
        connector = submission.connector
        if connector is None and submitter.ip not in self.trusted:
            connector = self._shown_by(section, submission, submitter, policy.client)
            if connector is None:
                return answers.NO_TOKEN if submission.awaits_token else answers.FOREIGN_AUTHOR
            refusal = self._not_listed(policy, connector, sender) if sender else None
            if refusal is not None:
                return refusal
        account = _named(section, connector) or _account(policy.client, connector, sender, submitter.ip)
        return Submission(policy, account, connector)

    # -- who

    def _may_be_anybodys(self, ip: str) -> bool:
        """Whether mail from there may be any client's: the provider's own machines, and networks with tokens."""
        return ip in self.trusted or self.connectors.is_shared(ip)

    def _begin_for_nobody(self, submitter: Submitter) -> Submission | Reply:
        """The null sender: a bounce or an automatic answer of a client's server. Only its author tells whose."""
        is_trusted = submitter.ip in self.trusted
        is_shared = not is_trusted and self.connectors.is_shared(submitter.ip)
        found = () if is_trusted else tuple(submitter.names(self.connectors))
        if not (is_trusted or is_shared or found):
            return replies.LOG_IN_FIRST
        connector = found[0] if len({one.client for one in found}) == 1 and not is_shared else None
        client = connector.client if connector else ""
        account = _account(client, connector, None, submitter.ip)
        return Submission(replace(NOBODY, client=client), account, awaits_token=is_shared)

    def _shown_by(
        self, section: HeaderSection, submission: Submission, submitter: Submitter, client: str
    ) -> Connector | None:
        """The client's connector that the connection proves, or else the message's token."""
        proven = next(submitter.proves(self.connectors, client), None)
        if proven is not None or not submission.awaits_token:
            return proven
        return submitter.shows(self.connectors, section, client)

    # -- as whom

    def _of_author(
        self, section: HeaderSection, submission: Submission, sender: Address | None, ip: str
    ) -> Policy | Reply:
        """The policy that judges, where every author belongs to one client (aligned with the envelope)."""
        domains, is_ambiguous = authors_of(section)
        if sender is None and ip in self.trusted:
            return self._of_providers_bounce(domains, submission.policy)
        if is_ambiguous or not domains:
            return answers.NO_AUTHOR
        if len(domains) > MAX_AUTHORS:
            return answers.FOREIGN_AUTHOR
        found = [self._policy_over(domain) for domain in domains]
        first = submission.policy if sender else found[0]
        if first is None or any(one is None or one.client != first.client for one in found):
            return answers.FOREIGN_AUTHOR
        return first if sender else not_served(first) or outbound(first)

    def _of_providers_bounce(self, domains: tuple[str, ...], otherwise: Policy) -> Policy | Reply:
        """Of the provider's own machines, which need no client."""
        policy = self._policy_over(domains[0]) if domains else None
        if policy is None:
            return otherwise
        return not_served(policy) or outbound(policy)

    def _policy_over(self, domain: str) -> Policy | None:
        """The policy of the domain, else of the nearest one above it: servers send from names below it, too."""
        for _ in range(MAX_LABELS):
            policy = self.policies.domain(domain) if domain else None
            if policy is not None or "." not in domain:
                return policy
            domain = domain.partition(".")[2]
        return None

    def _not_listed(self, policy: Policy, connector: Connector | None, sender: Address) -> Reply | None:
        """Where the client has no list of its addresses, there is nothing to compare."""
        if connector is None or not connector.lists_senders or policy.accepts_any_address or policy.verifies_addresses:
            return None
        return None if self.policies.has_address(sender) else answers.UNLISTED_SENDER


def _account(client: str, connector: Connector | None, sender: Address | None, ip: str) -> Account:
    """Whom the envelope names; the connector, or the server, where it names nobody."""
    if connector is None:
        return account_of_sender(client, sender, ip)
    name = sender.key if sender else ""
    if not name or connector.account_from is AccountSource.LOGIN:
        name = connector.login or connector.name.casefold()
    return Account(client, name, connector.name)


def _named(section: HeaderSection, connector: Connector | None) -> Account | None:
    """Whom the client's server names in the field that it was told to."""
    if connector is None or connector.account_from is not AccountSource.HEADER:
        return None
    field = section.first(connector.account_header.lower().encode())
    text = field.value[: 4 * MAX_ACCOUNT].decode("utf-8", "replace").strip(" <>").casefold() if field else ""
    text = text[:MAX_ACCOUNT]
    return Account(connector.client, text, connector.name) if text.isprintable() and text else None


def _ours(connector: Connector | None) -> frozenset[bytes]:
    """The fields that were for us alone."""
    if connector is None or not connector.account_header or connector.keeps_account_header:
        return frozenset({TOKEN_FIELD})
    return frozenset({TOKEN_FIELD, connector.account_header.lower().encode()})
