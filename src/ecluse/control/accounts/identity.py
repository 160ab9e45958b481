"""Identity providers of clients: setting one up, and whom its word lets in (read `recognise`).

A provider belongs to one client, which runs it: whoever runs it can say that anybody has come. So its word counts for that
client's own people alone, at addresses of domains that the client has proven, and for nobody who is anything elsewhere.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum

from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.models import Identity, IdentityProvider, Membership, User
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.keystore.services import unwrapped_secret, wrapped_secret
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.queries import proven_domains
from ecluse.domain.errors import Impossible

__all__ = ["IdentityProvider"]

MAX_SUBJECT = 255  # Octets: OpenID Connect Core 1.0 section 2.
_SLUG_OCTETS = 24
_PURPOSE = "secret at the identity provider"


class Reason(StrEnum):
    """Why somebody was not let in."""

    NOT_VERIFIED = "address-not-verified"
    OTHER_DOMAIN = "domain-not-the-clients"
    UNKNOWN = "not-a-member"
    ELSEWHERE = "member-elsewhere"
    OTHER_SUBJECT = "another-subject"


class NotRecognised(Impossible):
    """The provider's word does not let this person in."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider says of who has come."""

    subject: str
    email: str
    is_verified: bool


def provider_of(client: Client) -> IdentityProvider | None:
    """The client's own."""
    return IdentityProvider.objects.filter(client=client).first()


def find_provider(slug: str) -> IdentityProvider | None:
    """The one with this address."""
    with scopes_disabled():  # Nobody has signed in yet: the address alone says whose it is.
        return IdentityProvider.objects.filter(slug=slug).select_related("client").first()


def secret_of(provider: IdentityProvider) -> str:
    """What the provider wants to see of us. Raises `Impossible` without the master key."""
    return unwrapped_secret(provider.client_id, bytes(provider.secret), _PURPOSE).decode()


def set_provider(
    client: Client, *, name: str, issuer: str, application: str, secret: str, by: Actor
) -> IdentityProvider:
    """From now on the client's people may sign in there; an empty secret is the one before.

    At another issuer nobody is known yet, and the address is another one. Raises `Impossible`.
    """
    with change(by=by) as act:
        known = provider_of(client)
        before = None if known is None else _described(known)
        if known is not None and known.issuer != issuer:
            known.delete()
            known = None
        row = known or IdentityProvider(client=client, slug=secrets.token_urlsafe(_SLUG_OCTETS), issuer=issuer)
        if not secret and known is None:
            raise Impossible("a new identity provider needs a secret")
        row.name, row.application = name, application
        if secret:
            row.secret = wrapped_secret(client.pk, secret.encode(), _PURPOSE)
        row.save()
        act.record("identity-provider.set", row, client_id=client.pk, before=before, after=_described(row))
        return row


def remove_provider(provider: IdentityProvider, *, by: Actor) -> None:
    """Nobody signs in there any more; sessions that stand go on to their end."""
    with change(by=by) as act:
        act.record("identity-provider.removed", provider, client_id=provider.client_id, before=_described(provider))
        provider.delete()


def forget_identity(membership: Membership) -> None:
    """Within a change: whoever joins under that address again is a new person to the client's provider."""
    if membership.client is not None:
        with scope(client=membership.client):
            Identity.objects.filter(user=membership.user).delete()


def recognise(provider: IdentityProvider, claims: Claims, *, ip: str) -> User:
    """Whom the provider has sent; the first time, his subject is kept. Raises `NotRecognised`, which is recorded."""
    by = Actor(ActorKind.PERSON, claims.email, ip=ip)
    with scope(client=provider.client):
        try:
            user = _member(provider, claims)
        except NotRecognised as refusal:
            with change(by=by) as act:
                after = {"email": claims.email, "reason": refusal.reason.value}
                act.record("session.refused", provider, client_id=provider.client_id, after=after)
            raise
        if not Identity.objects.filter(provider=provider, user=user).exists():
            with change(by=by) as act:
                row = Identity.objects.create(
                    client=provider.client, provider=provider, user=user, subject=claims.subject
                )
                act.record("identity.linked", row, client_id=provider.client_id, after={"email": user.email})
        return user


def _member(provider: IdentityProvider, claims: Claims) -> User:
    """Somebody whom the provider may send. Raises `NotRecognised`."""
    if not claims.is_verified or not 0 < len(claims.subject) <= MAX_SUBJECT:
        raise NotRecognised(Reason.NOT_VERIFIED)
    if not proven_domains().filter(name=claims.email.rpartition("@")[2]).exists():
        raise NotRecognised(Reason.OTHER_DOMAIN)
    user = User.objects.filter(email=claims.email, is_active=True).first()
    memberships = Membership.objects.filter(user=user) if user is not None else Membership.objects.none()
    if user is None or not memberships.filter(client=provider.client).exists():
        raise NotRecognised(Reason.UNKNOWN)
    if memberships.exclude(client=provider.client).exists() or memberships.filter(client=None).exists():
        raise NotRecognised(Reason.ELSEWHERE)
    known = Identity.objects.filter(provider=provider)
    if set(known.filter(user=user).values_list("subject", flat=True)) - {claims.subject}:
        raise NotRecognised(Reason.OTHER_SUBJECT)
    if known.filter(subject=claims.subject).exclude(user=user).exists():
        raise NotRecognised(Reason.OTHER_SUBJECT)
    return user


def _described(provider: IdentityProvider) -> dict[str, object]:
    return {"name": provider.name, "issuer": provider.issuer, "application": provider.application}
