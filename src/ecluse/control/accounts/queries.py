"""Who somebody is, and what he may do where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from ecluse.control.accounts.after_end import permissions_at
from ecluse.control.accounts.break_glass import BreakGlass, lent, lent_as_somebody, open_glass, people_to_act_as
from ecluse.control.accounts.links import digest_of
from ecluse.control.accounts.models import Invitation, Membership, SignInLink, SignInRules, User
from ecluse.control.accounts.roles import NEEDS_SECOND_FACTOR, Permission, Role
from ecluse.control.tenants.models import Client

__all__ = ["Client", "Invitation", "Membership", "User"]


@dataclass(frozen=True, slots=True)
class Grant:
    """What one person may do at one client, or at the provider where `client` is None."""

    client: Client | None
    role: Role
    glass: BreakGlass | None = None  # While he acts for the client.
    seen_as: Role | None = None  # Of the person as whom he sees the console.

    @property
    def permissions(self) -> frozenset[Permission]:
        """All that he may do."""
        if self.glass is not None and self.seen_as is not None:
            return permissions_at(self.client, self.seen_as) & lent_as_somebody(self.glass)
        return permissions_at(self.client, self.role) | lent(self.glass)

    def allows(self, permission: Permission) -> bool:
        """Whether he may do that."""
        return permission in self.permissions


def grant_at(user: User, client_id: int) -> Grant | None:
    """What the person is to that client, himself or as one of the provider's; None for a stranger, and for no client."""
    client = Client.objects.filter(pk=client_id).first()
    if client is None:
        return None
    own = Membership.objects.filter(user=user, client=client).first()
    if own is not None:
        return Grant(client, Role(own.role))
    membership = _at_provider(user)
    return None if membership is None else _through_glass(Role(membership.role), client, open_glass(user, client))


def grant_at_provider(user: User) -> Grant | None:
    """What the person is to the provider; None for everybody else."""
    membership = _at_provider(user)
    return None if membership is None else Grant(None, Role(membership.role))


def clients_of(user: User, at_provider: Grant | None) -> QuerySet[Client]:
    """The clients that the person may enter: all of them for the provider's people, who have a grant there."""
    if at_provider is not None:
        return Client.objects.all()
    return Client.objects.filter(memberships__user=user)


def needs_second_factor(user: User) -> bool:
    """Whether a password alone is not enough for this person: by one of his roles, or by one of his clients."""
    memberships = Membership.objects.filter(user=user)
    if memberships.filter(role__in=NEEDS_SECOND_FACTOR).exists():
        return True
    return SignInRules.objects.filter(client__memberships__user=user, demands_second_factor=True).exists()


def demands_second_factor(client: Client) -> bool:
    """Whether this client demands a second factor of all its people."""
    return SignInRules.objects.filter(client=client, demands_second_factor=True).exists()


def members_of(client: Client | None) -> QuerySet[Membership]:
    """The people of a client, or of the provider."""
    return Membership.objects.filter(client=client).select_related("user")


def people_in(roles: Iterable[Role], client: Client | None) -> QuerySet[User]:
    """Who has one of these roles at a client, or at the provider, and may sign in; by their addresses."""
    memberships = Membership.objects.filter(client=client, role__in=roles)
    return User.objects.filter(is_active=True, pk__in=memberships.values("user"))


def open_invitations(client: Client | None) -> QuerySet[Invitation]:
    """Those that may still be accepted."""
    return Invitation.objects.filter(client=client, closed_at=None, expires_at__gt=timezone.now())


def find_invitation(secret: str) -> Invitation | None:
    """The open invitation with this secret, as it was shown or as it was mailed."""
    digest = digest_of(secret)
    found = Invitation.objects.filter(Q(digest=digest) | Q(mailed_digest=digest))
    return found.filter(closed_at=None, expires_at__gt=timezone.now()).select_related("client").first()


def find_sign_in_link(secret: str) -> SignInLink | None:
    """The unused link with this secret."""
    links = SignInLink.objects.filter(digest=digest_of(secret), used_at=None, expires_at__gt=timezone.now())
    return links.filter(user__is_active=True).select_related("user").first()


def find_user(email: str) -> User | None:
    """The person with this address."""
    return User.objects.filter(email=email.strip().lower()).first()


def _through_glass(role: Role, client: Client, glass: BreakGlass | None) -> Grant:
    """Who has left the client meanwhile is nobody to be seen as: then it lends nothing."""
    if glass is None or not glass.acts_as:
        return Grant(client, role, glass)
    person = people_to_act_as(client).filter(user__email=glass.acts_as).first()
    return Grant(client, role) if person is None else Grant(client, role, glass, Role(person.role))


def _at_provider(user: User) -> Membership | None:
    return Membership.objects.filter(user=user, client=None).first()
