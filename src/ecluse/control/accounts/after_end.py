"""What is left of their access to the people of a client whose service is over (16-3, 15-5).

What they would expect: for ninety days its owners and administrators look at everything, fetch their data and their
invoices, and change nothing. Then owners keep the contract and its invoices alone, where a new offer is accepted, too. All
others are not let in any more. The provider's side keeps what it has.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from ecluse.control.accounts.models import Membership, User
from ecluse.control.accounts.roles import PERMISSIONS, PROVIDER_SIDE, Permission, Role
from ecluse.control.tenants.models import Client
from ecluse.domain.policy import ServiceState

LOOKED_AT = timedelta(days=90)  # What is held ends before, after 30 days at most (15-4).
_OF_CONTRACT = frozenset({Permission.SEE_BILLING, Permission.ACCEPT_CONTRACTS})
_LOOKING = _OF_CONTRACT | {
    Permission.SEE_CLIENT,
    Permission.SEE_LOG,
    Permission.SEE_CONTENT,
    Permission.SEE_MEMBERS,
    Permission.SEE_AUDIT,
}
_LOOKERS = (Role.OWNER, Role.ADMINISTRATOR)


def permissions_at(client: Client | None, role: Role) -> frozenset[Permission]:
    """What the role may do there now; at the provider where there is no client."""
    whole = PERMISSIONS[role]
    if client is None or client.state != ServiceState.ENDED or role in PROVIDER_SIDE:
        return whole
    if role not in _LOOKERS:
        return frozenset()
    return whole & (_LOOKING if is_looked_at(client) else _OF_CONTRACT)


def is_looked_at(client: Client) -> bool:
    """Whether the ninety days are not over."""
    until = looked_at_until(client)
    return until is None or timezone.now() < until


def looked_at_until(client: Client) -> datetime | None:
    """The end of the ninety days; None while it is served, or where nobody knows since when it is not."""
    if client.state != ServiceState.ENDED or client.state_since is None:
        return None
    return client.state_since + LOOKED_AT


def is_shut_out(user: User) -> bool:
    """Whether he belongs to clients, and may see nothing at any."""
    return shut_out().filter(pk=user.pk).exists()


def shut_out() -> QuerySet[User]:
    """All of them. Who belongs to nobody is none of them."""
    theirs = Membership.objects.filter(user=OuterRef("pk"))
    return User.objects.filter(Exists(theirs)).exclude(Exists(theirs.filter(_opens(timezone.now()))))


def _opens(now: datetime) -> Q:
    """A membership by which somebody may see anything, as `permissions_at` says."""
    served = Q(client=None) | ~Q(client__state=ServiceState.ENDED) | Q(role__in=PROVIDER_SIDE)
    recent = Q(client__state_since=None) | Q(client__state_since__gt=now - LOOKED_AT)
    return served | Q(role=Role.OWNER) | (Q(role=Role.ADMINISTRATOR) & recent)
