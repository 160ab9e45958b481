"""What time does to held mail, orders and lists, and rows that nobody needs any more. Each may be run twice."""

from __future__ import annotations

from datetime import UTC, datetime

from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.mail.challenges import forget_challenged
from ecluse.control.mail.digest_links import forget_used_links
from ecluse.control.mail.digests import forget_digests
from ecluse.control.mail.human_test import forget_used
from ecluse.control.mail.lessons import clients_unanswered, teach_unanswered
from ecluse.control.mail.objections import ANSWER_WITHIN_S
from ecluse.control.mail.orders import end_expired, purge_orders
from ecluse.control.mail.preview import erase_answers
from ecluse.control.mail.quarantine import clients_to_purge, forget, purge
from ecluse.control.policies.services import remove_expired
from ecluse.control.tenants.models import Client

_BY = Actor(ActorKind.JOB, "quarantine")
_BY_OBJECTIONS = Actor(ActorKind.JOB, "objections")
_BY_LISTS = Actor(ActorKind.JOB, "lists")


def keep_house(now: float) -> int:
    """End what is older than its client's term or its own, and forget what has ended (15-4); how many held messages."""
    with scopes_disabled():  # A job of the provider's.
        end_expired(now)
        remove_expired(datetime.fromtimestamp(now, UTC), by=_BY_LISTS)
        # Asked for at once: most clients have nothing that ends now, or is taught.
        wanted = clients_to_purge(now) | clients_unanswered(now - ANSWER_WITHIN_S)
        clients = list(Client.objects.filter(pk__in=wanted))
    for client in clients:
        with scope(client=client):
            purge(client, now, by=_BY)
            teach_unanswered(now - ANSWER_WITHIN_S, by=_BY_OBJECTIONS)
    with scopes_disabled():  # As above.
        erase_answers(now)
        forgotten = forget(now)
        purge_orders(now)
        forget_digests(now)
    forget_challenged(now)
    forget_used(now)
    forget_used_links(now)
    return forgotten
