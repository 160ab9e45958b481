"""Who gets onto a client's list because his server does not know him: read `suppress_unknown`.

One answer is not enough: servers say so for an hour while they are moved, or their directory is away.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max, Min, Q, QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.suppression.models import SuppressedRecipient, UnknownRecipient
from ecluse.control.suppression.services import ListIsFull, empty, suppress, unsuppress
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.log_search import LogSearch
from ecluse.domain.policy import ServiceState
from ecluse.domain.suppression import SuppressionCause
from ecluse.ports.message_log import MessageLog

APART_S = 20 * 3_600.0  # Between two answers that count: a daily mailing shall meet it, the bad day of a server not.
ANSWERS_KEPT_S = 60 * 86_400.0
KEPT = timedelta(days=365)  # Whom we put there ourselves (15-8); what people add stays.
KEPT_AFTER_END = timedelta(days=30)  # Of the service (15-6): until then somebody may have ended it by mistake.
AT_ONCE = 500
_TAKEN = frozenset({Ending.RELAYED.value, Ending.DELIVERED.value})
_BY = Actor(ActorKind.JOB, "suppression")


def suppress_unknown(log: MessageLog) -> int:
    """Suppress whoever was not known twice, some time apart, and took nothing in between; how many. Over all clients."""
    with scopes_disabled():  # A job of the provider's.
        clients = list(Client.objects.filter(pk__in=UnknownRecipient.objects.filter(is_sorted=False).values("client")))
    count = 0
    for client in clients:
        with scope(client=client):
            count += _sort(client, log)
    return count


def forget_old(now: datetime) -> None:
    """Answers that count no more, lines of ours that are a year old, and all of clients that are gone. The provider's job."""
    with scopes_disabled():  # As above.
        UnknownRecipient.objects.filter(at__lt=now.timestamp() - ANSWERS_KEPT_S).delete()
        old = SuppressedRecipient.objects.filter(since__lt=now - KEPT).exclude(cause=SuppressionCause.PERSON)
        for row in old.select_related("client")[:AT_ONCE]:
            unsuppress(row, by=_BY)
        gone = _gone(now)
    for client in gone:
        with scope(client=client):
            empty(client, AT_ONCE, by=_BY)


def _gone(now: datetime) -> list[Client]:
    """Whose service ended some time ago, and of whom there is something left."""
    lines, answers = SuppressedRecipient.objects.values("client"), UnknownRecipient.objects.values("client")
    ended = Client.objects.filter(state=ServiceState.ENDED, state_since__lt=now - KEPT_AFTER_END)
    return list(ended.filter(Q(pk__in=lines) | Q(pk__in=answers)))


def _sort(client: Client, log: MessageLog) -> int:
    fresh = list(UnknownRecipient.objects.filter(is_sorted=False)[:AT_ONCE])
    try:
        count = sum(_look(client, recipient, log) for recipient in sorted({each.recipient for each in fresh}))
    except Unavailable:
        return 0  # The next look finds them again.
    UnknownRecipient.objects.filter(pk__in=[each.pk for each in fresh]).update(is_sorted=True)
    return count


def _look(client: Client, recipient: str, log: MessageLog) -> bool:
    answers = UnknownRecipient.objects.filter(recipient=recipient)
    first, last = _span(answers)
    if last - first < APART_S:
        return False
    answers = answers.filter(at__gt=_last_taken(log, client, recipient, first))
    first, last = _span(answers)
    newest = answers.last()
    if newest is None or last - first < APART_S:
        return False
    try:
        suppress(client, recipient, SuppressionCause.UNKNOWN, newest.answer, by=_BY)
    except ListIsFull:
        return False
    return True


def _span(answers: QuerySet[UnknownRecipient]) -> tuple[float, float]:
    """When the first and the last were given; zeros without any."""
    span = answers.aggregate(first=Min("at"), last=Max("at"))
    return span["first"] or 0.0, span["last"] or 0.0


def _last_taken(log: MessageLog, client: Client, recipient: str, since: float) -> float:
    """When the newest message came that was taken: before it the server was wrong, or has learned better; 0 = none was."""
    search = LogSearch(
        client=client.name, recipient=recipient, since=since, direction=Direction.OUTBOUND.value, fates=_TAKEN
    )
    return max((row.at for row in log.search(search, 1).rows), default=0.0)
