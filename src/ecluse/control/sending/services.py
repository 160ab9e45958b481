"""What may be done with connectors; each function is one change, recorded and published. In the client's scope."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Q
from django_scopes import scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.sending.models import Connector
from ecluse.control.sending.queries import own_domains, terms_of
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.queries import gone_domains
from ecluse.domain.errors import Impossible
from ecluse.domain.publication import Kind
from ecluse.wire.connector_terms import BadConnector, ConnectorTerms, Sha256, connector_of
from ecluse.wire.sasl.scram import make_key, written
from ecluse.wire.sasl.secret import new_secret

MOST_CONNECTORS = 100  # Of one client.
SECRETS = frozenset({"key", "token"})  # Of no use to whoever reads the trail, and yet not for it.


class TooManyConnectors(Impossible):
    """One must be removed first."""


def add_connector(client: Client, terms: ConnectorTerms, *, with_token: bool = False, by: Actor) -> str:
    """A new one, and its secret, which is told once; "" where a certificate or a network is the proof.

    `with_token`: each message shall carry the secret. Raises `BadConnector`, `TooManyConnectors`.
    """
    terms, secret = _with_secret(terms, with_token=with_token)
    connector_of(client.name, own_domains(client), terms)
    if Connector.objects.count() >= MOST_CONNECTORS:
        raise TooManyConnectors(f"more than {MOST_CONNECTORS} connectors")
    with change(by=by) as act:
        row = _created(client, terms, act)
        act.record("connector.added", row, client_id=client.pk, after=described(row))
        _touch(act, row)
    return secret


def change_connector(row: Connector, terms: ConnectorTerms, *, by: Actor) -> None:
    """Other terms from now on; name, login and secret stay: they are what servers are set up with. Raises `BadConnector`."""
    before = terms_of(row)
    if terms.name != before.name:
        raise BadConnector("name", "expected the name that it has")
    if (terms.login or "").casefold() != (before.login or "").casefold():
        raise BadConnector("login", "expected the login that it has")
    terms = msgspec.structs.replace(terms, key=before.key, token=before.token)
    connector_of(row.client.name, own_domains(row.client), terms)
    with change(by=by) as act:
        told, row.terms = described(row), _plain(terms)
        row.save(update_fields=["terms"])
        act.record("connector.changed", row, client_id=row.client_id, before=told, after=described(row))
        _touch(act, row)


def renew_secret(row: Connector, *, by: Actor) -> str:
    """Another secret, told once; the former one is worth nothing from now on. Raises `Impossible` where it has none."""
    if not _has_secret(row):
        raise Impossible("this connector has no secret")
    return _replace_secret(row, "connector.secret-renewed", by=by)


def revoke_secret(row: Connector, *, by: Actor) -> None:
    """Its secret is worth nothing from now on, until it is renewed (16-3); nothing where it has none."""
    if _has_secret(row):
        _replace_secret(row, "connector.secret-revoked", by=by)


def remove_connector(row: Connector, *, by: Actor) -> None:
    """Nothing comes in by it any more, within seconds."""
    with change(by=by) as act:
        act.record("connector.removed", row, client_id=row.client_id, before=described(row))
        _touch(act, row)
        row.delete()


def follow_domains(act: Change) -> None:
    """A login opens while its domain is its client's: it closes with the domain, and opens where that comes back."""
    touched = [key for kind, key in act.touched if kind == Kind.DOMAIN]
    if not touched:
        return
    with scopes_disabled():  # A change may concern several clients; its service has looked at who may do that.
        of_gone = (Q(login__endswith=f"@{name}") for name in gone_domains(act))
        for whose in (Q(client__domains__name__in=touched), *of_gone):
            rows = Connector.objects.filter(whose, login__isnull=False).select_related("client")
            for row in rows.distinct():
                _touch(act, row)


def _has_secret(row: Connector) -> bool:
    return bool(SECRETS & row.terms.keys())


def _replace_secret(row: Connector, action: str, *, by: Actor) -> str:
    secret = new_secret()
    with change(by=by) as act:
        row.terms = {**row.terms, **{name: _kept(name, secret) for name in SECRETS & row.terms.keys()}}
        row.save(update_fields=["terms"])
        act.record(action, row, client_id=row.client_id, after=described(row))
        _touch(act, row)
    return secret


def _with_secret(terms: ConnectorTerms, *, with_token: bool) -> tuple[ConnectorTerms, str]:
    name = "key" if terms.login else "token" if with_token else ""
    if not name:
        return terms, ""
    secret = new_secret()
    value = _kept(name, secret)
    return msgspec.structs.replace(terms, **{name: value if name == "key" else Sha256(value)}), secret


def _kept(name: str, secret: str) -> str:
    """What the secret is checked by."""
    return written(make_key(secret)) if name == "key" else hashlib.sha256(secret.encode()).hexdigest()


def _created(client: Client, terms: ConnectorTerms, act: Change) -> Connector:
    try:
        with transaction.atomic():
            return Connector.objects.create(
                client=client,
                name=terms.name,
                login=(terms.login or "").casefold() or None,
                terms=_plain(terms),
                made_by=act.by.name,
                made_at=act.at,
            )
    except IntegrityError as taken:
        is_login = bool(terms.login) and not Connector.objects.filter(name=terms.name).exists()
        raise BadConnector("login" if is_login else "name", "expected another one: it is taken") from taken


def _touch(act: Change, row: Connector) -> None:
    """As `published_connector` reads its key."""
    act.touch(Kind.CONNECTOR, f"{row.client.name}/{row.name}")


def _plain(terms: ConnectorTerms) -> dict[str, Any]:
    """Without what is as it is anyway."""
    whole, ours = (msgspec.to_builtins(each, enc_hook=str) for each in (terms, ConnectorTerms(name="")))
    return {key: value for key, value in whole.items() if value != ours[key]}


def described(row: Connector) -> dict[str, Any]:
    """Its terms, without what its secret is checked by."""
    return {key: value for key, value in row.terms.items() if key not in SECRETS}
