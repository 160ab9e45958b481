"""Where somebody is named: every declared field of every table, and the message log.

Within a client's scope its rows alone are looked through; without one, where scopes are off for a named reason, all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from ecluse.control.accounts.models import Membership, User
from ecluse.control.mail.log import KEPT_S, kept_s
from ecluse.control.privacy.declared import IN_DATABASE
from ecluse.control.privacy.naming import Names
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned
from ecluse.domain.log_row import LogRow
from ecluse.domain.log_search import LogSearch
from ecluse.domain.personal_data import Holds, Personal, Store, Whose
from ecluse.ports.message_log import MessageLog

SEARCHED = frozenset({Holds.ADDRESS, Holds.WORDS, Holds.PLAIN, Holds.PERSON})
MAX_LOG_ROWS = 100_000  # Of one address.
_LOG_ROWS_AT_ONCE = 500
_ROWS_AT_ONCE = 500

Limit = Callable[[Client], Q]


def _client(client: Client) -> Q:
    return Q(client=client)


def _user_of(client: Client) -> Q:
    return Q(user__in=_people(client))


def _username_of(client: Client) -> Q:
    return Q(username__in=_people(client).values("email"))


def _nothing(_client: Client) -> Q:
    return Q(pk__in=())


# Tables that are owned by no client: which of their rows a client's request may look through.
LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        # The provider's own trail, too: there stands what its people did about a client's.
        "audit.Entry": lambda client: Q(client_id=client.pk) | Q(client_id=None),
        "accounts.User": lambda client: Q(pk__in=_people(client)),
        "accounts.Membership": _client,
        "accounts.Invitation": _client,
        "accounts.SignInLink": _user_of,
        "accounts.SignInRequest": lambda client: Q(email__in=_people(client).values("email")),
        "accounts.BreakGlass": _client,
        "account.EmailAddress": _user_of,
        "mfa.Authenticator": _user_of,
        "socialaccount.SocialAccount": _user_of,
        "usersessions.UserSession": _user_of,
        "axes.AccessFailureLog": _username_of,
        "axes.AccessAttempt": _username_of,
        "axes.AccessLog": _username_of,
        "programs.ApiKey": _client,
        "abuse.Case": _client,
        "abuse.CaseNote": lambda client: Q(case__client=client),
        # The provider's own.
        "privacy.Incident": _nothing,
        "privacy.Requisition": _nothing,
        "privacy.ProtectionVersion": _nothing,
        "support.SupportMail": _nothing,  # Until an agent has said whose it is.
        "support.SupportMailFile": _nothing,
        "contracts.PriceList": _nothing,
        "contracts.TermsOfSale": _nothing,
        "contracts.ChangeNotice": _nothing,
        "billing.SellerVersion": _nothing,
        "billing.BankLine": _nothing,
        "billing.KeyRate": _nothing,
        "billing.AccountsVersion": _nothing,
        "billing.FinancialYear": _nothing,
        "sla.ServerOutage": _nothing,
        "sla.ForceMajeure": _nothing,
        # They follow the client's addresses and lists, which are looked through themselves.
        "policies.PublishedObject": _nothing,
        "policies.PolicyChange": _nothing,
    }
)


@dataclass(frozen=True, slots=True)
class Trace:
    """One field of one row that names him."""

    store: Store
    field: Personal
    row: Model


def model_of(store: Store) -> type[Model]:
    """Of a store in the database."""
    return apps.get_model(store.name)


def traces(names: Names, client: Client | None) -> Iterator[Trace]:
    """All of them, store by store."""
    for store in IN_DATABASE:
        for field in store.personal:
            yield from (Trace(store, field, row) for row in rows_naming(store, field, names, client))


def rows_naming(store: Store, field: Personal, names: Names, client: Client | None) -> list[Model]:
    """The rows of a store in which this field names him; none for a field that nobody is found by."""
    return list(_naming(store, field, names, client)) if field.holds in SEARCHED else []


def log_rows(log: MessageLog, names: Names, client: Client | None, now: float) -> tuple[list[LogRow], bool]:
    """What the message log has of mail that he sent or was sent, newest first, and whether that is all. Raises `Unavailable`."""
    rows: list[LogRow] = []
    is_all, since = True, now - (kept_s(client.name) if client else KEPT_S)
    for address in names.addresses:
        search = LogSearch(client=client.name if client else "", party=address, since=since)
        left, place = MAX_LOG_ROWS, None
        while left > 0:
            page = log.search(search, min(left, _LOG_ROWS_AT_ONCE), place)
            rows += page.rows
            left, place = left - len(page.rows), page.following
            if place is None:
                break
        is_all = is_all and place is None
    return rows, is_all


def exported(trace: Trace, names: Names) -> dict[str, str]:
    """A row as he may have it: what is of him, and when and how; nothing of others who are named beside him (GDPR 15(4))."""
    shown = {trace.field.field: _text(names.own_part(_value(trace.row, trace.field.field)))}
    for field in trace.store.personal:
        if field.whose is trace.field.whose is not Whose.ANYBODY and _is_his(trace.row, field, names):
            shown[field.field] = _text(_value(trace.row, field.field))
    for column in trace.row._meta.concrete_fields:  # noqa: SLF001 - Django's public name for it.
        if column.name not in trace.store.declared and not column.is_relation and not column.primary_key:
            shown[column.name] = _text(_value(trace.row, column.name))
    return shown


def _is_his(row: Model, field: Personal, names: Names) -> bool:
    return field.holds is Holds.BESIDE or (field.holds is Holds.ADDRESS and names.are(_value(row, field.field)))


def _people(client: Client) -> QuerySet[User]:
    return User.objects.filter(pk__in=Membership.objects.filter(client=client).values("user"))


def _rows(store: Store, client: Client | None) -> QuerySet[Any]:
    """In the order of their keys."""
    model = model_of(store)
    rows: QuerySet[Any] = model._default_manager.order_by("pk")  # noqa: SLF001 - Django's public name for it.
    if client is None or issubclass(model, Owned):  # Whose manager sees to it.
        return rows
    return rows.filter(LIMITS[store.name](client))


def _naming(store: Store, field: Personal, names: Names, client: Client | None) -> Iterator[Model]:
    rows = _rows(store, client)
    if field.holds is Holds.PERSON:
        yield from rows.filter(**{f"{field.field}__email__in": names.addresses})
        return
    candidates = rows.alias(named=Cast(field.field, TextField())).filter(_perhaps(names))
    is_named = names.are if field.holds is Holds.ADDRESS else names.are_in
    for row in candidates.iterator(_ROWS_AT_ONCE):
        if is_named(_value(row, field.field)):
            yield row


def _perhaps(names: Names) -> Q:
    """What the database can say of it; JSON on SQLite has other letters than ASCII escaped."""
    found = Q()
    for address in names.addresses:
        found |= Q(named__icontains=address) | Q(named__icontains=json.dumps(address)[1:-1])
    return found


def _value(row: Model, field: str) -> Any:
    return getattr(row, field)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
