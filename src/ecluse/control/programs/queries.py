"""Which key somebody has shown, and what it may do where."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone
from django_scopes import scopes_disabled

from ecluse.control.accounts.after_end import permissions_at
from ecluse.control.accounts.links import digest_of
from ecluse.control.accounts.queries import Grant, grant_at, grant_at_provider
from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.programs.models import ApiKey
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import scope_of

__all__ = ["ApiKey"]

# What a key can be given: what operations of the API ask for. Keys make no keys, and name no identity provider: who finds
# one must not be able to stay.
SCOPES = (
    Permission.SEE_CLIENT,
    Permission.CHANGE_DOMAINS,
    Permission.CHANGE_ADDRESSES,
    Permission.CHANGE_LISTS,
    Permission.CHANGE_SETTINGS,
    Permission.SEE_LOG,
    Permission.REPORT_VERDICTS,
    Permission.SEE_CONTENT,
    Permission.RELEASE,
    Permission.SEE_MEMBERS,
    Permission.CHANGE_MEMBERS,
    Permission.CHANGE_WEBHOOKS,
    Permission.CHANGE_SENDING,
    Permission.SEE_AUDIT,
    Permission.SEE_BILLING,
    Permission.ACCEPT_CONTRACTS,
    Permission.CHANGE_CONTRACTS,
    Permission.ASK_SUPPORT,
    Permission.FOLLOW_TICKETS,
    Permission.ANSWER_OBJECTIONS,
    Permission.ANSWER_TICKETS,
    Permission.HANDLE_ABUSE,
    Permission.OPEN_RIGHTS,
    Permission.HANDLE_RIGHTS,
    Permission.SEE_INCIDENTS,
    Permission.HANDLE_INCIDENTS,
    Permission.SEE_REQUISITIONS,
    Permission.CHANGE_CLIENTS,
    Permission.SEE_NODES,
    Permission.RUN_NODES,
    Permission.REPORT_PROBES,
)
# No client's key has them.
OF_THE_PROVIDER = frozenset(
    {
        Permission.ANSWER_OBJECTIONS,
        Permission.CHANGE_CLIENTS,
        Permission.CHANGE_CONTRACTS,
        Permission.SEE_NODES,
        Permission.RUN_NODES,
        Permission.REPORT_PROBES,
        Permission.ANSWER_TICKETS,
        Permission.HANDLE_ABUSE,
        Permission.HANDLE_RIGHTS,
        Permission.HANDLE_INCIDENTS,
        Permission.SEE_REQUISITIONS,
    }
)


@dataclass(frozen=True, slots=True)
class KeyGrant:
    """What a key may do at one client, or for the provider where `client` is None."""

    client: Client | None
    role: Role  # Of who made it.
    permissions: frozenset[Permission]

    def allows(self, permission: Permission) -> bool:
        """Whether it may do that."""
        return permission in self.permissions


def find_key(secret: str) -> ApiKey | None:
    """The key in force with this secret."""
    now = timezone.now()
    with scopes_disabled():  # Whose it is only its secret says.
        in_force = ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
        return in_force.filter(digest=digest_of(secret)).select_related("client", "made_by").first()


def keys_of(client: Client | None) -> list[ApiKey]:
    """Those that were not revoked, of a client or of the provider."""
    with scope_of(client):
        return list(ApiKey.objects.filter(client=client, revoked_at=None).select_related("made_by"))


def find_key_of(client: Client | None, pk: int) -> ApiKey | None:
    """One of them."""
    return next((each for each in keys_of(client) if each.pk == pk), None)


def grant_of(key: ApiKey, client_id: int) -> KeyGrant | None:
    """What the key may do at this client; None for a stranger's, and for no client.

    Its maker lends it what he may himself: it loses what he loses, and all of it with his access (16-3).
    """
    if key.made_by is None or not key.made_by.is_active or key.client_id not in {None, client_id}:
        return None
    if key.client_id is None and grant_at_provider(key.made_by) is None:
        return None
    own = grant_at(key.made_by, client_id)
    return None if own is None else KeyGrant(own.client, own.role, _lent(key, own))


def grant_for_provider(key: ApiKey) -> KeyGrant | None:
    """What the provider's key may do beside any client; None for clients' keys."""
    if key.client_id is not None or key.made_by is None or not key.made_by.is_active:
        return None
    own = grant_at_provider(key.made_by)
    return None if own is None else KeyGrant(None, own.role, _lent(key, own))


def any_grant(key: ApiKey) -> KeyGrant | None:
    """Where it belongs: at its client, or at the provider; None once its maker has nothing to lend any more."""
    return grant_for_provider(key) if key.client_id is None else grant_of(key, key.client_id)


def clients_for(key: ApiKey) -> QuerySet[Client]:
    """The clients at which it may do anything: a vantage point, which stands elsewhere, does not learn who they are."""
    grant = any_grant(key)
    if grant is None or grant.permissions <= {Permission.REPORT_PROBES}:
        return Client.objects.none()
    return Client.objects.all() if key.client_id is None else Client.objects.filter(pk=key.client_id)


def _lent(key: ApiKey, own: Grant) -> frozenset[Permission]:
    """What its maker is by himself, without what broken glass lends him, and no more than is left to him (16-3)."""
    return (
        permissions_at(own.client, own.role)
        & set(SCOPES)
        & {Permission(each) for each in key.scopes if each in set(Permission)}
    )
