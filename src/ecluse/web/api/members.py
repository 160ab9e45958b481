"""People of a client: who they are, what they may do, and letting somebody in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts import queries, services
from ecluse.control.accounts.identity import provider_of
from ecluse.control.accounts.queries import Invitation, Membership
from ecluse.control.accounts.roles import CLIENT_ROLES, Permission, Role, grantable
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.pages import or_404

router = Router(tags=["People"])


class MemberOut(BaseModel):
    """What a person is to the client."""

    id: int
    email: str
    name: str
    role: str
    last_sign_in: datetime | None


class InvitationOut(BaseModel):
    """Lets one person in, once."""

    id: int
    email: str
    role: str
    invited_by: str
    expires_at: datetime


class InvitedOut(InvitationOut):
    """With the link, which is told once."""

    link: str


class InvitationIn(BaseModel):
    """Whom to let in, and as what."""

    model_config = ConfigDict(extra="forbid")
    email: texts.Email
    role: Role


class RoleIn(BaseModel):
    """What he is from now on."""

    model_config = ConfigDict(extra="forbid")
    role: Role


class SecondFactor(BaseModel):
    """Whether a password alone is not enough for the client's people."""

    model_config = ConfigDict(extra="forbid")
    is_demanded: bool = Field(description="true: everybody here needs a passkey or an authenticator app.")


class IdentityProviderOut(BaseModel):
    """A client's own (OpenID Connect)."""

    name: str
    issuer: str
    application: str = Field(description="As which it knows us.")


class SignInElsewhere(BaseModel):
    """Whose word lets the client's people in, beside ours."""

    provider: IdentityProviderOut | None


@operation(router, "GET", "/members", Permission.SEE_MEMBERS)
def list_members(call: Call, asked: Query[Asked]) -> Page[MemberOut]:
    """The client's people."""
    return page_of(queries.members_of(call.client), asked, _member)


@operation(router, "PUT", "/members/{int:membership_id}/role", Permission.CHANGE_MEMBERS)
def change_role(call: Call, membership_id: int, body: RoleIn) -> MemberOut:
    """He is something else from now on."""
    member = _find(call, membership_id)
    if body.role not in _grants(call):
        raise services.OutOfReach(body.role)
    services.change_role(member, body.role, by=call.by)
    return _member(member)


@operation(router, "DELETE", "/members/{int:membership_id}", Permission.CHANGE_MEMBERS, status=204)
def dismiss_member(call: Call, membership_id: int) -> None:
    """He no longer has access, and neither have keys that he made."""
    services.dismiss(_find(call, membership_id), by=call.by)


@operation(router, "GET", "/invitations", Permission.SEE_MEMBERS)
def list_invitations(call: Call, asked: Query[Asked]) -> Page[InvitationOut]:
    """Those that may still be accepted."""
    return page_of(queries.open_invitations(call.client), asked, _invitation)


@operation(router, "POST", "/invitations", Permission.CHANGE_MEMBERS, status=201)
def invite_member(call: Call, body: InvitationIn) -> InvitedOut:
    """Make the link; hand it to the person. An older invitation of his is withdrawn."""
    email = body.email.lower()
    _demand_another(call, email)
    secret = services.invite(email, body.role, call.client, by=call.by, grants=_grants(call))
    made = queries.open_invitations(call.client).get(email=email)
    link = settings.ECLUSE_URL + reverse("join", args=[secret])
    return InvitedOut(**_invitation(made).model_dump(), link=link)


@operation(router, "DELETE", "/invitations/{int:invitation_id}", Permission.CHANGE_MEMBERS, status=204)
def withdraw_invitation(call: Call, invitation_id: int) -> None:
    """The link no longer lets anybody in."""
    invitation = or_404(queries.open_invitations(call.client).filter(pk=invitation_id).first())
    services.withdraw(invitation, by=call.by, grants=_grants(call))


@operation(router, "GET", "/second-factor", Permission.SEE_MEMBERS)
def show_second_factor(call: Call) -> SecondFactor:
    """Whether the client demands one of its people."""
    return SecondFactor(is_demanded=queries.demands_second_factor(call.client))


@operation(router, "PUT", "/second-factor", Permission.CHANGE_MEMBERS)
def set_second_factor(call: Call, body: SecondFactor) -> SecondFactor:
    """Whether the client demands one of its people from now on."""
    services.demand_second_factor(call.client, demands=body.is_demanded, by=call.by)
    return body


@operation(router, "GET", "/identity-provider", Permission.SEE_MEMBERS)
def show_identity_provider(call: Call) -> SignInElsewhere:
    """Where the client's people may sign in beside here. Setting it up is left to an owner, at the console."""
    known = provider_of(call.client)
    if known is None:
        return SignInElsewhere(provider=None)
    provider = IdentityProviderOut(name=known.name, issuer=known.issuer, application=known.application)
    return SignInElsewhere(provider=provider)


def _grants(call: Call) -> Collection[Role]:
    """Whom the role of who made the key may let in at a client."""
    return grantable(call.grant.role) & set(CLIENT_ROLES)


def _find(call: Call, membership_id: int) -> Membership:
    """Somebody of this client whom the role of the key's maker reaches, and not himself. Raises `OutOfReach`."""
    found = or_404(queries.members_of(call.client).filter(pk=membership_id).first())
    if found.role not in _grants(call):
        raise services.OutOfReach(found.role)
    _demand_another(call, found.user.email)
    return found


def _demand_another(call: Call, email: str) -> None:
    if call.key.made_by is not None and call.key.made_by.email == email:
        raise services.OwnRole("nobody changes what he is himself, by a key of his either")


def _member(row: Membership) -> MemberOut:
    user = row.user
    return MemberOut(id=row.pk, email=user.email, name=user.name, role=row.role, last_sign_in=user.last_login)


def _invitation(row: Invitation) -> InvitationOut:
    return InvitationOut(
        id=row.pk, email=row.email, role=row.role, invited_by=row.invited_by, expires_at=row.expires_at
    )
