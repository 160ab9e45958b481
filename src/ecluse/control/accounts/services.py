"""What may be done to people; each function is one change, recorded."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone

from ecluse.control.accounts.identity import forget_identity
from ecluse.control.accounts.links import digest_of, new_secret
from ecluse.control.accounts.models import Invitation, Membership, SignInLink, SignInRules, User
from ecluse.control.accounts.roles import PROVIDER_SIDE, Role
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible

MAILED_A_DAY = 100  # Invitations of one client; beyond, the link is there to be handed over.
INVITATION_LASTS = timedelta(days=7)
SIGN_IN_LINK_LASTS = timedelta(hours=1)


class LinkUsed(Impossible):
    """The link was used, withdrawn, or has expired."""


class LastOwner(Impossible):
    """Somebody must remain who can let others in."""


class OutOfReach(Impossible):
    """The actor's own role does not reach that far."""


class OwnRole(Impossible):
    """Nobody lets himself in, or changes what he is himself."""


class ProviderSide(Impossible):
    """Who works for the provider or a reseller is none of a client's own people: he would see content (14-2)."""


def invite(email: str, role: Role, client: Client | None, *, by: Actor, grants: Collection[Role]) -> str:
    """Let somebody in as that; the secret of his link, which is told once. An older invitation of his is withdrawn.

    A job mails him a link of its own, too, unless many were invited that day: nobody fills strangers' mailboxes by us.
    `grants`: what the actor may make of others. Raises `OutOfReach`, for the older invitation as well, and `OwnRole`.
    """
    email = email.strip().lower()
    if email == by.name:
        raise OwnRole("nobody lets himself in")
    secret = new_secret()
    with change(by=by) as act:
        older = Invitation.objects.filter(email=email, client=client, closed_at=None)
        _demand_reach(grants, role, *older.filter(expires_at__gt=act.at).values_list("role", flat=True))
        older.update(closed_at=act.at)
        row = Invitation.objects.create(
            email=email,
            client=client,
            role=role,
            digest=digest_of(secret),
            invited_by=by.name,
            expires_at=act.at + INVITATION_LASTS,
            wants_mail=_invited_since(client, act.at - timedelta(days=1)) < MAILED_A_DAY,
        )
        act.record("member.invited", row, client_id=row.client_id, after={"email": email, "role": role})
    return secret


def _invited_since(client: Client | None, since: datetime) -> int:
    return Invitation.objects.filter(client=client, created_at__gt=since).count()


def withdraw(invitation: Invitation, *, by: Actor, grants: Collection[Role]) -> None:
    """The link no longer lets anybody in. Raises `LinkUsed`, and `OutOfReach` as `invite` does."""
    _demand_reach(grants, invitation.role)
    with change(by=by) as act:
        _close(invitation)
        before = {"email": invitation.email, "role": invitation.role}
        act.record("member.invitation-withdrawn", invitation, client_id=invitation.client_id, before=before)


def withdraw_all(client: Client, *, by: Actor) -> None:
    """No link lets anybody in any more at this client: its service is over (16-3)."""
    with change(by=by) as act:
        for each in Invitation.objects.filter(client=client, closed_at=None):
            Invitation.objects.filter(pk=each.pk).update(closed_at=act.at)
            before = {"email": each.email, "role": each.role}
            act.record("member.invitation-withdrawn", each, client_id=client.pk, before=before)


def accept(invitation: Invitation, password: str, *, name: str = "", language: str = "", ip: str) -> User:
    """The invited person joins, and chooses a password where he has no account yet.

    What he was at the same client before ends. Raises `LinkUsed`, `ProviderSide`, `LastOwner`.
    """
    by = Actor(ActorKind.PERSON, invitation.email, ip=ip)
    with change(by=by) as act:
        _close(invitation)
        user = User.objects.filter(email=invitation.email).first()
        if user is None:
            user = User.objects.create_user(invitation.email, password, name=name, language=language)
        _demand_one_side(user, invitation.role, invitation.client)
        for before in Membership.objects.filter(user=user, client=invitation.client):
            _demand_another_owner(before, Role(invitation.role))
        Membership.objects.update_or_create(user=user, client=invitation.client, defaults={"role": invitation.role})
        after = {"email": user.email, "role": invitation.role}
        act.record("member.joined", user, client_id=invitation.client_id, after=after)
        return user


def change_role(membership: Membership, role: Role, *, by: Actor) -> None:
    """He is something else from now on. Raises `OwnRole`, `ProviderSide`, `LastOwner`."""
    if membership.user.email == by.name:
        raise OwnRole("nobody changes what he is himself")
    with change(by=by) as act:
        _demand_one_side(membership.user, role, membership.client)
        _demand_another_owner(membership, role)
        before = {"email": membership.user.email, "role": membership.role}
        membership.role = role
        membership.save(update_fields=["role"])
        after = {"email": membership.user.email, "role": role}
        act.record("member.role-changed", membership.user, client_id=membership.client_id, before=before, after=after)


def dismiss(membership: Membership, *, by: Actor) -> None:
    """He no longer belongs to it (16-3). Raises `LastOwner`."""
    with change(by=by) as act:
        _demand_another_owner(membership, None)
        before = {"email": membership.user.email, "role": membership.role}
        act.record("member.dismissed", membership.user, client_id=membership.client_id, before=before)
        forget_identity(membership)
        membership.delete()


def demand_second_factor(client: Client, *, demands: bool, by: Actor) -> None:
    """Whether a password alone is enough for this client's people."""
    with change(by=by) as act:
        rules, _ = SignInRules.objects.get_or_create(client=client)
        before = {"demands_second_factor": rules.demands_second_factor}
        rules.demands_second_factor = demands
        rules.save(update_fields=["demands_second_factor"])
        after = {"demands_second_factor": demands}
        act.record("client.sign-in-rules-set", client, client_id=client.pk, before=before, after=after)


def make_sign_in_link(user: User, *, by: Actor) -> str:
    """A link that signs this person in, once, within the hour: its secret."""
    secret = new_secret()
    with change(by=by) as act:
        SignInLink.objects.create(user=user, digest=digest_of(secret), expires_at=act.at + SIGN_IN_LINK_LASTS)
        act.record("sign-in-link.made", user, after={"email": user.email})
    return secret


def use_sign_in_link(link: SignInLink) -> User:
    """The person that it signs in. Raises `LinkUsed`."""
    claimed = SignInLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now())
    if not claimed:
        raise LinkUsed("the link was used before")
    return link.user


def record_account_act(action: str, user: User, *, by: Actor, after: dict[str, object] | None = None) -> None:
    """What a person did to his own account, in the trail of each client of his: sign-in, password, second factor (4-6)."""
    clients = Membership.objects.filter(user=user).values_list("client_id", flat=True)
    with change(by=by) as act:
        for client_id in clients or (None,):
            act.record(action, user, client_id=client_id, after=after)


def set_language(user: User, language: str) -> None:
    """What he reads the console in; a matter of taste, so nothing is recorded."""
    User.objects.filter(pk=user.pk).update(language=language)


def _close(invitation: Invitation) -> None:
    open_ones = Invitation.objects.filter(pk=invitation.pk, closed_at=None, expires_at__gt=timezone.now())
    if not open_ones.update(closed_at=timezone.now()):
        raise LinkUsed("the invitation was accepted or withdrawn, or has expired")


def _demand_reach(grants: Collection[Role], *roles: str) -> None:
    if not set(roles) <= set(grants):
        raise OutOfReach("the actor's own role does not reach that far")


def _demand_one_side(user: User, role: str, client: Client | None) -> None:
    """What he is at this client now ends: from its own people to the provider's side, and never back."""
    theirs = Membership.objects.filter(user=user)
    if role in PROVIDER_SIDE:
        on_the_other = theirs.exclude(role__in=PROVIDER_SIDE).exclude(client=client)
    else:
        on_the_other = theirs.filter(role__in=PROVIDER_SIDE)
    if on_the_other.exists():
        raise ProviderSide("who works for the provider or a reseller is none of a client's own people")


def _demand_another_owner(membership: Membership, role: Role | None) -> None:
    owners = {Role.OWNER, Role.PROVIDER_OWNER}
    if membership.role not in owners or role in owners:
        return
    others = Membership.objects.filter(client=membership.client, role=membership.role).exclude(pk=membership.pk)
    if not others.exists():
        raise LastOwner("somebody must remain who can let others in")
