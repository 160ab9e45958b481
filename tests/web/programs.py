"""Programs that use the API in tests."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta

from django.test import Client as Browser
from django.utils import timezone

from ecluse.control.accounts.roles import PERMISSIONS, PROVIDER_ROLES, Permission
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.billing.accounts import NAMES
from ecluse.control.programs.queries import SCOPES
from ecluse.control.programs.services import make_key
from ecluse.web.api.api import api

ROOT = "/api/v1/"


@dataclass
class Program:
    """One key, and requests with it."""

    secret: str

    def call(self, method, path, body=None, **headers):
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = headers.pop("content_type", "application/json")
        headers = {"Authorization": f"Bearer {self.secret}", **headers} if self.secret else headers
        return Browser().generic(method, ROOT + path, data, content_type=kind, headers=headers)

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None, **headers):
        return self.call("POST", path, body, **headers)


def program_of(user, client, *scopes, days=None) -> Program:
    """With these scopes; with all that a key can have where none is named."""
    return Program(
        make_key(
            client,
            "sync",
            scopes or SCOPES,
            may_lend=frozenset(Permission),
            expires_at=None if days is None else timezone.now() + timedelta(days=days),
            by=Actor(ActorKind.PERSON, user.email, id=user.pk),
        )
    )


def program_in_role(cast, role) -> Program:
    """With all that the role has to lend."""
    client = None if role in PROVIDER_ROLES else cast.one
    return program_of(cast.people[role], client, *(PERMISSIONS[role] & set(SCOPES)))


QUOTE = {"name": "Walked", "services": "both", "addresses": 5, "domains": ["walked.example"], "months": 12}

# A body that each operation takes, by its name: a walk over all operations must reach what lies behind the forms.
BODIES = {
    "report_probes": {"results": []},
    "add_client": {"name": "Made by a program"},
    "ask_old_server": {"host": "mail.one.example"},
    "set_directory": {"host": "ldap.one.example", "base": "dc=one"},
    "apply_directory": {"may_go": 0},
    "change_branding": {"name": "One & Co", "colour": "#0a58ca"},
    "claim_domain": {"name": "walked.example", "route": {"host": "mail.one.example"}},
    "set_recipients": {"recipients": "any"},
    "add_route": {"host": "b.one.example"},
    "add_address": {"address": "new@one.example"},
    "import_addresses": {"addresses": [{"address": "newer@one.example"}]},
    "set_address_filter": {"is_filtered": False},
    "take_over_found_addresses": {"found": ["found_id"]},
    "dismiss_found_addresses": {"found": ["found_id"]},
    "unlock_sender": {"was_us": True},
    "take_lessons_back": {"channel": "report"},
    "set_lesson_mailbox": {
        "host": "imap.one.example",
        "user": "lessons",
        "password": "hush",
        "spam_folder": "Spam",
        "ham_folder": "Ham",
    },
    "suppress": {"recipient": "walked@far.example"},
    "import_list_entries": {"entries": [{"kind": "allow", "entry": "walked.example"}]},
    "add_list_entry": {"kind": "block", "entry": "spam.example"},
    "set_filter_settings": {"wishes": {"refuse_at": 12.0}},
    "add_connector": {"terms": {"name": "walked", "login": "walked@one.example"}},
    "change_connector": {"terms": {"name": "server", "login": "server@one.example", "networks": ["192.0.2.7"]}},
    "set_outbound_rules": {"rules": [{"name": "walked", "action": "hold"}]},
    "try_outbound_rules": {"sender": "paul@one.example", "recipients": ["x@far.example"], "message": "Subject: x"},
    "set_quarantine_settings": {
        "spam_users_may": "look",
        "mass_users_may": "ask",
        "senders_may_release": False,
        "keep_days": 7,
    },
    "set_digest_settings": {"is_on": True, "hours": [8], "days": [0, 1], "classes": "Q", "asks_for_login": False},
    "act_on_held": {"act": "delete", "copies": ["copy_id"]},
    "set_client_services": {"inbound": True, "outbound": False},
    "set_client_state": {"state": "suspended"},
    "hold_end_back": {"why": "walked"},
    "order_backlog": {"act": "hold"},
    "set_detour": {"domain": "far.example", "next_hop": "smtp://relay.example:25"},
    "end_detour": {"domain": "far.example"},
    "try_filter_settings": {"wishes": {"refuse_at": 12.0}},
    "raise_objection": {"recipient": "paul@one.example"},
    "teach_message": {"recipient": "paul@one.example", "is_spam": True, "message": "U3ViamVjdDogeA0K"},
    "answer_objection": {"is_right": True},
    "change_role": {"role": "user"},
    "invite_member": {"email": "newest@one.example", "role": "user"},
    "set_second_factor": {"is_demanded": True},
    "open_ticket": {"subject": "walked", "text": "A walk over all operations."},
    "write_in_ticket": {"text": "walked"},
    "answer_ticket": {"text": "walked"},
    "open_support_mail": {"client_id": 0},
    "add_support_mail": {"ticket": "T000000"},
    "enter_ticket": {"client_id": 0, "subject": "walked", "text": "walked"},
    "add_ready_answer": {"title": "more", "text_fr": "Oui.", "text_en": "Yes."},
    "change_ready_answer": {"title": "walked", "text_fr": "Oui.", "text_en": "Yes."},
    "link_message": {"message_id": "0" * 32},
    "open_incident": {
        "title": "walked",
        "nature": "availability",
        "happened_at": "2026-01-01T00:00:00Z",
        "detected_at": "2026-01-01T01:00:00Z",
        "account": "walked",
    },
    "act_on_ticket": {"act": "reopen"},
    "note_ticket": {"text": "walked"},
    "assign_ticket": {"agent": None},
    "set_ticket_priority": {"priority": "high"},
    "charge_ticket": {"is_billed": False},
    "count_ticket": {"is_counted": False},
    "open_abuse_case": {"kind": "other", "subject": "walked.example"},
    "note_abuse_case": {"text": "walked"},
    "assign_abuse_case": {"assignee": None},
    "lock_for_abuse_case": {"scope": "account", "name": "walked@one.example", "reason": "walked"},
    "close_abuse_case": {"outcome": "walked"},
    "open_own_person_request": {"right": "access", "addresses": ["paul@one.example"]},
    "enter_person_request": {"right": "access", "addresses": ["walked@far.example"], "channel": "mail"},
    "confirm_identity": {"how": "walked"},
    "note_person_request": {"text": "walked"},
    "correct_person": {"values": {"tenants.Address.name:0": "walked"}},
    "answer_person_request": {"outcome": "walked"},
    "refuse_person_request": {"outcome": "walked"},
    "correct_incident": {
        "title": "walked",
        "nature": "availability",
        "happened_at": "2026-01-01T00:00:00Z",
        "detected_at": "2026-01-01T01:00:00Z",
        "account": "walked",
    },
    "affect_client": {"client_id": 0},
    "decide_on_authority": {"is_needed": False, "why": "walked"},
    "note_authority_told": {"reference": "walked", "at": "2026-01-02T00:00:00Z"},
    "keep_bank_lines": {"lines": [{"booked_on": "2026-01-05", "label": "walked", "amount": "1.00"}]},
    "apply_bank_line": {"to": "One"},
    "enter_payment": {"amount": "1.00", "paid_on": "2026-01-05", "means": "transfer"},
    "take_back_payment": {"amount": "0.50", "paid_on": "2026-01-05", "means": "transfer"},
    "set_seller": {
        "name": "Walked",
        "legal_form": "SAS",
        "address": {"street": "1 rue", "postcode": "31000", "city": "Toulouse"},
        "siret": "732 829 320 00074",
        "vat_number": "FR44732829320",
        "iban": "FR7630006000011234567890189",
        "bic": "AGRIFRPP",
        "email": "pay@walked.example",
        "phone": "0",
        "taxed_on_debits": False,
    },
    "set_buyer": {
        "name": "Walked",
        "address": {"street": "1 rue", "postcode": "31000", "city": "Toulouse", "country": "FR"},
        "siren": "732 829 320",
        "invoices_to": "pay@walked.example",
        "exempt_reason": "",
    },
    "correct_buyer": {
        "name": "Walked",
        "address": {"street": "1 rue", "postcode": "31000", "city": "Toulouse", "country": "FR"},
        "siren": "732 829 320",
        "invoices_to": "pay@walked.example",
    },
    "waive_coming_line": {"why": "walked"},
    "enter_key_rate": {"half_year": "2026-07-01", "percent": "2.15"},
    "name_accounts": dict.fromkeys(NAMES, "411001"),
    "end_financial_year": {"last": "2026-12-31"},
    "credit_invoice": {"net": "0.50", "reason": "walked"},
    "note_invoice_received": {"received_on": "2026-01-05"},
    "give_advance_back": {"amount": "0.50", "paid_on": "2026-01-05", "means": "transfer"},
    "answer_notice": {"is_approved": False, "why": "walked"},
    "enter_outage": {
        "server": "mx1.provider.example",
        "service": "inbound",
        "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-01T01:00:00Z",
        "reason": "walked",
    },
    "enter_force_majeure": {
        "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-01T01:00:00Z",
        "reason": "walked",
        "document": "walked",
    },
    "enter_requisition": {
        "authority": "walked",
        "reference": "walked",
        "legal_basis": "walked",
        "scope": "walked",
        "received_at": "2026-01-01T00:00:00Z",
        "forbids_telling": True,
    },
    "note_handed_over": {"what": "walked", "at": "2026-01-02T00:00:00Z"},
    "state_protection": {"name": "walked", "officer": "dpo@provider.example"},
    "set_servers": {"first": "mx1.provider.example", "second": "mx2.provider.example"},
    "choose_remedy": {"remedy": "credit"},
    "leave_contract": {"leaves_on": "2026-01-05", "ends_the_contract": True},
    "draft_offer": {"services": "both", "addresses": 5, "domains": ["walked.example"], "months": 12},
    "withdraw_offer": {"reason": "walked"},
    "answer_contract_domain": {"name": "walked.example", "is_approved": True},
    "note_letter_of_notice": {"letter": "walked", "received_at": "2026-01-02T00:00:00Z"},
    "suspend_contract": {"reason": "walked"},
    "set_notice_address": {"address": "walked@far.example"},
    "declare_breach": {"letter": "walked", "sent_on": "2026-01-05"},
    "terminate_for_breach": {"ends_the_contract": True},
    "terminate_contract": {"ends_the_contract": True, "reason": "walked"},
    "allow_sharing": {"is_allowed": True},
    "draft_amendment": {"services": "both", "addresses": 6},
    "withdraw_amendment": {"reason": "walked"},
    "add_contract_paper": {"pdf": b64encode(b"%PDF-1.7 handed in %%EOF").decode()},
    "quote": QUOTE,
    "draw_quote": QUOTE,
    "publish_price_list": {
        "tiers": [{"up_to": 0, "inbound": "2", "outbound": "1.00", "both": "2.50"}],
        "domain": "3.00",
    },
    "publish_terms": {"name": "walked", "text": "Vous payez."},
    "publish_change": {
        "title": "walked",
        "text_fr": "Oui.",
        "text_en": "Yes.",
        "effective_on": "2026-01-05",
        "is_unfavourable": True,
        "is_sure": True,
    },
    "add_webhook": {"url": "https://hooks.one.example/new", "events": ["message.held"]},
    "change_webhook": {"url": "https://hooks.one.example/", "events": ["message.refused"], "is_on": False},
}


@dataclass(frozen=True)
class Operation:
    """One operation of the schema."""

    method: str
    path: str
    name: str
    takes_body: bool

    @property
    def is_of_client(self):
        return "{client_id}" in self.path

    @property
    def is_of_thing(self):
        return self.path.count("{") > 1

    def call(self, program, things):
        """With these things in its address and its body."""
        body = BODIES.get(self.name)
        if body is not None:
            body = {name: _filled(value, things) for name, value in body.items()}
        return program.call(self.method, self.path.format(**things), body)


def _filled(value, things):
    """Things are named in lists alone."""
    if not isinstance(value, list):
        return value
    return [things.get(one, one) if isinstance(one, str) else one for one in value]


def operations():
    """All of them, in the order of the schema."""
    paths = api.get_openapi_schema(path_prefix="").get("paths")
    return [
        Operation(method.upper(), path.lstrip("/"), each["operationId"], "requestBody" in each)
        for path, methods in paths.items()
        for method, each in methods.items()
        if each["operationId"] != "list_problems"
    ]
