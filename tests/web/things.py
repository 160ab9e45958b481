"""One of each kind of thing that stands in addresses, made at a client."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

import msgspec
from django.utils import timezone
from django_scopes import scope

from ecluse import __version__
from ecluse.control.abuse.cases import CaseKind, open_case
from ecluse.control.abuse.models import ToldLock
from ecluse.control.accounts import break_glass, services
from ecluse.control.accounts import queries as accounts
from ecluse.control.accounts.models import Membership
from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.billing import invoice_days
from ecluse.control.billing.advances import keep
from ecluse.control.billing.bank_lines import keep_rows, waiting_lines
from ecluse.control.billing.bank_row import BankRow
from ecluse.control.billing.books import book_due, financial_years
from ecluse.control.billing.coming_lines import Coming, LineKind, add_line
from ecluse.control.billing.invoices import Received, issue_due
from ecluse.control.billing.models import Invoice, InvoiceFile, Notice, NoticeKind, NoticePaper
from ecluse.control.billing.registers import set_buyer, set_seller
from ecluse.control.contracts import catalogue, offers
from ecluse.control.contracts.change_notices import ChangeTerms, publish_change
from ecluse.control.contracts.offers import sum_of
from ecluse.control.contracts.papers import upload_signed
from ecluse.control.contracts.price_grid import Bundle, Wanted
from ecluse.control.directories.models import FoundAddress
from ecluse.control.directories.services import DirectorySettings, set_directory
from ecluse.control.keystore.services import public_key
from ecluse.control.learning.folders import MailboxSettings, set_mailbox
from ecluse.control.learning.models import Lesson
from ecluse.control.mail.models import HeldCopy, HeldMessage, NodeOrder, Objection, ObjectionKind, ObjectionState
from ecluse.control.operation.models import ToldBacklog, ToldReport
from ecluse.control.policies import queries as policies
from ecluse.control.policies.outbound_rules import put_rule
from ecluse.control.privacy import incidents, requisitions
from ecluse.control.privacy.requests import Channel, Right, confirm_identity, open_request
from ecluse.control.programs import services as programs
from ecluse.control.programs.queries import keys_of
from ecluse.control.sending.queries import connectors
from ecluse.control.sending.services import add_connector
from ecluse.control.signing.services import living_keys, make_pair
from ecluse.control.sla import closing, servers
from ecluse.control.sla.availability import Month
from ecluse.control.sla.downtimes import enter_force_majeure, enter_outage
from ecluse.control.sla.models import ServerOutage, ServerPair
from ecluse.control.sla.spans import Span
from ecluse.control.support import ready_answers, tickets
from ecluse.control.support.models import SupportMail, TicketFile
from ecluse.control.support.ready_answers import Ready
from ecluse.control.suppression.services import suppress
from ecluse.control.tenants import queries as tenants
from ecluse.control.tenants.models import ToldRoute
from ecluse.control.webhooks.services import add_webhook
from ecluse.domain.backlog import WaitingMessage
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.lock import Lock, LockCause, LockScope
from ecluse.domain.lock_evidence import LockEvidence
from ecluse.domain.log_search import LogSearch
from ecluse.domain.node_report import NodeReport
from ecluse.domain.order import OrderKind
from ecluse.domain.sending_rule import RuleAction
from ecluse.domain.suppression import SuppressionCause
from ecluse.web.backends import backends
from ecluse.wire.connector_terms import ConnectorTerms
from ecluse.wire.sealing.evidence import sealed_evidence
from ecluse.wire.sending_rules import RuleTerms
from tests.control.cast import OPERATOR
from tests.control.measured import FIRST, SECOND
from tests.parties import BUYER, SELLER
from tests.price_list import GRID

_SECRETS = {
    "provider_id": "no-such-provider",
    "secret": "no-such-secret",
    "token": "no-such-token",
    "session_id": 0,
    "pk": 0,
    "public_id": "no-such-branding",
}


def things_of(client) -> dict[str, object]:
    """One of each kind that stands in addresses."""
    services.invite(f"new@{client.name}.example", Role.USER, client, by=OPERATOR, grants=frozenset(Role))
    with scope(client=client):
        public_key(client)  # There is one to be destroyed.
        domain = tenants.proven_domains()[0]
        copy, order = held(client)
        wanted = DirectorySettings(
            "ldap.example", 636, False, "", "", f"o={client.name}", "(mail=*)", "mail", (), "cn", 0
        )
        set_directory(client, wanted, "", by=OPERATOR)
        mailbox = MailboxSettings("imap.example", 993, False, "", f"of {client.name}", "Spam", "Ham", 60)
        set_mailbox(client, mailbox, "hush", by=OPERATOR)
        told = {"client": client, "state": "up", "since": 0.0, "said_at": 0.0}
        ToldRoute.objects.get_or_create(domain=domain, node="mx", host="h", port=25, defaults=told)
        offer = offered(client)
        _advance(client)
        glass = break_glass.ask(_support(), client, "a reason for it", wants_content=True, by=OPERATOR)
        return {
            **_SECRETS,
            "client_id": client.pk,
            "domain_id": domain.pk,
            "route_id": domain.routes.all()[0].pk,
            "address_id": tenants.addresses()[0].pk,
            "entry_id": policies.list_entries()[0].pk,
            "invitation_id": accounts.open_invitations(client)[0].pk,
            "glass_id": glass.pk,
            "copy_id": copy.pk,
            "order_id": order.pk,
            "objection_id": new_objection(client, copy).pk,
            "key_id": new_key(client),
            "webhook_id": _webhook(client).pk,
            "signing_key_id": _signing_key(domain),
            "connector_id": _connector(client, domain.name).pk,
            "rule_name": _rule(client),
            "node": "mx1.provider.example",
            "backlog_id": backlog(client).pk,
            "case_id": open_case(client, CaseKind.OTHER, f"case of {client.name}", by=OPERATOR).pk,
            "request_id": _person_request(client, domain.name).pk,
            "incident_id": _incident(client).pk,
            "requisition_id": requisitions.enter(client, demand(client), by=OPERATOR).pk,
            "lock_id": sending_lock(client).pk,
            "lesson_id": lesson(client).pk,
            "found_id": found_address(domain).pk,
            "suppressed_id": _suppressed(client).pk,
            "contract_id": offer.pk,
            "amendment_id": _amendment(offer).pk,
            "terms_id": catalogue.newest_terms().pk,
            "told_id": (told := _told_change(offer)).pk,
            "change_id": told.notice_id,
            "paper_id": upload_signed(offer, b"%PDF-1.7 walked %%EOF", by=OPERATOR).pk,
            "offer_sum": offers.sum_of(offers.offer_document(offer)),
            "invoice_id": (invoice := invoiced(client)).pk,
            "invoice_day": str(invoice.dated),
            "notice_id": (notice := _notice(invoice)).pk,
            "notice_paper_id": _notice_paper(notice).pk,
            "bank_line_id": _bank_line().pk,
            "financial_year_id": (year := _financial_year()).pk,
            "next_year": str(year.last + timedelta(days=31)),
            "line_id": _late_claim(invoice).pk,
            "ticket_id": (ticket := solved_ticket(client)).pk,
            "file_id": ticket_file(ticket).pk,
            "mail_id": support_mail(client).pk,
            "closing_id": (broken := breached(invoice.contract)).closing_id,
            "breach_id": broken.pk,
            "point_id": 0,
            "answer_id": _ready_answer().pk,
            "attempt_id": 0,
            "entry": "outages",
            "outage_id": ServerOutage.objects.first().pk,
            "majeure_id": enter_force_majeure(Span(0, 60), "walked", "walked", by=OPERATOR).pk,
            "membership_id": accounts.members_of(client)[0].pk,
            "message_id": backends().message_log().search(LogSearch(client=client.name), 1).rows[0].id,
        }


def _ready_answer():
    """The provider's: each client has the same."""
    found = ready_answers.ready_answers().first()
    return found or ready_answers.add_ready_answer(Ready("walked", "Oui.", "Yes."), by=OPERATOR)


def _person_request(client, domain):
    row = open_request(client, Right.ERASURE, [f"paul@{domain}"], channel=Channel.CONSOLE, by=OPERATOR)
    confirm_identity(row, "his administrator says so", by=OPERATOR)
    return row


def _incident(client):
    now, about = timezone.now(), f"an incident at {client.name.lower()}.example"
    row = incidents.open_incident(incidents.Told(about, incidents.Nature.INTEGRITY, now, now, about), by=OPERATOR)
    incidents.affect(row, client, about, by=OPERATOR)
    return row


def demand(client):
    about = f"of {client.name.lower()}.example"
    return requisitions.Demand(about, about, about, about, timezone.now(), forbids_telling=True)


def _signing_key(domain):
    keys = living_keys(domain) or make_pair(domain, by=OPERATOR)
    return keys[0].pk


def sending_lock(client):
    """An account of the client's may not send, at a node that reports."""
    tell_node()
    name = f"paul@{client.name.lower()}.example"
    lock = Lock(new_id(), LockScope.ACCOUNT, client.name, name, LockCause.BURST, time.time(), reason="11 alike")
    place = {"client": client, "node": "mx1.provider.example", "lock_id": lock.id}
    values = {"scope": lock.scope, "name": name, "cause": lock.cause, "since": lock.since, "reason": lock.reason}
    found = LockEvidence("m1", lock.since, "198.51.100.9", name, b"Subject: x\r\n")
    values["evidence"] = sealed_evidence(found, public_key(client), lock.id)
    return ToldLock.objects.create(**place, **values, until=0.0, lifted_at=0.0, times=1)


def lesson(client):
    """Somebody of the client's has said that a message was spam."""
    number = Lesson.objects.count() + 1
    said = {"channel": "report", "voter": f"person:paul@{client.name.lower()}.example", "is_spam": True}
    return Lesson.objects.create(client=client, node="mx1", number=number, at=time.time(), standing="learned", **said)


def found_address(domain):
    """Its own server has confirmed one."""
    name = f"found{FoundAddress.objects.count()}@{domain.name}"
    return FoundAddress.objects.create(client_id=domain.client_id, domain=domain, address=name, found_at=time.time())


def offered(client):
    """An offer that the client has not answered yet."""
    if catalogue.newest_terms() is None:
        catalogue.publish_terms("2026-01", "You pay, we filter.", by=OPERATOR)
    catalogue.publish_prices(GRID, by=OPERATOR)
    offer = offers.draft(client, Wanted(Bundle.BOTH, 5, 1, 12), [f"{client.name.lower()}.example"], by=OPERATOR)
    offers.send(offer, today=invoice_days.today(), by=OPERATOR)
    return offer


def _amendment(contract):
    """Sent; its contract is not in force, so that it can be withdrawn alone."""
    before = {"bundle": "both", "addresses": 5, "options": [], "period_after": 0}
    more = {"addresses": 6, "services_month": 1, "options_month": 0, "made_at": timezone.now()}
    return contract.amendments.create(
        client_id=contract.client_id, number=1, state="sent", bundle="both", before=before, **more
    )


def _told_change(contract):
    """Of no client in force: so nobody leaves for it."""
    said = ChangeTerms("Walked", "Oui.", "Yes.", True, invoice_days.today())
    notice = publish_change(said, by=OPERATOR)
    today = invoice_days.today()
    return contract.changes.create(client_id=contract.client_id, notice=notice, told_on=today)


def _advance(client):
    """Of 10.00 EUR."""
    with change(by=OPERATOR) as act:
        keep(act, client, Decimal("10.00"), Received(Decimal("10.00"), invoice_days.today(), "transfer"))


def invoiced(client):
    """An invoice of a period that began two months ago."""
    set_seller(SELLER, by=OPERATOR)
    set_buyer(client, BUYER, by=OPERATOR)
    began = invoice_days.today().replace(day=1) - timedelta(days=40)
    contract = offered(client)
    type(contract).objects.filter(pk=contract.pk).update(first_day=began, period_months=12)
    issue_due(timezone.now())
    row = Invoice.objects.get(contract=contract)
    InvoiceFile.objects.create(client=client, invoice=row, made_at=timezone.now(), body=b"%PDF", sha256=sum_of("%PDF"))
    return row


def _notice(invoice):
    """A person is asked whether the client gets formal notice."""
    values = {"client_id": invoice.client_id, "kind": NoticeKind.FORMAL_NOTICE, "proposed_at": timezone.now()}
    return Notice.objects.create(invoice=invoice, **values)


def _notice_paper(notice):
    """Its letter for the registered post."""
    values = {"client_id": notice.client_id, "left": Decimal("1.00"), "made_at": timezone.now()}
    body = b"%PDF-1.7 walked %%EOF"
    return NoticePaper.objects.create(notice=notice, body=body, sha256=sha256(body).hexdigest(), **values)


def _bank_line():
    """Money came, and nobody has said whose it is."""
    keep_rows([BankRow(invoice_days.today(), f"WALK {new_id()}", Decimal("1.00"))], by=OPERATOR)
    return waiting_lines()[0]


def _financial_year():
    """The newest, in which what was made so far is booked."""
    while book_due():
        pass
    return financial_years()[0]


def _late_claim(invoice):
    claim = Coming(LineKind.RECOVERY, "Indemnité", Decimal("40.00"), f"recovery:{invoice.reference}")
    return add_line(invoice.contract, claim, by=OPERATOR)


def solved_ticket(client):
    """Of one of the client's people whom nobody of a test is."""
    name = client.name.lower()
    asked = tickets.Request(
        f"{name}.example", f"Where is my mail, asks {name}.", tickets.Channel.CONSOLE, f"asks@{name}.example"
    )
    ticket = tickets.open_ticket(client, asked, by=OPERATOR)
    tickets.solve(ticket, by=OPERATOR)
    return ticket


def ticket_file(ticket):
    """It came with the first word."""
    octets = f"shot of {ticket.subject}".encode()
    values = {"name": f"{ticket.subject}.png", "kind": "image/png", "size": len(octets), "octets": octets}
    return TicketFile.objects.create(client=ticket.client, entry=ticket.entries.get(), **values)


def support_mail(client):
    """Of somebody whom nothing proves."""
    values = {"sender": f"somebody@far.{client.name}.example", "subject": f"of {client.name.lower()}.example"}
    told = {"is_automatic": False, "left_out": 0, "is_looked_at": True, "received_at": time.time()}
    return SupportMail.objects.create(id=new_id(), text="Hello.", **values, **told)


def breached(contract):
    """An hour of outage in the month before last is open to the client's choice."""
    client, month = contract.client, Month.of(invoice_days.today().replace(day=1) - timedelta(days=40), contract.zone)
    if servers.pair_now() is None:
        servers.assign(client, FIRST, SECOND, by=OPERATOR)
        ServerPair.objects.update(since=month.span.start)
    for name in (FIRST, SECOND):
        when = Span(month.span.end - 31 * 3_600, month.span.end - 30 * 3_600)
        enter_outage(name, Direction.INBOUND, when, "a walk over all pages", by=OPERATOR)
    found = closing.closings().first() or closing.close(contract, month, backends().message_log(), timezone.now())
    return found.breaches.get()


def new_key(client):
    maker = accounts.members_of(client)[0].user
    by = Actor(ActorKind.PERSON, maker.email, id=maker.pk)
    programs.make_key(client, "sync", [Permission.SEE_CLIENT], may_lend=frozenset(Permission), expires_at=None, by=by)
    return keys_of(client)[0].pk


def new_objection(client, copy):
    return Objection.objects.create(
        client=client,
        message=copy.message_id,
        recipient=copy.recipient,
        received_at=time.time(),
        kind=ObjectionKind.BLOCKED,
        state=ObjectionState.OPEN,
        raised_by=f"somebody@{client.name}.example",
        raised_at=time.time(),
        opened_at=time.time(),
        evidence={},
    )


def backlog(client):
    """Something waits for its domain on a node that is well."""
    tell_node()
    name = f"{client.name.lower()}.example"
    message = WaitingMessage(
        new_id(), "x@far.example", (f"paul@{name}",), 100, time.time(), time.time(), 1, False, "no"
    )
    values = {
        "total": 1,
        "held": 0,
        "octets": 100,
        "oldest": time.time(),
        "next_attempt": time.time(),
        "reason": "no",
        "outage_since": 0.0,
        "messages": msgspec.msgpack.encode((message,)),
    }
    place = {"client": client, "node": "mx1.provider.example", "destination": name}
    return ToldBacklog.objects.update_or_create(**place, defaults=values)[0]


def tell_node(age_s=0.0, name="mx1.provider.example", **told):
    """Its newest report, of so long ago."""
    heard_at = timezone.now() - timedelta(seconds=age_s)
    report = NodeReport(__version__, heard_at.timestamp(), heard_at.timestamp(), **{"free_bytes": 10, **told})
    values = {"body": msgspec.msgpack.encode(report), "heard_at": heard_at}
    return ToldReport.objects.update_or_create(node=name, defaults=values)[0]


def _suppressed(client):
    return suppress(client, f"gone@far.{client.name}.example", SuppressionCause.PERSON, "", by=OPERATOR)


def _webhook(client):
    url = f"https://hooks.{client.name.lower()}.example/"
    return add_webhook(client, url, ["message.held"], by=OPERATOR)[0]


def _connector(client, domain):
    if not connectors():
        add_connector(client, ConnectorTerms(name="server", login=f"server@{domain}"), by=OPERATOR)
    return connectors()[0].row


def _rule(client):
    rule = RuleTerms(name=f"rule of {client.name}", action=RuleAction.HOLD)
    put_rule(client, rule, in_place_of=rule.name, by=OPERATOR)
    return rule.name


def _support():
    """Somebody whose waiting glass lends nobody anything."""
    return Membership.objects.filter(role=Role.PROVIDER_OWNER).first().user


def held(client):
    message = HeldMessage.objects.create(
        id=new_id(),
        client=client,
        node="mx.provider.example",
        sender=f"somebody@far.{client.name}.example",
        size=1_000,
        received_at=time.time(),
        disposition="refuse",
    )
    copy = HeldCopy.objects.create(
        message=message, client=client, recipient=f"paul@{client.name}.example", category="Q"
    )
    order = NodeOrder.objects.create(
        id=new_id(),
        client=client,
        node=message.node,
        kind=OrderKind.FETCH,
        target=message.id,
        actor="test",
        ordered_at=time.time(),
        expires=time.time() + 60,
    )
    return copy, order
