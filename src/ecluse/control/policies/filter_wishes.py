"""What one user wants of the filter, where he wants it otherwise than his client."""

from __future__ import annotations

from collections.abc import Iterable

from django_scopes import scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.policies.models import FilterWish
from ecluse.control.tenants.models import Client, Domain
from ecluse.control.tenants.queries import gone_addresses
from ecluse.domain.mass import MassAction
from ecluse.domain.publication import Kind

__all__ = ["FilterWish"]


def filter_wish_of(client: Client, recipient: str) -> FilterWish:
    """His; where he has said nothing, one that says nothing and is not kept."""
    return FilterWish.objects.filter(recipient=recipient).first() or FilterWish(client=client, recipient=recipient)


def set_filter_wish(
    client: Client, recipients: Iterable[str], *, is_greylisted: bool, mass_mail: MassAction | None, by: Actor
) -> None:
    """For all his addresses; None: newsletters as the client has them."""
    domains = {each.name: each for each in Domain.objects.filter(client=client)}
    with change(by=by) as act:
        for recipient in recipients:
            domain = domains.get(recipient.rpartition("@")[2])
            if domain is None:
                continue
            wish = filter_wish_of(client, recipient)
            before = _told(wish)
            wish.domain, wish.is_greylisted, wish.mass_mail = domain, is_greylisted, mass_mail or ""
            if before == _told(wish):
                continue
            wish.save()
            act.record("filter.wish-set", wish, client_id=client.pk, before=before, after=_told(wish))
            act.touch(Kind.DOMAIN, domain.name)


def forget_gone(act: Change) -> None:
    """Wishes go with their address: whoever gets it later begins anew. Those of a domain go by their key to it."""
    with scopes_disabled():  # A change may concern several clients; its service has looked at who may do that.
        for key in gone_addresses(act):
            if FilterWish.objects.filter(recipient=key).delete()[0]:
                act.touch(Kind.DOMAIN, key.rpartition("@")[2])


def _told(wish: FilterWish) -> dict[str, object]:
    return {"recipient": wish.recipient, "is_greylisted": wish.is_greylisted, "mass_mail": str(wish.mass_mail)}
