"""What a key may do, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.control.accounts.roles import Permission

SCOPE_WORDS: Mapping[Permission, str | Promise] = MappingProxyType(
    {
        Permission.SEE_CLIENT: _("See domains, addresses, lists and settings"),
        Permission.CHANGE_DOMAINS: _("Change domains and routes"),
        Permission.CHANGE_ADDRESSES: _("Change addresses"),
        Permission.CHANGE_LISTS: _("Change allow and block lists"),
        Permission.CHANGE_SETTINGS: _("Change settings of the filter, the quarantine and digests"),
        Permission.SEE_LOG: _("See what became of messages, and what is held"),
        Permission.REPORT_VERDICTS: _("Report wrong verdicts"),
        Permission.SEE_CONTENT: _("See subjects and held messages from within"),
        Permission.RELEASE: _("Release and delete held messages"),
        Permission.SEE_MEMBERS: _("See people"),
        Permission.CHANGE_MEMBERS: _("Invite and dismiss people"),
        Permission.CHANGE_WEBHOOKS: _("Change webhooks"),
        Permission.CHANGE_SENDING: _("Change outbound connectors and rules"),
        Permission.SEE_AUDIT: _("See the audit trail"),
        Permission.SEE_BILLING: _("See contracts, invoices and the account"),
        Permission.ACCEPT_CONTRACTS: _(
            "Choose what the contract gives a right to, keep true as what the client is invoiced, and hand in what was signed"
        ),
        Permission.CHANGE_CONTRACTS: _("Work on invoices, payments, notices of late payment and the books"),
        Permission.ASK_SUPPORT: _("Ask support"),
        Permission.FOLLOW_TICKETS: _("See and write in everybody's requests to support"),
        Permission.ANSWER_TICKETS: _("Answer clients' requests to support"),
        Permission.HANDLE_ABUSE: _("Work on abuse cases"),
        Permission.OPEN_RIGHTS: _("Ask, for the client's own people, what is held of them, or that they be erased"),
        Permission.HANDLE_RIGHTS: _("Work on what people ask about their data: search, export, erase"),
        Permission.SEE_INCIDENTS: _("See security incidents that affected the client"),
        Permission.HANDLE_INCIDENTS: _("See the register of security incidents, and write in it"),
        Permission.SEE_REQUISITIONS: _("See the register of requisitions, and write in it"),
        Permission.ANSWER_OBJECTIONS: _("Answer what clients call wrong"),
        Permission.CHANGE_CLIENTS: _("Add clients, suspend and end them"),
        Permission.SEE_NODES: _("See nodes, their queues, and jobs"),
        Permission.RUN_NODES: _(
            "Order queues, forget nodes, have jobs try again, give clients their servers, give up vantage points"
        ),
        Permission.REPORT_PROBES: _("Say what a vantage point finds of the nodes"),
    }
)
