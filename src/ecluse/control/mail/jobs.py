"""What time does to held mail: terms, and rows that nobody needs any more. Each may be run at any time, and twice."""

from __future__ import annotations

from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.mail.digest_links import forget_used_links
from ecluse.control.mail.human_test import forget_used
from ecluse.control.mail.orders import purge_orders
from ecluse.control.mail.preview import erase_answers
from ecluse.control.mail.quarantine import forget, purge
from ecluse.control.tenants.models import Client

_BY = Actor(ActorKind.JOB, "quarantine")


def keep_house(now: float) -> None:
    """End what is older than its client's term, and forget what has ended (15-4)."""
    for client in Client.objects.all():
        with scope(client=client):
            purge(client, now, by=_BY)
    with scopes_disabled():  # A job of the provider's.
        erase_answers(now)
        forget(now)
        purge_orders(now)
    forget_used(now)
    forget_used_links(now)
