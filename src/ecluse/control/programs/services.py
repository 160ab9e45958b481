"""What may be done to keys; each function but `note_use` is one change, recorded."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone

from ecluse.control.accounts.links import digest_of
from ecluse.control.accounts.models import User
from ecluse.control.accounts.roles import Permission
from ecluse.control.accounts.services import OutOfReach
from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.programs.models import ApiKey
from ecluse.control.programs.queries import keys_of
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import scope_of
from ecluse.domain.errors import Impossible

MOST_KEYS = 50  # Of one client, and of the provider.
_MARK = "ecl_"  # So that those who look for secrets in what they publish find ours.
_OCTETS = 32
_SHOWN = 10
_NOTED_EVERY = timedelta(minutes=1)


class TooManyKeys(Impossible):
    """Some must be revoked first."""


def make_key(
    client: Client | None,
    name: str,
    scopes: Collection[Permission],
    *,
    may_lend: Collection[Permission],
    expires_at: datetime | None,
    by: Actor,
) -> str:
    """A new key of this client's, or the provider's: its secret, which is told once. Raises `OutOfReach`, `TooManyKeys`."""
    if not set(scopes) <= set(may_lend):
        raise OutOfReach("nobody lends what he does not have")
    if len(keys_of(client)) >= MOST_KEYS:
        raise TooManyKeys(f"more than {MOST_KEYS} keys")
    secret = _MARK + secrets.token_urlsafe(_OCTETS)
    with scope_of(client), change(by=by) as act:
        key = ApiKey.objects.create(
            client=client,
            name=name,
            begins=secret[:_SHOWN],
            digest=digest_of(secret),
            scopes=sorted(scopes),
            made_by=User.objects.get(pk=by.id or 0),
            made_at=act.at,
            expires_at=expires_at,
        )
        act.record("api-key.made", key, client_id=key.client_id, after=_described(key))
    return secret


def revoke_key(key: ApiKey, *, by: Actor) -> None:
    """It opens nothing from now on."""
    with scope_of(key.client), change(by=by) as act:
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=act.at):
            act.record("api-key.revoked", key, client_id=key.client_id, before=_described(key))


def note_use(key: ApiKey, ip: str) -> None:
    """When it was used last, and from where: to the minute, so that reading does not become writing."""
    now = timezone.now()
    if key.used_at is None or key.used_at < now - _NOTED_EVERY:
        with scope_of(key.client):
            ApiKey.objects.filter(pk=key.pk).update(used_at=now, used_from=ip or None)


def _described(key: ApiKey) -> dict[str, object]:
    until = key.expires_at.isoformat() if key.expires_at else None
    return {"name": key.name, "begins": key.begins, "scopes": key.scopes, "until": until}
