"""Which program calls, and whether it may: the key, how often, which client, which scope; in this order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from django.http import HttpRequest
from ninja.security import HttpBearer

from ecluse.control.accounts.queries import Client
from ecluse.control.accounts.roles import PROVIDER_ROLES, Permission
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.programs import queries, services
from ecluse.control.programs.queries import ApiKey, KeyGrant
from ecluse.web.api.problems import NO_KEY, NOT_FOUND, NOT_JSON, SCOPE_MISSING, TOO_OFTEN, Problem, invalid
from ecluse.web.limits import Limit
from ecluse.web.who import ip_of

CALLS = Limit("api-calls", 600, 60)  # By key.
UNKNOWN_KEYS = Limit("api-unknown-keys", 60, 600)  # By network address; who has a key is not kept out by it.


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a program."""

    request: HttpRequest
    key: ApiKey
    secret: str
    grant: KeyGrant
    by: Actor

    @property
    def client(self) -> Client:
        """Whose address it is."""
        if self.grant.client is None:
            raise Problem(NOT_FOUND)
        return self.grant.client

    @property
    def is_of_provider(self) -> bool:
        """One of the provider's people has made the key."""
        return self.grant.role in PROVIDER_ROLES

    def demand_client_side(self) -> None:
        """Nobody is both parties. Raises `Problem`."""
        if self.is_of_provider:
            raise Problem(SCOPE_MISSING, "It is the client's own word: a key that one of its people has made says it.")

    def client_named(self, client_id: int) -> Client:
        """Whom the body names by `client_id`. Raises `Problem` where the key may do nothing there, or nobody is."""
        found = queries.clients_for(self.key).filter(pk=client_id).first()
        if found is None:
            raise invalid("body.client_id", "a client")
        return found


AnyOf: TypeAlias = Permission | tuple[Permission, ...] | None  # Of several one will do; None: any key.


def scopes_of(permission: AnyOf) -> tuple[Permission, ...]:
    """Of which a key needs one; () where any key will do."""
    if permission is None:
        return ()
    return permission if isinstance(permission, tuple) else (permission,)


class ApiKeyAuth(HttpBearer):
    """A key that has a scope, at the client that the address names, or at the provider where it names none."""

    def __init__(self, permission: AnyOf) -> None:
        """None: any key at all will do."""
        super().__init__()
        self._scopes = scopes_of(permission)

    def __call__(self, request: HttpRequest) -> Call:
        """See ninja. Raises `Problem`."""
        found: Call | None = super().__call__(request)
        if found is None:
            raise _unknown(request)
        return found

    def authenticate(self, request: HttpRequest, token: str) -> Call:
        """See ninja. Raises `Problem`."""
        key = queries.find_key(token)
        own = None if key is None else queries.any_grant(key)
        if key is None or own is None:
            raise _unknown(request)
        if CALLS.is_reached(str(key.pk)):
            raise Problem(TOO_OFTEN, wait_s=CALLS.within_s)
        services.note_use(key, ip_of(request))
        call = Call(request, key, token, self._grant(request, key, own), _actor(key, ip_of(request)))
        if self._scopes and not any(map(call.grant.allows, self._scopes)):
            raise Problem(SCOPE_MISSING, f"It takes the scope {' or '.join(self._scopes)}.")
        if request.body and request.content_type != "application/json":
            raise Problem(NOT_JSON)
        return call

    def _grant(self, request: HttpRequest, key: ApiKey, own: KeyGrant) -> KeyGrant:
        """`own`: what the key has where it belongs. Raises `Problem`."""
        match = request.resolver_match
        client_id = None if match is None else match.kwargs.get("client_id")
        if client_id is None:
            grant = own if not self._scopes or key.client_id is None else None
        else:
            grant = own if client_id == key.client_id else queries.grant_of(key, client_id)
        if grant is None:
            raise Problem(NOT_FOUND)
        return grant


def _unknown(request: HttpRequest) -> Problem:
    is_guessing = UNKNOWN_KEYS.is_reached(ip_of(request))
    return Problem(TOO_OFTEN, wait_s=UNKNOWN_KEYS.within_s) if is_guessing else Problem(NO_KEY)


def _actor(key: ApiKey, ip: str) -> Actor:
    return Actor(ActorKind.API_KEY, key.name, id=key.pk, ip=ip)
