"""Who may do what: one table, read by pages, API and tests alike (4-2, 4-3, 14-2)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Permission(StrEnum):
    """One thing that somebody may do at a client."""

    SEE_CLIENT = "see-client"  # Dashboard, domains, addresses, lists, settings.
    CHANGE_DOMAINS = "change-domains"
    CHANGE_ADDRESSES = "change-addresses"
    CHANGE_LISTS = "change-lists"
    CHANGE_SETTINGS = "change-settings"
    SEE_LOG = "see-log"  # What became of messages: never their content.
    REPORT_VERDICTS = "report-verdicts"  # "This was wrong."
    SEE_CONTENT = "see-content"  # Held messages from within.
    RELEASE = "release"
    SEE_MEMBERS = "see-members"
    CHANGE_MEMBERS = "change-members"
    CHANGE_PROGRAMS = "change-programs"  # Keys of the API.
    CHANGE_WEBHOOKS = "change-webhooks"
    CHANGE_SENDING = "change-sending"  # Connectors, by what outbound mail comes in, and the client's rules for it.
    CHANGE_SIGN_IN = "change-sign-in"  # Whose word lets the client's own people in.
    SEE_AUDIT = "see-audit"
    SEE_BILLING = "see-billing"  # Contracts.
    ACCEPT_CONTRACTS = "accept-contracts"  # To bind the client.
    CONSENT = "consent"  # To a provider's person's look at content (14-3).
    OPEN_RIGHTS = "open-rights"  # Requests of the client's own people about their data (15-1), and what became of them.
    SEE_INCIDENTS = "see-incidents"  # Those that affected the client's data (15-12).
    OWN_MAIL = "own-mail"  # What concerns one's own address.
    ASK_SUPPORT = "ask-support"  # Tickets of one's own (5-1).
    FOLLOW_TICKETS = "follow-tickets"  # Everybody's at the client.
    # The provider's own: without a client.
    ANSWER_OBJECTIONS = "answer-objections"  # The other party of "this was wrong" (9-2).
    SEE_CLIENTS = "see-clients"
    CHANGE_CLIENTS = "change-clients"
    CHANGE_STAFF = "change-staff"
    CHANGE_CONTRACTS = "change-contracts"  # Offers, what becomes of contracts, prices and terms.
    BREAK_GLASS = "break-glass"  # Ask to act for a client, or to see its content (14-3).
    ANSWER_TICKETS = "answer-tickets"  # Of all clients; and whether one is billed (5-3).
    HANDLE_ABUSE = "handle-abuse"  # Complaints, and the cases that are made of them (3-9).
    HANDLE_RIGHTS = "handle-rights"  # What people ask about their data: search, export, erasure (15-1, 15-2).
    HANDLE_INCIDENTS = "handle-incidents"  # The register of security incidents (15-12).
    SEE_REQUISITIONS = "see-requisitions"  # What courts and administrations demand (15-10).
    SEE_NODES = "see-nodes"  # How nodes and jobs are, and what waits in the queues.
    RUN_NODES = "run-nodes"  # Orders to the queues.
    REPORT_PROBES = "report-probes"  # What a vantage point says of the nodes: for its key (9-8).
    DESTROY_KEYS = "destroy-keys"  # What is held for a client is then lost for good.


class Role(StrEnum):
    """What somebody is, to the provider or to one client."""

    PROVIDER_OWNER = "provider-owner"
    OPERATOR = "operator"
    SUPPORT = "support"
    BILLING = "billing"
    READER = "reader"
    RESELLER = "reseller"
    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    HELP_DESK = "help-desk"
    USER = "user"


_P = Permission
_READING = frozenset({_P.SEE_CLIENT, _P.SEE_LOG, _P.SEE_MEMBERS})
_RUNNING = _READING | {
    _P.CHANGE_DOMAINS,
    _P.CHANGE_ADDRESSES,
    _P.CHANGE_LISTS,
    _P.CHANGE_SETTINGS,
    _P.CHANGE_MEMBERS,
    _P.CHANGE_PROGRAMS,
    _P.CHANGE_WEBHOOKS,
    _P.CHANGE_SENDING,
    _P.REPORT_VERDICTS,
    _P.SEE_AUDIT,
}
_ASKING = frozenset({_P.ASK_SUPPORT, _P.FOLLOW_TICKETS})
_ADMINISTRATION = _RUNNING | _ASKING | {_P.SEE_INCIDENTS, _P.SEE_CONTENT, _P.RELEASE, _P.CONSENT, _P.OWN_MAIL}

# The provider's people see no content: that needs a reason, the client's consent and a trace (14-2, 14-3).
PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        # He lets in resellers, who ask support for their clients: nobody who lets in another of the provider's side may less.
        Role.PROVIDER_OWNER: _RUNNING
        | _ASKING
        | {
            _P.SEE_BILLING,
            _P.CHANGE_CONTRACTS,
            _P.SEE_CLIENTS,
            _P.CHANGE_CLIENTS,
            _P.CHANGE_STAFF,
            _P.BREAK_GLASS,
            _P.ANSWER_TICKETS,
            _P.HANDLE_ABUSE,
            _P.HANDLE_RIGHTS,
            _P.HANDLE_INCIDENTS,
            _P.SEE_INCIDENTS,
            _P.SEE_REQUISITIONS,
            _P.SEE_NODES,
            _P.RUN_NODES,
            _P.REPORT_PROBES,
            _P.DESTROY_KEYS,
            _P.ANSWER_OBJECTIONS,
        },
        Role.OPERATOR: _RUNNING
        | {
            _P.SEE_CLIENTS,
            _P.CHANGE_CLIENTS,
            _P.BREAK_GLASS,
            _P.ANSWER_TICKETS,
            _P.HANDLE_ABUSE,
            _P.HANDLE_RIGHTS,
            _P.HANDLE_INCIDENTS,
            _P.SEE_INCIDENTS,
            _P.SEE_NODES,
            _P.RUN_NODES,
            _P.REPORT_PROBES,
            _P.ANSWER_OBJECTIONS,
        },
        Role.SUPPORT: _READING
        | {
            _P.SEE_CLIENTS,
            _P.REPORT_VERDICTS,
            _P.SEE_AUDIT,
            _P.BREAK_GLASS,
            _P.ANSWER_TICKETS,
            _P.HANDLE_ABUSE,
            _P.SEE_NODES,
            _P.ANSWER_OBJECTIONS,
        },
        Role.BILLING: frozenset({_P.SEE_CLIENTS, _P.SEE_CLIENT, _P.SEE_BILLING, _P.CHANGE_CONTRACTS}),
        Role.READER: _READING | {_P.SEE_CLIENTS, _P.SEE_NODES},
        Role.RESELLER: _RUNNING | _ASKING | {_P.SEE_BILLING},
        # Whoever names the identity provider may become anybody of the client: none of the provider's side, no administrator.
        Role.OWNER: _ADMINISTRATION | {_P.SEE_BILLING, _P.ACCEPT_CONTRACTS, _P.CHANGE_SIGN_IN, _P.OPEN_RIGHTS},
        Role.ADMINISTRATOR: _ADMINISTRATION,
        Role.HELP_DESK: _READING | _ASKING | {_P.REPORT_VERDICTS, _P.OWN_MAIL},
        Role.USER: frozenset({_P.OWN_MAIL, _P.ASK_SUPPORT}),
    }
)

# What a provider's person may besides while he acts for a client: its administrator's work; content only by consent.
LENT_FOR_A_REASON = _RUNNING - {_P.CHANGE_MEMBERS, _P.CHANGE_PROGRAMS}
LENT_BY_CONSENT = LENT_FOR_A_REASON | {_P.SEE_CONTENT}
# While he sees the console as one named person: what that one may, as far as this. A person's own mail is content.
LENT_AS_SOMEBODY = LENT_FOR_A_REASON
LENT_AS_SOMEBODY_BY_CONSENT = LENT_BY_CONSENT | {_P.OWN_MAIL}

PROVIDER_ROLES = (Role.PROVIDER_OWNER, Role.OPERATOR, Role.SUPPORT, Role.BILLING, Role.READER)
CLIENT_ROLES = (Role.OWNER, Role.ADMINISTRATOR, Role.HELP_DESK, Role.USER, Role.RESELLER)

# They run clients that are not their own, and see no content of theirs.
PROVIDER_SIDE = frozenset({*PROVIDER_ROLES, Role.RESELLER})

# They reach every client, or may let others in: a password alone is not enough (4-4).
NEEDS_SECOND_FACTOR = PROVIDER_SIDE

# Whom each role may let in or send away. The provider's side lets in owners, who may more than itself; that nobody there
# becomes one is for `services` to see to.
GRANTABLE: Mapping[Role, frozenset[Role]] = MappingProxyType(
    {
        Role.PROVIDER_OWNER: frozenset(Role),
        Role.OPERATOR: frozenset(CLIENT_ROLES) - {Role.RESELLER},
        Role.RESELLER: frozenset(CLIENT_ROLES),
        Role.OWNER: frozenset(CLIENT_ROLES) - {Role.RESELLER},
        Role.ADMINISTRATOR: frozenset({Role.ADMINISTRATOR, Role.HELP_DESK, Role.USER}),
    }
)


def grantable(role: Role) -> frozenset[Role]:
    """Whom the role may let in."""
    return GRANTABLE.get(role, frozenset())
