"""Links by mail: asked for by anybody, made by a job, so that no answer and no delay tells whether an address exists."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django_scopes import scopes_disabled

from ecluse.control.accounts.models import Membership, SignInRequest, User
from ecluse.control.accounts.roles import NEEDS_SECOND_FACTOR, Role
from ecluse.control.accounts.services import make_sign_in_link
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.tenants.models import Address
from ecluse.domain.policy import ServiceState

MAX_EMAIL = 254
AT_ONCE = 100
_BY = Actor(ActorKind.JOB, "links by mail")


@dataclass(frozen=True, slots=True)
class MailedLink:
    """What is to be mailed."""

    email: str
    secret: str
    language: str


def ask_for_link(email: str, language: str) -> None:
    """Whoever that is shall get a link, if he is somebody."""
    SignInRequest.objects.create(email=email.strip().lower()[:MAX_EMAIL], language=language)


def links_asked_for() -> list[MailedLink]:
    """Make the links that were asked for, each once; some at a time. Over all clients."""
    requests = list(SignInRequest.objects.all()[:AT_ONCE])
    SignInRequest.objects.filter(pk__in=[each.pk for each in requests]).delete()
    languages = {each.email: each.language for each in requests}
    found = ((email, language, _person(email)) for email, language in languages.items())
    return [MailedLink(email, make_sign_in_link(user, by=_BY), language) for email, language, user in found if user]


def _person(email: str) -> User | None:
    """Who may come by a link: people of clients, and whoever reads a mailbox of one, who is known from then on."""
    user = User.objects.filter(email=email).first()
    if user is None:
        return _reader(email)
    is_trusted_with_more = Membership.objects.filter(user=user, role__in=NEEDS_SECOND_FACTOR).exists()
    return user if user.is_active and not is_trusted_with_more else None


def _reader(email: str) -> User | None:
    """A new person for a mailbox that is on a client's list; by a link alone, since he has no password."""
    with scopes_disabled():  # Nobody has signed in yet: the mailbox itself will show whose it is.
        mailboxes = Address.objects.filter(is_alias=False, domain__proven_at__isnull=False).select_related("client")
        address = mailboxes.filter(key=email).first()
    if address is None or address.client.state != ServiceState.ACTIVE:
        return None
    with transaction.atomic(), change(by=_BY) as act:
        user = User.objects.create_user(email, name=address.name)
        Membership.objects.create(user=user, client=address.client, role=Role.USER)
        act.record(
            "member.joined", user, client_id=address.client_id, after={"email": email, "role": Role.USER, "by": "link"}
        )
    return user
