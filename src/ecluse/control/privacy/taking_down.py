"""What a client had set up goes after its end (15-6): each by the service that removes it, where there is one.

What goes are the stores that are declared `Kept.WHILE_USED`. Owners stay for the contract and its invoices, as
`accounts/after_end.py` says, and so does who belongs to the provider's side. Contracts, books, closings and the trail have
terms of their own.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import models
from django_scopes import scopes_disabled

from ecluse.control.accounts.identity import remove_provider
from ecluse.control.accounts.models import BreakGlass, IdentityProvider, Membership, SignInRules, User
from ecluse.control.accounts.roles import PROVIDER_SIDE, Role
from ecluse.control.accounts.services import dismiss
from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.contracts.models import NoticeAddress
from ecluse.control.directories.models import Directory
from ecluse.control.directories.services import remove_directory
from ecluse.control.keystore.models import SealingKey
from ecluse.control.keystore.services import destroy_keys
from ecluse.control.learning.folders import remove_mailbox
from ecluse.control.learning.models import Lesson, LessonMailbox, SharedLesson
from ecluse.control.mail.models import DigestRules, DigestWish, QuarantineRules
from ecluse.control.policies.models import ClientWishes, FilterWish, ListEntry
from ecluse.control.programs.models import ApiKey
from ecluse.control.programs.services import revoke_key
from ecluse.control.sending.models import Connector
from ecluse.control.sending.services import remove_connector
from ecluse.control.sla.status import close_status_page
from ecluse.control.tenants.models import Address, Branding, Client, Domain
from ecluse.control.tenants.services import remove_domain
from ecluse.control.webhooks.models import Webhook
from ecluse.control.webhooks.services import remove_webhook
from ecluse.domain.publication import Kind
from ecluse.wire.wishes import people_in, read_wishes

STAYING_ROLES = frozenset({Role.OWNER, *PROVIDER_SIDE})
# Of these nobody else must hear.
_PLAIN: tuple[type[models.Model], ...] = (
    Branding,
    DigestRules,
    DigestWish,
    QuarantineRules,
    FilterWish,
    SignInRules,
    Lesson,
    SharedLesson,
    NoticeAddress,
)


def take_down(client: Client, most: int, *, by: Actor) -> bool:
    """All of it, or, of one with more addresses and lines than `most`, a part: False. In the client's scope."""
    with change(by=by) as act:
        # First what would bring something back, or lets somebody in.
        for step in (_looked_at, _programs, _sign_in, _settings):
            step(act, client)
        if not (
            _emptied(act, client, ListEntry, _touch_list, most) and _emptied(act, client, Address, _touch_address, most)
        ):
            return False
        _domains(act, client)
        _people(act, client)
        return True


def _looked_at(act: Change, client: Client) -> None:
    for directory in Directory.objects.filter(client=client):
        remove_directory(directory, by=act.by)
    for mailbox in LessonMailbox.objects.filter(client=client):
        remove_mailbox(mailbox, by=act.by)


def _programs(act: Change, client: Client) -> None:
    for hook in Webhook.objects.filter(client=client):
        remove_webhook(hook, by=act.by)
    for connector in Connector.objects.filter(client=client):
        remove_connector(connector, by=act.by)
    keys = ApiKey.objects.filter(client=client)
    for key in keys:
        revoke_key(key, by=act.by)
    _remove(act, client, keys)
    close_status_page(client, by=act.by)


def _sign_in(act: Change, client: Client) -> None:
    for provider in IdentityProvider.objects.filter(client=client):
        remove_provider(provider, by=act.by)


def _settings(act: Change, client: Client) -> None:
    for row in ClientWishes.objects.filter(client=client):
        for key in people_in(read_wishes(row.plain)):
            act.touch(Kind.PERSON, f"{client.name}/{key}")
    settings: tuple[type[models.Model], ...] = (*_PLAIN, ClientWishes)
    for model in settings:
        _remove(act, client, model._default_manager.filter(client=client))  # noqa: SLF001 - Django's public name for it.
    for name in Domain.objects.filter(client=client).values_list("name", flat=True):
        act.touch(Kind.DOMAIN, name)


def _domains(act: Change, client: Client) -> None:
    """Keys last of all: a domain that is published anew makes one."""
    for domain in Domain.objects.filter(client=client):
        remove_domain(domain, by=act.by)
    destroy_keys(client, by=act.by)
    _remove(act, client, SealingKey.objects.filter(client=client))


def _people(act: Change, client: Client) -> None:
    """Who is nothing anywhere any more goes himself, unless a client may still ask whether he has looked at its mail (14-3)."""
    leaving = Membership.objects.filter(client=client).exclude(role__in=STAYING_ROLES).select_related("user", "client")
    for membership in leaving:
        user = membership.user
        dismiss(membership, by=act.by)
        if not _is_somebody(user):
            act.record("person.erased", user, client_id=client.pk)
            with scopes_disabled():  # What hangs on him may lie with clients that he belonged to before.
                user.delete()


def _is_somebody(user: User) -> bool:
    return Membership.objects.filter(user=user).exists() or BreakGlass.objects.filter(user=user).exists()


def _emptied(
    act: Change, client: Client, model: type[models.Model], touch: Callable[[Change, models.Model], None], most: int
) -> bool:
    """Whether nothing is left of it. Nodes are told of each row, the trail of their number: it is no list of addresses."""
    rows = model._default_manager.filter(client=client)  # noqa: SLF001 - Django's public name for it.
    some = list(rows[:most])
    for row in some:
        touch(act, row)
    _remove(act, client, rows.filter(pk__in=[row.pk for row in some]))
    return not rows.exists()


def _touch_list(act: Change, row: models.Model) -> None:
    if isinstance(row, ListEntry):
        act.touch(Kind.LIST, f"user/{row.address.key}" if row.address else f"client/{row.client.name}")


def _touch_address(act: Change, row: models.Model) -> None:
    if isinstance(row, Address):
        act.touch(Kind.ADDRESS, row.key)
        act.touch(Kind.LIST, f"user/{row.key}")


def _remove(act: Change, client: Client, rows: models.QuerySet[models.Model]) -> None:
    count = rows.count()
    if count:
        rows.delete()
        act.record("client.taken-down", client, client_id=client.pk, before={rows.model._meta.label: count})  # noqa: SLF001 - as above.
