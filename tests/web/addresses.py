"""Every address of the console, made from the urlconf, and what its form takes; `things.py` fills both in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import URLPattern, get_resolver

from ecluse.web.console.filter_form import WishesForm
from ecluse.wire.wishes import Wishes
from tests.control.measured import FIRST

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def posted(wishes):
    """As a browser sends the form that shows these wishes."""
    form = WishesForm(None, wishes)
    sent = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in sent.items() if value not in (None, False)}


OF_A_CLIENT = "clients/<int:client_id>/"
_ROUTE = {"host": "walked.one.example", "port": "25", "priority": "20", "tls": "may"}
_WEBHOOK = {"url": "https://hooks.walked.example/", "events": ["message.held"]}
_ADDRESS = {"street": "1 rue des Écluses", "postcode": "31000", "city": "Toulouse"}
_BUYER = {"name": "Walked", **_ADDRESS, "country": "FR", "siren": "732829320", "invoices_to": "pay@walked.example"}
_SELLER = {
    "name": "Walked",
    **_ADDRESS,
    "legal_form": "SAS",
    "siret": "73282932000074",
    "vat_number": "FR44732829320",
    "iban": "FR7630006000011234567890189",
    "bic": "AGRIFRPP",
    "email": "pay@walked.example",
    "phone": "0",
}
_INCIDENT = {
    "title": "walked",
    "nature": "integrity",
    "happened_at": "2026-01-01T12:00",
    "detected_at": "2026-01-01T12:00",
    "account": "a walk over all pages",
}
# What each form takes, by the end of its address: a walk must reach what lies behind the forms.
FORMS = {
    "domains/add": {"name": "walked.example", **_ROUTE},
    "domains/<int:domain_id>/recipients": {"recipients": "any"},
    "domains/<int:domain_id>/routes/add": _ROUTE,
    "addresses/directory": {
        "host": "ldap.walked.example",
        "port": "636",
        "base": "dc=walked",
        "filter": "(mail=*)",
        "address_attribute": "mail",
        "every_hours": "0",
    },
    "domains/<int:domain_id>/old-server": {"host": "mail.one.example"},
    "addresses/add": {"address": "walked@one.example"},
    "addresses/found/act": {"act": "dismiss", "found": "found_id"},
    "addresses/<int:address_id>/filter": {"filter": "off"},
    "sending/limits": {"account-messages_per_day": "40"},
    "sending/locks/<int:lock_id>/unlock": {"act": "us"},
    "lessons/take-back": {"channel": "report"},
    "lessons/folders": {
        "host": "imap.walked.example",
        "port": "993",
        "user": "walked",
        "password": "hush",
        "spam_folder": "Spam",
        "ham_folder": "Ham",
        "every_minutes": "60",
    },
    "suppressed/add": {"recipient": "walked@far.example"},
    "sending/rules/rule": {"name": "walked", "action": "hold", "larger_than": "0", "more_recipients_than": "0"},
    "sending/rules/act": {"rule": "rule_name", "act": "remove"},
    "sending/rules/try": {"sender": "paul@one.example", "recipients": "x@far.example", "message": "Subject: x"},
    "branding/": {"name": "Walked", "colour": "#0a58ca"},
    "lists/add": {"kind": "block", "entry": "walked.example"},
    "quarantine/act": {"act": "delete", "copy": "copy_id"},
    "members/invite": {"email": "walked@one.example", "role": "user"},
    "members/<int:membership_id>/role": {"role": "help-desk"},
    "members/second-factor": {"demands": "on"},
    "connectors/<int:connector_id>/change": {"account": "login", "networks": "192.0.2.7"},
    "connectors/add": {"name": "walked", "proof": "login", "login": "walked@one.example", "account": "envelope"},
    "programs/keys/make": {"name": "walked", "scopes": ["see-client"]},
    "programs/webhooks/add": _WEBHOOK,
    "programs/webhooks/<int:webhook_id>/change": {**_WEBHOOK, "is_on": "on"},
    "members/identity-provider": {
        "name": "W",
        "issuer": "https://id.walked.example",
        "application": "w",
        "secret": "w",
    },
    "quarantine/settings/rules": {"spam_users_may": "ask", "mass_users_may": "look", "keep_days": "7"},
    "quarantine/settings/digests": {
        "is_on": "on",
        "hours": ["8"],
        "days": ["0"],
        "classes": ["Q"],
        "within_minutes": "0",
        "language": "en",
        "time_zone": "Europe/Berlin",
    },
    "settings/save": posted(Wishes(greylist=True)),
    "log/<str:message_id>/object": {"recipient": "paul@one.example", "note": "a walk over all pages"},
    "objections/<int:objection_id>/act": {"act": "confirm", "reason": "a walk over all pages"},
    "sla/status-page": {"act": "open"},
    "sla/breaches/<int:breach_id>/choose": {"remedy": "credit"},
    "service/servers": {"first": "mx8.walked.example", "second": "mx9.walked.example"},
    "provider/availability/points/add": {"name": "walked"},
    "provider/availability/outages/add": {
        "server": FIRST,
        "service": "inbound",
        "start": "2026-01-01T00:00",
        "end": "2026-01-01T01:00",
        "reason": "walked",
    },
    "provider/availability/force-majeure/add": {
        "start": "2026-01-01T00:00",
        "end": "2026-01-01T01:00",
        "reason": "walked",
        "document": "a walk over all pages",
    },
    "break-glass/ask": {"reason": "a walk over all pages"},
    "service/services": {"outbound": "on"},
    "service/state": {"state": "suspended"},
    "service/destroy-keys": {"name": "One"},
    "contract/<int:contract_id>/accept": {"agrees": "yes", "informed": "yes", "sum": "offer_sum"},
    "contract/<int:contract_id>/domains/add": {"domain": "walked.example"},
    "contract/<int:contract_id>/amendments/<int:amendment_id>/accept": {"agrees": "yes"},
    "service/contracts/<int:contract_id>/amend": {"bundle": "both", "addresses": "9"},
    "service/contracts/<int:contract_id>/amendments/<int:amendment_id>/act": {"act": "withdraw"},
    "contract/<int:contract_id>/cite": {"cited": "yes"},
    "contract/<int:contract_id>/changes/<int:told_id>/leave": {"agrees": "yes", "on": "invoice_day"},
    "provider/contracts/changes": {
        "title": "W",
        "text_fr": "Oui.",
        "text_en": "Yes.",
        "effective_on": "2030-01-01",
        "is_sure": "on",
    },
    "service/contracts/draft": {"bundle": "both", "addresses": "5", "domains": "walked.example", "months": "12"},
    "service/contracts/<int:contract_id>/act": {"act": "revise"},
    "service/invoices/<int:invoice_id>/act": {"act": "receive", "on": "invoice_day"},
    "service/invoices/notices/<int:notice_id>/answer": {"act": "no", "said": "a walk over all pages"},
    "service/invoices/claims/<int:line_id>/waive": {"why": "a walk over all pages"},
    "service/invoices/account/give-back": {"amount": "1.00", "on": "invoice_day"},
    "provider/invoices/bank/<int:bank_line_id>/act": {"act": "ignore"},
    "provider/invoices/accounting/<int:financial_year_id>/act": {"act": "end", "last": "next_year"},
    "provider/invoices/key-rates": {"half_year": "2026-07-01", "percent": "2.15"},
    "contract/letters": {"address": "walked@far.example"},
    "service/letters": {"address": "walked@far.example"},
    "invoices/buyer": _BUYER,
    "service/invoices/buyer": _BUYER,
    "support/ask": {"subject": "a walk over all pages", "text": "Walk."},
    "support/<int:ticket_id>/write": {"text": "a walk over all pages"},
    "support/<int:ticket_id>/act": {"act": "reopen"},
    "service/support/<int:ticket_id>/act": {"act": "priority", "priority": "3"},
    "provider/support/mail/<str:mail_id>/act": {"act": "discard"},
    "provider/support/answers/": {"title": "more", "text_fr": "Oui.", "text_en": "Yes."},
    "provider/support/answers/<int:answer_id>/": {"title": "walked", "text_fr": "Oui.", "text_en": "Yes."},
    "provider/support/enter": {"client": "One", "subject": "a walk", "text": "Walk.", "priority": "2"},
    "provider/invoices/seller": _SELLER,
    "provider/contracts/prices": {"tiers": "0 2.00 1.00 2.50", "domain": "0"},
    "provider/contracts/terms": {"name": "walked", "text": "Walk over all pages."},
    "provider/queues/<int:backlog_id>/order": {"act": "retry"},
    "rights/add": {"right": "access", "addresses": "paul@one.example"},
    "provider/rights/add": {
        "right": "access",
        "addresses": "walked@far.example",
        "channel": "mail",
        "received_on": "2026-01-01",
    },
    "provider/protection/": {"name": "Walked", "officer": "dpo@walked.example"},
    "provider/incidents/add": _INCIDENT,
    "provider/incidents/<int:incident_id>/correct": _INCIDENT,
    "provider/incidents/<int:incident_id>/act": {"act": "affect", "client": "One", "text": "a walk over all pages"},
    "provider/requisitions/add": {
        "authority": "walked",
        "reference": "1",
        "legal_basis": "walked",
        "scope": "walked",
        "received_at": "2026-01-01T12:00",
    },
    "provider/requisitions/<int:requisition_id>/act": {
        "act": "hand-over",
        "text": "a walk over all pages",
        "at": "2026-01-01T12:00",
    },
    "provider/rights/<int:request_id>/act": {"act": "note", "text": "a walk over all pages"},
    "provider/queues/<int:backlog_id>/detour": {"next_hop": "smtp://relay.example:25", "hours": "24"},
    "provider/detours/add": {"domain": "far.example", "next_hop": "smtp://relay.example:25", "hours": "24"},
    "provider/detours/end": {"domain": "far.example"},
    "provider/cases/add": {"kind": "other", "subject": "a walk over all pages"},
    "provider/cases/<int:case_id>/act": {"act": "note", "text": "a walk over all pages"},
}


def form_of(route, things):
    """What its page takes, with the client's things in it; {} for a mere button."""
    form = FORMS.get(route.removeprefix(OF_A_CLIENT), {})
    return {name: things.get(value, value) if isinstance(value, str) else value for name, value in form.items()}


def routes(patterns=None, before="") -> Iterator[str]:
    """ "clients/<int:client_id>/domains/" and so on; the API, which is for programs, has its own walk in `test_api_isolation`."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route
        elif route != "api/v1/":
            yield from routes(each.url_patterns, route)


def filled(route, things):
    """The address with these things in it. A new kind of thing gets its line in `things_of`."""
    return "/" + _PARAMETER.sub(lambda found: str(things[found[1]]), route)


def names_of(route):
    return _PARAMETER.findall(route)
