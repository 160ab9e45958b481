"""What each job of `ecluse worker` is for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

JOBS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "sessions": _("Ends sessions in which nobody has done anything for long"),
        "broken glass": _("Ends what was lent to the provider's people for a time"),
        "held mail": _("Ends what has reached its term: held mail, orders, list entries"),
        "told": _("Forgets what clients' servers were told long ago"),
        "backlogs": _("Forgets the queues of nodes that came back no more"),
        "audit trail": _("Deletes entries of the audit trail after a year, and signs where it begins now"),
        "requests": _("Reminds the provider's people of requests about personal data, and forgets old ones"),
        "registers": _(
            "Tells clients of incidents that affected them, and of requisitions; the provider's owners of every incident"
        ),
        "ended clients": _("Deletes what clients had set up, ninety days after their service has ended"),
        "old rows": _(
            "Deletes sign-ins, invitations and objections after a year, and addresses found that nobody took over"
        ),
        "purge clocks": _("Notes the runs of the purge clocks, and says where one stands still"),
        "busy days": _("Counts messages of each address by day, and puts what is too much into cases"),
        "sending limits": _("Tells clients which sending limits are near or reached, and forgets them after a week"),
        "late flags": _("Looks for who had already received what is now known for what it is, and opens a case"),
        "locks": _("Tells people of new locks of senders, and puts them into cases"),
        "approvals": _("Tells who may approve outbound mail that some waits"),
        "found addresses": _("Tells who keeps a client's list of addresses, once a week at most, that found ones wait"),
        "listings": _("Tells the provider's owners of nodes that send from addresses on blacklists"),
        "suppression": _("Puts recipients whom their servers do not know on clients' lists, and forgets old lines"),
        "contracts": _(
            "Invoices contracts, renews those whose period is over, and ends those of which notice was given"
        ),
        "changes": _("Mails clients' owners what their provider changes"),
        "service letters": _(
            "Tells clients that their service will end and their mail must be led elsewhere, that it was suspended, or is there again"
        ),
        "access": _("Ends sessions and webhooks of clients whose contract is over"),
        "invoices": _("Draws invoices and mails them to clients"),
        "late payment": _(
            "Reminds clients of what is not paid, proposes what comes next, and counts what that costs them"
        ),
        "books": _("Validates entries of the books, each once, and numbers them"),
        "support mail": _("Puts mail to support into tickets, and mails what is answered"),
        "support reminders": _(
            "Reminds who has not answered a request: the people of the provider, or the client; silence after that solves it"
        ),
        "old tickets": _("Closes tickets that were solved long ago, and forgets who asked after the contract"),
        "servers": _("Gives new clients their two servers, and looks each day whether their MX records name both"),
        "months": _("Closes months of the SLA, and opens what they broke for the clients' choice"),
        "complaints": _("Puts what others complain of into cases, and forgets old ones"),
        "digests": _("Mails digests to users"),
        "directories": _("Reads clients' addresses from their directories"),
        "lesson folders": _("Reads folders of clients' mailboxes that teach their filters"),
        "signing keys": _(
            "Looks for clients' signing keys in the DNS, takes them into use, makes new ones, and forgets what others reported of domains three months ago"
        ),
        "letters": _("Mails links to sign in, and answers to requests"),
        "challenges": _("Mails to proven senders where their held messages may be released"),
        "webhooks": _("Tells clients' servers what happened"),
    }
)
