"""What the registers of privacy say, in words: stores, purposes, terms, steps."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from ecluse.control.privacy.incidents import Authority, Nature
from ecluse.control.privacy.requests import Channel, RequestState, Right
from ecluse.domain.personal_data import Basis, Erasing, Kept, Purpose, Whose

Words = str | Promise

RIGHTS: Mapping[str, Words] = MappingProxyType(
    {
        Right.ACCESS: _("to see what is held of him"),
        Right.ERASURE: _("to be erased"),
        Right.RECTIFICATION: _("to have something corrected"),
        Right.OBJECTION: _("objects to the use of his data"),
    }
)
STATES: Mapping[str, Words] = MappingProxyType(
    {
        RequestState.OPEN: _("identity to be checked"),
        RequestState.PROVEN: _("to be answered"),
        RequestState.ANSWERED: _("answered"),
        RequestState.REFUSED: _("refused"),
    }
)
CHANNELS: Mapping[str, Words] = MappingProxyType(
    {
        Channel.MAIL: _("by e-mail"),
        Channel.POST: _("by post"),
        Channel.PHONE: _("by phone"),
        Channel.CONSOLE: _("in the console, by the client"),
    }
)
CORRECTED: Mapping[str, Words] = MappingProxyType(
    {
        "tenants.Address.name": _("his name"),
        "accounts.User.name": _("his name"),
        "support.Ticket.requester_name": _("his name"),
    }
)
STEPS: Mapping[str, Words] = MappingProxyType(
    {
        "opened": _("entered"),
        "proven": _("identity checked"),
        "noted": _("noted"),
        "exported": _("data taken out"),
        "erased": _("erased, rows:"),
        "corrected": _("corrected:"),
        "answered": _("answered"),
        "refused": _("refused"),
    }
)
NATURES: Mapping[str, Words] = MappingProxyType(
    {
        Nature.CONFIDENTIALITY: _("confidentiality: somebody saw what he should not"),
        Nature.INTEGRITY: _("integrity: data were changed"),
        Nature.AVAILABILITY: _("availability: data were lost, or out of reach"),
    }
)
AUTHORITIES: Mapping[str, Words] = MappingProxyType(
    {
        Authority.UNDECIDED: _("not decided yet"),
        Authority.NEEDED: _("is to be told"),
        Authority.NOT_NEEDED: _("need not be told: no risk to anybody"),
    }
)
PURPOSES: Mapping[Purpose, Words] = MappingProxyType(
    {
        Purpose.FILTERING: _("filtering of mail"),
        Purpose.DELIVERY: _("delivery of mail"),
        Purpose.QUARANTINE: _("quarantine, and its digests"),
        Purpose.SIGN_IN: _("sign-in to the console"),
        Purpose.PROOF: _("proof of what was done, and of what happened to messages"),
        Purpose.ABUSE: _("work on abuse"),
        Purpose.CONTRACT: _("the contract"),
        Purpose.INVOICING: _("invoices and accounts"),
        Purpose.OPERATION: _("running of the service"),
        Purpose.PRIVACY: _("registers of data protection"),
    }
)
BASES: Mapping[Basis, Words] = MappingProxyType(
    {
        Basis.INSTRUCTION: _("on the client's instruction (GDPR art. 28)"),
        Basis.CONTRACT: _("the contract (GDPR art. 6(1)(b))"),
        Basis.OBLIGATION: _("a legal obligation (GDPR art. 6(1)(c))"),
        Basis.INTEREST: _("a legitimate interest: security, and proof (GDPR art. 6(1)(f))"),
    }
)
TERMS: Mapping[Kept, Words] = MappingProxyType(
    {
        Kept.WHILE_USED: _("until it is taken away"),
        Kept.SOON_OVER: _("hours or days"),
        Kept.MONTHS: _("three months at most"),
        Kept.BODIES: _("30 days at most"),
        Kept.LOGS: _("365 days at most"),
        Kept.CONTRACT: _("the contract and five years"),
        Kept.BOOKS: _("ten years"),
        Kept.REGISTER: _("five years after the case was closed"),
    }
)
PEOPLE: Mapping[Whose, Words] = MappingProxyType(
    {
        Whose.USER: _("people with a mailbox at the client"),
        Whose.CORRESPONDENT: _("people who write to them, or are written to"),
        Whose.MEMBER: _("people who sign in"),
        Whose.ANYBODY: _("anybody who is named in a text"),
    }
)
ERASINGS: Mapping[Erasing, Words] = MappingProxyType(
    {
        Erasing.ROW: _("deleted"),
        Erasing.UNNAMED: _("name taken out"),
        Erasing.EMPTIED: _("emptied"),
        Erasing.SERVICE: _("deleted"),
        Erasing.ALONG: _("deleted"),
        Erasing.LAPSES: _("goes by itself"),
        Erasing.KEPT: _("kept"),
    }
)
STORES: Mapping[str, Words] = MappingProxyType(
    {
        "tenants.Branding": _("Contact that users are shown"),
        "tenants.OldServer": _("Answers of former mail servers"),
        "tenants.Address": _("Mailboxes"),
        "accounts.SignInRequest": _("Links asked for by mail"),
        "axes.AccessFailureLog": _("Failed sign-ins"),
        "axes.AccessAttempt": _("Attempts to sign in"),
        "axes.AccessLog": _("Sign-ins"),
        "accounts.User": _("Accounts of the console"),
        "accounts.Membership": _("Roles"),
        "accounts.Invitation": _("Invitations"),
        "accounts.SignInLink": _("Links to sign in"),
        "accounts.Identity": _("Identities at the client's own provider"),
        "accounts.BreakGlass": _("Acts of the provider's people for a client"),
        "sessions.Session": _("Cookies of sessions"),
        "account.EmailAddress": _("Addresses of accounts"),
        "mfa.Authenticator": _("Second factors"),
        "socialaccount.SocialAccount": _("Sign-ins by the client's own provider"),
        "usersessions.UserSession": _("Sessions"),
        "signing.SendingRecord": _("DNS records of domains"),
        "sending.Connector": _("Connectors for outbound mail"),
        "suppression.SuppressedRecipient": _("Suppressed recipients"),
        "suppression.UnknownRecipient": _("Answers about unknown recipients"),
        "programs.ApiKey": _("Keys of programs"),
        "programs.KeptAnswer": _("Answers to programs"),
        "policies.ListEntry": _("Allow and block lists"),
        "policies.ClientWishes": _("Filter settings"),
        "policies.FilterWish": _("Filter settings of users"),
        "policies.PublishedObject": _("Settings at the nodes"),
        "policies.PolicyChange": _("Changes of settings for the nodes"),
        "mail.NodeOrder": _("Orders to the nodes"),
        "mail.HeldMessage": _("Held messages"),
        "mail.HeldCopy": _("Held messages, by recipient"),
        "mail.DeclinedRequest": _("Declined requests of release"),
        "mail.Objection": _("Objections to verdicts"),
        "mail.ChallengedSender": _("Senders who were written to"),
        "mail.DigestWish": _("Digest settings of users"),
        "mail.Digest": _("Digests sent"),
        "learning.Lesson": _("Lessons of the filter"),
        "learning.SharedLesson": _("Lessons of the filter, for the other nodes"),
        "directories.FoundAddress": _("Addresses that the client's own server has confirmed"),
        "directories.FoundLetter": _("Letters about such addresses"),
        "contracts.PriceList": _("Price lists"),
        "contracts.TermsOfSale": _("Terms of sale"),
        "tenants.DomainPermission": _("Domains that the provider approved or refused"),
        "contracts.NamedDomain": _("Domains of contracts"),
        "contracts.Acceptance": _("Acceptances of contracts"),
        "contracts.Move": _("History of contracts"),
        "contracts.ContractPaper": _("Papers of contracts"),
        "contracts.ChangeNotice": _("Changes told to clients"),
        "contracts.ChangeLetter": _("Letters about changes"),
        "contracts.NoticeAddress": _("Where letters about a service go besides"),
        "contracts.ServiceLetter": _("Letters about the end of a service, or its suspension"),
        "contracts.RefundRequest": _("Requests for a refund"),
        "billing.SellerVersion": _("The provider on invoices"),
        "billing.BuyerVersion": _("The client on invoices"),
        "billing.Invoice": _("Invoices"),
        "billing.InvoiceFile": _("Files of invoices"),
        "billing.PlatformEvent": _("Answers of the invoice platform"),
        "billing.Payment": _("Payments"),
        "billing.BankLine": _("Lines of bank statements"),
        "billing.Advance": _("Money paid in advance"),
        "billing.ComingLine": _("Lines of coming invoices"),
        "billing.KeyRate": _("Key rates of the central bank"),
        "billing.Notice": _("Letters about late payment"),
        "billing.AccountsVersion": _("Accounts of the books"),
        "billing.NoticePaper": _("Letters about late payment, on paper"),
        "billing.FinancialYear": _("Financial years"),
        "billing.BookEntry": _("Entries of the books"),
        "sla.ServerOutage": _("Outages entered by hand"),
        "sla.ForceMajeure": _("Force majeure, as it was entered"),
        "sla.ReceivedVirus": _("Viruses that were received"),
        "sla.Breach": _("Broken service levels"),
        "sla.BreachLetter": _("Letters about broken service levels"),
        "support.Ticket": _("Requests to support"),
        "support.Entry": _("What was written to support, and answered"),
        "support.LinkedMessage": _("Messages that requests to support are about"),
        "support.TicketFile": _("Files of requests to support"),
        "support.SupportMail": _("Mail to support that is to be sorted"),
        "support.SupportMailFile": _("Files of such mail"),
        "operation.ToldBacklog": _("Waiting mail, as the console shows it"),
        "abuse.Case": _("Abuse cases"),
        "abuse.CaseNote": _("Notes on abuse cases"),
        "abuse.ToldComplaint": _("Complaints about mail"),
        "abuse.LockLetter": _("Letters about locks"),
        "abuse.ToldLock": _("Locks of senders"),
        "abuse.LimitLetter": _("Letters about sending limits"),
        "abuse.ToldLimit": _("Sending limits that were near or reached"),
        "mail.LateFlag": _("Mail that was recognised after it had been received"),
        "abuse.BusyDay": _("Days with much mail of one address"),
        "privacy.PersonRequest": _("Requests about personal data"),
        "privacy.RequestStep": _("History of such requests"),
        "privacy.Incident": _("Security incidents"),
        "privacy.AffectedClient": _("Security incidents, by client"),
        "privacy.Requisition": _("Requisitions"),
        "privacy.EndedClient": _("Clients that have left, and why something of them is kept"),
        "privacy.ProtectionVersion": _("What the provider stated of data protection"),
        "privacy.RegisterLetter": _("Letters about incidents and requisitions"),
        "audit.Entry": _("Audit trail"),
        "message log": _("Log of messages"),
        "spool and held bodies": _("Waiting and held messages themselves"),
        "mail.ApprovalLetter": _("Letters about mail that waits for approval"),
        "learning": _("What users taught the filter"),
        "reports of others": _("Reports of others, and bounces that wait to be read"),
    }
)
# As the declarations say them, one by one: a test sees to it that none is missing.
WHYS = frozenset(
    {
        gettext_noop("a digest; gone after a day"),
        gettext_noop("a header; erased within 30 days (15-4)"),
        gettext_noop("of a bounce that waits some seconds to be read"),
        gettext_noop(
            "a file that came with a ticket: nobody is singled out in it; it ends some time after the ticket was closed"
        ),
        gettext_noop("a letter that its recipient may still have; gone within 30 days (15-4)"),
        gettext_noop(
            "a setting of the client's that protects this person or serves him: it goes when the client changes it"
        ),
        gettext_noop("as long as the message waits in the queue: five days, 168 hours at an outage (11-2)"),
        gettext_noop("erased when the node has answered"),
        gettext_noop(
            "follows what it is published of; that something is gone is remembered for 30 days, for nodes that were away"
        ),
        gettext_noop("hangs on an account that stays"),
        gettext_noop("he has complained of the client's mail: without this line he would get it again"),
        gettext_noop("he still belongs to a client or to the provider, who dismisses him first"),
        gettext_noop("it stands in the public DNS, and goes from here within hours once it is gone from there"),
        gettext_noop("it waits for its recipient: five days, 168 hours at an outage (11-2)"),
        gettext_noop("its content is deleted; the line that says so goes within 30 days of the message's arrival"),
        gettext_noop("keeps an account from which spam was sent from sending more; forgotten with the lock"),
        gettext_noop("numbers of tokens under a digest of who said so: nobody can be found in it (GDPR art. 11)"),
        gettext_noop("part of a letter to somebody else, who holds it for his client; gone within 30 days (15-4)"),
        gettext_noop("part of the accounts, which the law keeps for ten years (Code de commerce art. L123-22)"),
        gettext_noop("proof of a choice that binds the client (4-5), for the contract and five years"),
        gettext_noop(
            "proves why what a client had set up was kept after its end (15-6), for the contract and five years"
        ),
        gettext_noop("proves how an incident was handled, for five years (GDPR art. 33(5); Code civil art. 2224)"),
        gettext_noop(
            "proves what clients were told of data protection, for five years (GDPR art. 5(2); Code civil art. 2224)"
        ),
        gettext_noop("proves what an authority was given, for five years (Code civil art. 2224)"),
        gettext_noop("proves for 365 days who of the provider's people looked at a client's mail (14-3)"),
        gettext_noop("proves that the request was answered, for five years (GDPR art. 5(2); Code civil art. 2224)"),
        gettext_noop("proves the contract, for its time and five years (Code civil art. 2224)"),
        gettext_noop("sealed with what only the client's program has; gone after 24 hours"),
        gettext_noop("somebody's wish not to get mail from this address: without it he would get it again"),
        gettext_noop("the client has this mailbox served: it goes on the client's word"),
        gettext_noop("the client's own access to outbound mail: it goes when the client removes the connector"),
        gettext_noop("the number of an account; worth nothing once that is gone, and over with the session"),
        gettext_noop(
            "the record of a filtered message is kept for 365 days, or for fewer where its client has so chosen (CPCE art. R10-13; 15-8)"
        ),
        gettext_noop("the record of his own acts proves them for 365 days (4-5 to 4-7)"),
        gettext_noop("what was looked at; erased within the hour"),
    }
)


def why_words(why: str) -> str:
    """Why something stays, in the reader's language."""
    return gettext(why) if why else ""
